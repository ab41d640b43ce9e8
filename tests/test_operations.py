"""What machines ask that watch over a server: does it live, can it work, and how much."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from models import EmailMessage
from tests.conftest import run
from tests.databases import new_database
from tests.http import request
from tests.serving import served
from tests.waiting import wait_until

TOKEN = "a-token-of-some-length"


@pytest.fixture
def watched(server, tmp_path):
    """A server with a database of its own, which has metrics."""
    settings = replace(
        server.settings, database_url=new_database(tmp_path), metrics_token=TOKEN, rate_limit=1
    )
    yield from run(settings)


def change(engine, *statements):
    with engine.connect() as connection, connection.begin():
        for statement in statements:
            connection.execute(text(statement))


def waited_for(url, status):
    """An answer of that status: what was found is good for a second."""
    return wait_until(
        lambda: answer if (answer := request("GET", url)).status_code == status else None
    )


def metrics(url, **headers):
    """All samples by their name and labels."""
    answer = request(
        "GET", f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}", **headers}
    )
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_server_that_can_work_says_so(watched):
    answer = request("GET", f"{watched.url}/readyz")
    outbox = {"due": 0, "lag_seconds": 0}
    checks = {"database": "ok", "migrations": "ok", "outbox": outbox}
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "checks": checks})
    assert answer.headers["cache-control"] == "no-store"
    assert request("GET", f"{watched.url}/livez").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("change_it", "change_it_back", "state"),
    [
        ("UPDATE alembic_version SET version_num = '0001'", None, "outdated"),
        ("ALTER TABLE alembic_version RENAME TO hidden",
         "ALTER TABLE hidden RENAME TO alembic_version", "missing"),
    ],
)  # fmt: skip
def test_a_server_without_its_schema_is_not_ready(watched, change_it, change_it_back, state):
    waited_for(f"{watched.url}/readyz", 200)
    change(watched.engine, change_it)
    answer = waited_for(f"{watched.url}/readyz", 503)
    assert answer.json()["type"] == "/api/problems/unavailable"
    assert answer.json()["checks"]["database"] == "ok"
    assert answer.json()["checks"]["migrations"] == state
    assert int(answer.headers["retry-after"]) > 0
    # Starting it anew would not help.
    assert request("GET", f"{watched.url}/livez").status_code == 200
    if change_it_back:
        change(watched.engine, change_it_back)
        waited_for(f"{watched.url}/readyz", 200)


def test_mail_that_waits_is_told_and_hinders_nothing(watched):
    now = datetime.now(UTC)
    with watched.engine.connect() as connection, connection.begin():
        for minutes, attempts in ((-10, 0), (-2, 3), (5, 0), (-60, 12)):
            connection.execute(
                EmailMessage.__table__.insert(),
                {"recipient": "ada@example.org", "template": "x", "locale": "en", "subject": "x",
                 "content": "x", "due_at": now + timedelta(minutes=minutes), "attempts": attempts},
            )  # fmt: skip
    outbox = request("GET", f"{watched.url}/readyz").json()["checks"]["outbox"]
    assert outbox["due"] == 2
    assert 600 <= outbox["lag_seconds"] < 660
    assert metrics(watched.url)[("clientxcms_outbox_due_messages",)] == 2


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_probes_are_only_read(watched, path):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert request("HEAD", f"{watched.url}{path}", headers=headers).content == b""
    assert request("HEAD", f"{watched.url}{path}", headers=headers).status_code == 200
    answer = request("POST", f"{watched.url}{path}", headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_without_a_token_nobody_reads_the_metrics(server):
    assert request("GET", f"{server.url}/metrics").status_code == 404
    assert request("GET", f"{server.url}/metrics", headers={"Authorization": "Bearer"}).is_error


@pytest.mark.parametrize("sent", ["", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}x"])
def test_the_metrics_want_their_token(watched, sent):
    answer = request("GET", f"{watched.url}/metrics", headers={"Authorization": sent})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="metrics"'


def test_requests_are_counted_by_operation_and_status(watched):
    def get(path):
        return request("GET", f"{watched.url}{path}")

    before = metrics(watched.url)
    for path in ("/api/application/products", "/api/application/products/7", "/nothing", "/livez"):
        get(path)
    counted = metrics(watched.url)
    grown = {
        key[1:]: value - before.get(key, 0)
        for key, value in counted.items()
        if key[0] == "clientxcms_requests_total"
    }
    assert {key: number for key, number in grown.items() if number} == {
        ("401", "products.index"): 1, ("401", "products.show"): 1, ("404", "other"): 1,
    }  # fmt: skip
    times = ("clientxcms_request_duration_seconds_count", "products.index")
    assert counted[times] - before.get(times, 0) == 1
    # This very request.
    assert counted[("clientxcms_requests_in_progress",)] == 1
    assert counted[("clientxcms_ready",)] == 1
    assert ("clientxcms_database_connections_open",) in counted
    assert counted[("process_resident_memory_bytes",)] > 1_000_000


def test_no_label_holds_what_a_request_brought(watched):
    for path in ("/secret-path", "/api/application/products/secret-id?x=secret-query"):
        request("GET", f"{watched.url}{path}", headers={"Authorization": "Bearer secret-key"})
    request("SECRET", f"{watched.url}/api/application/products")
    assert "secret" not in str(metrics(watched.url)).lower()


def test_several_processes_count_together(tmp_path):
    with served(tmp_path, WORKERS="3", METRICS_TOKEN=TOKEN, RATE_LIMIT="0") as process:

        def get(_):
            with process.client() as http:
                return http.get("/api/application/products").status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(get, range(120))) == {200}
        key = ("clientxcms_requests_total", "200", "products.index")
        for _ in range(5):
            assert metrics(process.url)[key] == 120
        assert metrics(process.url)[("clientxcms_ready",)] == 1
