"""The commands of `flask --app app`, run as a person runs them."""

import json
import re
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from subprocess import PIPE
from sys import executable

import httpx
import pytest
from sqlalchemy import select

from models import Admin, PersonalAccessToken, Service
from models.engine import make_engine
from models.migrate import upgrade
from tests.databases import new_database
from tests.factories import a_customer, a_key, a_product, an_admin
from tests.http import request
from tests.processes import ROOT, command, labels, serving
from tests.waiting import wait_until

pytestmark = pytest.mark.needs("minutes")

TOKEN = re.compile(r"\b\d+\|CLIENTXCMS[A-Za-z0-9]{40}[0-9a-f]{8}\b")


def ended(name, *arguments, settings):
    """The status of a command that has ended, what it printed and what it complained about."""
    with command(name, *arguments, settings=settings, stdout=PIPE, stderr=PIPE) as started:
        printed, complaints = started.communicate(timeout=120)
    return started.returncode, printed, complaints


def run(name, *arguments, **settings):
    """What a command printed that did its work, and did it without complaints."""
    status, printed, complaints = ended(name, *arguments, settings=settings)
    assert (status, complaints) == (0, "")
    return printed


def refused(name, *arguments, **settings):
    """The one line with which a command ended that could not do its work."""
    status, printed, complaints = ended(name, *arguments, settings=settings)
    assert (status, printed) == (1, "")
    assert re.fullmatch(r"Error: .+\n", complaints), complaints
    return complaints


def get(url, path, key):
    headers = {"Authorization": f"Bearer {key}"}
    return request("GET", f"{url}/api/application{path}", headers=headers)


def keys(session):
    # What was read before the command wrote would hide what it wrote.
    session.rollback()
    return session.scalars(select(PersonalAccessToken)).all()


@pytest.fixture
def here(server):
    """The settings with which a command works on the database of the running server."""
    return {"DATABASE_URL": server.settings.database_url}


@pytest.fixture
def admin(session):
    return an_admin(session, email="ada@example.org")


def test_a_new_key_is_printed_with_its_owner_and_the_documentation(server, here, admin, session):
    here |= {"HOST": "::1", "PORT": "81"}
    printed = run("create-api-key", "Accounting", "ADA@example.org", "--permissions=*", **here)
    token = labels(printed)["Token"]
    assert TOKEN.fullmatch(token)
    assert labels(printed) == {
        "Name": "Accounting",
        "Email": "ada@example.org",
        "Token": token,
        "Documentation": "http://[::1]:81/api/documentation",
    }
    assert [(key.name, key.abilities, key.expires_at) for key in keys(session)] == [
        ("Accounting", ["*"], None)
    ]
    assert get(server.url, "/products", token).status_code == 200


@pytest.mark.once
def test_permissions_are_repeated_or_separated_by_commas(server, here, admin, session):
    options = ["--permissions=health", "--permissions", "products:index, groups:store,health"]
    token = labels(run("create-api-key", "x", admin.email, *options, **here))["Token"]
    (key,) = keys(session)
    assert key.abilities == ["health", "products:index", "groups:create"]
    paths = ("/health", "/products", "/groups")
    assert [get(server.url, path, token).status_code for path in paths] == [200, 200, 403]


def test_a_customer_can_own_a_key_for_the_customer_api(here, session):
    customer = a_customer(session)
    run("create-api-key", "x", customer.email, "--type=customer", **here)
    (key,) = keys(session)
    assert (key.tokenable_id, key.abilities) == (customer.id, ["customer:*"])


def test_a_key_can_be_given_an_end(here, admin, session):
    day = datetime.now(UTC).date() + timedelta(days=2)
    run("create-api-key", "x", admin.email, "--type=application", f"--expires-at={day}", **here)
    (key,) = keys(session)
    assert key.abilities == ["*"]
    assert key.expires_at == datetime(day.year, day.month, day.day, tzinfo=UTC)


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["ada@example.org", "--permissions=produts:index"], "Did you mean products:index?"),
        (["ada@example.org", "--expires-at", "2020-01-31"], "must be a moment to come"),
        (["ada@example.org", "--network=192.0.2.1/24"], "a network such as 192.0.2.0/24"),
        (["ada@example.org", "--rate-limit=0"], "at least 1"),
        (["nobody@example.org"], "no administrator with the address nobody@example.org"),
        (["ada@example.org", "--type=customer"], "no customer with the address ada@example.org"),
        (["gone@example.org"], "no administrator with the address gone@example.org"),
    ],
)
def test_a_key_that_cannot_be_is_refused_with_the_reason(here, admin, session, arguments, reason):
    an_admin(session, email="gone@example.org", deleted_at=datetime.now(UTC))
    assert reason in refused("create-api-key", "x", *arguments, **here)
    assert keys(session) == []


