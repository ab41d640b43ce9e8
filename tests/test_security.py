"""Keys, owners and scopes."""

from datetime import UTC, datetime, timedelta

import pytest

from models import PersonalAccessToken
from tests.factories import a_customer, a_key, an_admin
from tests.http import request
from tests.keys import number

pytestmark = pytest.mark.once


def get(server, path, key=None, **headers):
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    return request("GET", f"{server.url}/api/application{path}", headers=headers)


def test_a_living_key_opens_the_door(server, session):
    assert get(server, "/health", a_key(session)).json() == {"status": "ok"}


def test_the_secret_alone_is_enough(server, session):
    secret = a_key(session).partition("|")[2]
    assert get(server, "/health", secret).status_code == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_name_of_the_scheme_has_no_case(server, session, scheme):
    header = f"{scheme} {a_key(session)}"
    assert get(server, "/health", Authorization=header).status_code == 200


@pytest.mark.parametrize(
    "start",
    ["Bearer Bearer ", "Bearer bearer ", "bearer  ", "Bearer\tBearer\t", "Bearer  Bearer  "],
)
def test_a_key_is_found_behind_a_scheme_that_is_written_twice(server, session, start):
    """Upstream's page tells people to write "Bearer" in Swagger UI, which writes it, too."""
    header = f"{start}{a_key(session)}"
    assert get(server, "/health", Authorization=header).status_code == 200


@pytest.mark.parametrize("start", ["", "Basic Bearer ", "Basic ", "Bearer Basic ", "BearerBearer "])
def test_a_key_behind_another_scheme_is_refused(server, session, start):
    header = f"{start}{a_key(session)}"
    assert get(server, "/health", Authorization=header).status_code == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer Bearer", "bearer\tBearer Bearer"])
def test_a_scheme_without_a_key_is_refused(server, header):
    assert get(server, "/health", Authorization=header).status_code == 401


def test_without_a_key_the_answer_says_what_to_send(server):
    answer = get(server, "/products")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="CLIENTXCMS"'
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("token", ["x", "1|x", "x|y", "|", "0|", "9" * 30 + "|x", "\u0661|x", "é"])
def test_a_wrong_key_is_told_nothing_more(server, session, token):
    answer = get(server, "/products", Authorization=f"Bearer {token}".encode())
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_an_id_with_another_keys_secret_is_refused(server, session):
    first, second = a_key(session), a_key(session)
    mixed = f"{first.partition('|')[0]}|{second.partition('|')[2]}"
    assert get(server, "/health", mixed).status_code == 401


def test_a_key_ends_when_it_expires(server, session):
    now = datetime.now(UTC)
    soon = a_key(session, expires_at=now + timedelta(minutes=1))
    past = a_key(session, expires_at=now - timedelta(seconds=1))
    assert get(server, "/health", soon).status_code == 200
    assert get(server, "/health", past).status_code == 401


def test_a_key_ends_with_its_owner(server, session):
    admin = an_admin(session)
    key = a_key(session, owner=admin)
    admin.deleted_at = datetime.now(UTC)
    session.commit()
    assert get(server, "/health", key).status_code == 401


def test_a_customers_key_opens_nothing_here(server, session):
    key = a_key(session, "*", owner=a_customer(session))
    assert get(server, "/health", key).status_code == 401


def test_the_last_use_is_noted_at_most_once_a_minute(server, session):
    key = a_key(session)
    get(server, "/health", key)
    row = session.get(PersonalAccessToken, number(key))
    session.refresh(row)
    first = row.last_used_at
    assert datetime.now(UTC) - first < timedelta(minutes=1)
    get(server, "/health", key)
    session.refresh(row)
    assert row.last_used_at == first


@pytest.mark.parametrize(("seconds", "is_noted"), [(50, False), (60, True)])
def test_a_use_is_noted_a_minute_after_the_last_one(server, session, seconds, is_noted):
    before = datetime.now(UTC) - timedelta(seconds=seconds)
    key = a_key(session)
    row = session.get(PersonalAccessToken, number(key))
    row.last_used_at = before
    session.commit()
    get(server, "/health", key)
    session.rollback()
    session.refresh(row)
    assert (row.last_used_at > before + timedelta(seconds=1)) == is_noted


def test_a_key_without_the_scope_is_told_which_one_is_needed(server, session):
    answer = get(server, "/products", a_key(session, "groups:index"))
    assert answer.status_code == 403
    assert "products:index" in answer.json()["detail"]
    assert "groups:index" not in answer.text
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="CLIENTXCMS", error="insufficient_scope", scope="products:index"'
    )


def test_a_key_without_the_scope_never_learns_what_exists(server, session):
    key = a_key(session, "groups:index")
    for path in ("/products/1", "/products/x", "/products?page=0"):
        assert get(server, path, key).status_code == 403


def test_permissions_have_no_prefix_wildcards(server, session):
    assert get(server, "/products", a_key(session, "products:*")).status_code == 403
    assert get(server, "/products", a_key(session, "products")).status_code == 403


@pytest.mark.parametrize(("older", "path"), [("statistics", "/statistics"), ("hearth", "/health"),
                                            ("pricing:index", "/pricings")])  # fmt: skip
def test_older_names_of_permissions_still_work(server, session, older, path):
    assert get(server, path, a_key(session, older)).status_code == 200


def test_store_means_create(server, session):
    headers = {"Authorization": f"Bearer {a_key(session, 'products:store')}"}
    answer = request("POST", f"{server.url}/api/application/products", json={}, headers=headers)
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["/api/application/health", "/api/documentation", "/nothing"])
def test_every_answer_tells_browsers_what_not_to_do_with_it(server, path):
    plain = request("GET", f"{server.url}{path}").headers
    assert plain["x-content-type-options"] == "nosniff"
    assert plain["x-frame-options"] == "SAMEORIGIN"
    assert "strict-transport-security" not in plain
    behind_tls = request(
        "GET", f"{server.url}{path}", headers={"X-Forwarded-Proto": "https"}
    ).headers
    assert behind_tls["strict-transport-security"] == "max-age=31536000; includeSubDomains"