def test_the_list_shows_all_keys_and_no_secret(server, here, session):
    a_key(session, "health", "groups:index", expires_at=datetime(2099, 1, 31, tzinfo=UTC),
          allowed_networks=["192.0.2.0/24"], rate_limit=60)  # fmt: skip
    used = a_key(session)
    get(server.url, "/health", used)
    title, first, second = run("list-api-keys", **here).splitlines()
    assert title.split("\t") == ["ID", "NAME", "PERMISSIONS", "LAST USED", "EXPIRES", "NETWORKS",
                                 "RATE LIMIT"]  # fmt: skip
    assert first.split("\t") == ["1", "test", "health,groups:index", "never",
                                 "2099-01-31 00:00:00", "192.0.2.0/24", "60"]  # fmt: skip
    *known, last_used, expires, networks, limit = second.split("\t")
    assert (known, expires, networks) == (["2", "test", "*"], "never", "all")
    assert limit == "server's"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", last_used)
    assert "CLIENTXCMS" not in second


def test_a_key_can_be_for_some_networks_and_have_a_limit_of_its_own(server, here, admin, session):
    options = ["--network=127.0.0.0/8", "--network", "::1", "--rate-limit=90"]
    token = labels(run("create-api-key", "x", admin.email, *options, **here))["Token"]
    (key,) = keys(session)
    assert (key.allowed_networks, key.rate_limit) == (["127.0.0.0/8", "::1/128"], 90)
    answer = get(server.url, "/health", token)
    assert (answer.status_code, answer.headers["x-ratelimit-limit"]) == (200, "90")


def test_a_rotated_key_has_a_new_token_and_the_old_one_for_a_while(server, here, session):
    old = a_key(session, "health")
    number = old.partition("|")[0]
    fresh = labels(run("rotate-api-key", number, "--overlap=300", **here))["Token"]
    assert TOKEN.fullmatch(fresh)
    assert {get(server.url, "/health", each).status_code for each in (old, fresh)} == {200}
    newest = labels(run("rotate-api-key", number, "--overlap=0", **here))["Token"]

    def statuses():
        return [get(server.url, "/health", each).status_code for each in (old, fresh, newest)]

    wait_until(lambda: statuses() == [401, 401, 200])
    assert "at most 604800" in refused("rotate-api-key", number, "--overlap=604801", **here)
    assert "no API key 999" in refused("rotate-api-key", "999", **here)


def test_a_revoked_key_is_refused_from_the_next_request_on(server, here, session):
    revoked, kept = a_key(session), a_key(session)
    assert get(server.url, "/health", revoked).status_code == 200
    key_id = revoked.partition("|")[0]
    assert f"{key_id} (test)" in run("revoke-api-key", key_id, **here)
    # MariaDB is asked ten times a second whether keys have changed.
    seconds = 10 if server.engine.dialect.name == "mariadb" else 0
    wait_until(lambda: get(server.url, "/health", revoked).status_code == 401, seconds)
    assert get(server.url, "/health", kept).status_code == 200
    assert f"no API key {key_id}" in refused("revoke-api-key", key_id, **here)


def test_a_new_administrator_can_own_keys_and_exists_once(here, session):
    run("create-admin", "Grace@Example.org", **here)
    assert session.scalars(select(Admin.email)).all() == ["grace@example.org"]
    assert TOKEN.search(run("create-api-key", "x", "grace@example.org", **here))
    assert "already" in refused("create-admin", "grace@example.org", **here)
    assert "not an e-mail address" in refused("create-admin", "grace", **here)


def test_a_service_can_be_made_by_hand(here, session):
    customer, product = a_customer(session), a_product(session, name="VPS S", stock=3)
    printed = run("create-service", customer.email, str(product.id), "--billing=annually", **here)
    session.rollback()
    (service,) = session.scalars(select(Service)).all()
    assert labels(printed)["UUID"] == service.uuid
    assert (service.status, service.billing, service.name) == ("pending", "annually", "VPS S")
    assert 364 <= (service.expires_at - datetime.now(UTC)).days <= 365
    options = ["--deliver", "--billing=onetime", "--currency=USD", "--name=My VPS"]
    assert "active" in run("create-service", customer.email, str(product.id), *options, **here)
    session.rollback()
    session.expire_all()
    *_, service = session.scalars(select(Service).order_by(Service.id)).all()
    assert (service.name, service.currency, service.expires_at) == ("My VPS", "USD", None)
    assert session.get(type(product), product.id).stock == 2
    assert "no customer" in refused("create-service", "x@example.org", "1", **here)
    assert "no product 999" in refused("create-service", customer.email, "999", **here)
    status, _, complaints = ended(
        "create-service", customer.email, str(product.id), "--currency=XXX", settings=here
    )
    assert (status, "'XXX' is not one of 'USD', 'EUR'" in complaints) == (2, True)
    assert "--currency [USD|EUR|" in run("create-service", "--help", **here)


@pytest.mark.once
def test_a_command_does_not_wait_for_what_only_a_server_needs():
    script = "import sys, app; app.create_app(); print({'connexion', 'uvicorn'} & {*sys.modules})"
    ran = subprocess.run([executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("set()\n", "")


def test_a_database_that_is_not_there_yet_is_made_by_migrating(tmp_path):
    here = {"DATABASE_URL": new_database(tmp_path)}
    assert "clientxcms:migrate" in refused("list-api-keys", **here)
    run("migrate", **here)
    assert run("list-api-keys", **here).count("\n") == 1


@pytest.fixture
def earlier(tmp_path):
    """The settings of a database that an earlier version has migrated."""
    address = new_database(tmp_path)
    engine = make_engine(address)
    upgrade(engine, "0005")
    engine.dispose()
    return {"DATABASE_URL": address, "DATA_DIR": str(tmp_path / "storage")}


def test_a_server_is_not_started_on_the_database_of_an_earlier_version(earlier, tmp_path):
    for name in ("serve", "list-api-keys"):
        reason = refused(name, PORT="0", **earlier)
        assert reason.endswith("Run: flask --app app clientxcms:migrate\n")
    # Nor is one that something else than this command starts.
    start = [executable, "-m", "uvicorn", "--factory", "app.server:create_server", "--port", "0"]
    ended = subprocess.run(start, cwd=ROOT, env=earlier, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert "clientxcms:migrate" in ended.stderr
    run("migrate", **earlier)
    with serving(tmp_path, **earlier) as (url, _):
        assert get(url, "/health", "unknown").status_code == 401


@pytest.mark.once
def test_the_password_of_a_database_is_not_told():
    secret = "postgresql://shop:secret@127.0.0.1:1/shop"
    reason = refused("migrate", DATABASE_URL=secret)
    assert "secret" not in reason
    assert "shop:***@127.0.0.1:1/shop" in reason


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A server that was started on an empty folder."""
    with serving(tmp_path_factory.mktemp("demo")) as started:
        yield started


def test_the_first_start_prints_one_key_and_where_to_try_it(demo):
    url, printed = demo
    (key,) = TOKEN.findall(printed.read_text())
    assert labels(printed.read_text())["Documentation"] == f"{url}/api/documentation"
    assert request("GET", f"{url}/api/documentation").status_code == 200
    products = get(url, "/products?pricing=1", key).json()["data"]
    assert len({product["name"] for product in products}) == 25
    for product in products:
        assert {price["currency"] for price in product["pricing"]} == {"EUR", "USD"}
        for price in product["pricing"]:
            assert {price["onetime"], price["monthly"], price["annually"]} != {None}


@pytest.mark.once
@pytest.mark.parametrize(
    "words", [b"GE(T / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\r\n\r\n", b"Hi!\r\n\r\n"]
)
def test_what_is_no_http_gets_a_problem_document_too(demo, words):
    host, port = demo[0].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(words)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    head, _, body = answer.decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json")
    assert json.loads(body)["type"] == "/api/problems/malformed-request"


def test_the_first_start_makes_a_shop_with_something_of_everything(demo):
    url, printed = demo
    (key,) = TOKEN.findall(printed.read_text())
    counts = get(url, "/statistics", key).json()["data"]
    assert (counts["customers"]["total"], counts["services"]["total"]) == (60, 150)
    assert all(counts["services"].values())
    groups = get(url, "/groups", key).json()["data"]
    assert {group["parent_id"] is None for group in groups} == {True, False}
    assert "already" in refused(
        "create-admin", "admin@example.com", DATABASE_URL=new_database(printed.parent)
    )


def test_a_second_start_keeps_what_is_there_and_prints_no_key(tmp_path):
    with serving(tmp_path) as (url, printed):
        key = labels(printed.read_text())["Token"]
        headers = {"Authorization": f"Bearer {key}"}
        assert request("DELETE", f"{url}/api/application/products/1", headers=headers).is_success
    with serving(tmp_path) as (url, printed):
        assert labels(printed.read_text()).keys() == {"Server", "Documentation"}
        assert get(url, "/products", key).json()["total"] == 24


def test_an_empty_shop_can_be_asked_for(tmp_path):
    with serving(tmp_path, DEMO_DATA="0") as (url, printed):
        assert labels(printed.read_text()).keys() == {"Server", "Documentation"}
        here = {"DATABASE_URL": new_database(tmp_path)}
        run("create-admin", "ada@example.org", **here)
        key = labels(run("create-api-key", "x", "ada@example.org", **here))["Token"]
        assert get(url, "/products", key).json()["total"] == 0
        assert get(url, "/statistics", key).json()["data"]["customers"]["total"] == 0


def test_several_processes_serve_at_one_address_and_end_together_without_a_word(tmp_path):
    settings = {"WORKERS": "2", "RATE_LIMIT": "1000000", "TMPDIR": str(tmp_path)}
    with serving(tmp_path, **settings) as (url, printed):
        # Both serve when both count; who is told to stop while it starts is told of.
        wait_until(lambda: len(list(tmp_path.glob("clientxcms-*/metrics/*"))) == 2, seconds=60)
        before = printed.read_text()
        key = labels(before)["Token"]
        answers = [get(url, "/health", key) for _ in range(20)]
        left = [int(answer.headers["x-ratelimit-remaining"]) for answer in answers]
        assert left == [1_000_000 - number for number in range(1, 21)]
    assert printed.read_text() == before
    with pytest.raises(httpx.ConnectError):
        request("GET", url)


@pytest.mark.once
def test_a_taken_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        reason = refused("serve", PORT=str(port), DATABASE_URL=new_database(tmp_path))
    assert f"http://127.0.0.1:{port}" in reason
    assert list(tmp_path.iterdir()) == []


@pytest.mark.once
@pytest.mark.parametrize("place", ["", "note.txt", "note.txt/shop.db"])
def test_a_database_that_cannot_be_opened_is_named(tmp_path, place):
    (tmp_path / "note.txt").write_text("This is not a database. " * 50)
    address = f"sqlite:///{tmp_path / place}"
    assert address in refused("serve", PORT="0", DATABASE_URL=address)


@pytest.mark.once
def test_all_wrong_settings_are_named_at_once():
    wrong = {"PORT": "http", "DATABASE_URL": "oracle://shop", "WORKERS": "0",
             "RATE_LIMIT": "-1", "WRONG_KEY_LIMIT": "few", "DEMO_DATA": "yes",
             "PUBLIC_URL": "panel.example",
             "LOG_LEVEL": "loud", "LIMITS_URL": "memcached://x", "REQUEST_TIMEOUT": "0",
             "METRICS_TOKEN": "short", "CORS_ORIGINS": "https://panel.example/",
             "MAIL_URL": "mailto:x"}  # fmt: skip
    reason = refused("serve", **wrong)
    assert [name for name in wrong if name not in reason] == []


@pytest.mark.once
@pytest.mark.parametrize("name", ["DATABASE_REPLICA_URLS", "DATABASE_LISTEN_URL"])
@pytest.mark.parametrize(
    ("database", "address", "reason"),
    [
        ("sqlite:///x.db", "postgresql://replica/shop", "for PostgreSQL alone"),
        ("mariadb://primary/shop", "mariadb://replica/shop", "for PostgreSQL alone"),
        ("postgresql://primary/shop", "mariadb://replica/shop", "must start with postgresql://"),
        ("postgresql://primary/shop", "postgresql://x/shop?pooled=1", "not to a PgBouncer"),
    ],
)
def test_addresses_beside_that_of_the_database_are_for_postgresql(name, database, address, reason):
    complaint = refused("serve", **{"DATABASE_URL": database, name: address})
    assert name in complaint
    assert reason in complaint
