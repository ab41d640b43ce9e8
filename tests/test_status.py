"""Health, license, statistics and short-lived tokens."""

import pytest

from tests.factories import a_customer, a_key, a_service
from tests.http import request


def test_health_is_one_word(client):
    assert client.get("/health").json() == {"status": "ok"}


def test_the_license_names_the_host_that_was_asked(client):
    answer = client.get("/license", headers={"Host": "panel.example:8443"}).json()
    assert answer["status"] == "ok"
    assert answer["license"]["domain"] == "panel.example:8443"
    assert answer["license"]["nextCheck"] == answer["license"]["lastchecked"] + 86400


def test_statistics_count_services_by_status_and_customers_by_what_they_have(client, session):
    rich = a_customer(session, is_confirmed=True)
    a_customer(session)
    for status in ("active", "active", "pending", "suspended"):
        a_service(session, customer=rich, status=status)
    data = client.get("/statistics").json()["data"]
    assert data["services"] == {
        "pending": 1, "active": 2, "expired": 0, "cancelled": 0, "suspended": 1, "hidden": 0,
        "total": 4,
    }  # fmt: skip
    assert data["customers"] == {
        "total": 2, "active": 1, "suspended": 0, "pending": 1, "confirmed": 1,
    }  # fmt: skip


def ask(server, auth=None, **form):
    form = {"grant_type": "client_credentials", **form}
    return request("POST", f"{server.url}/api/oauth/token", data=form, auth=auth)


def test_a_key_can_be_traded_for_a_token_with_fewer_permissions(server, session):
    key_id, secret = a_key(session, "groups:index", "products:index").split("|")
    answer = ask(server, client_id=key_id, client_secret=secret, scope="groups:index")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()
    assert (token["token_type"], token["expires_in"], token["scope"]) == (
        "Bearer", 3600, "groups:index",
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    for path, status in (("groups", 200), ("products", 403)):
        answer = request("GET", f"{server.url}/api/application/{path}", headers=headers)
        assert answer.status_code == status


def test_credentials_can_come_as_http_basic(server, session):
    key_id, secret = a_key(session, "health").split("|")
    assert ask(server, auth=(key_id, secret)).json()["scope"] == "health"


def test_a_token_cannot_be_traded_again(server, session):
    key_id, secret = a_key(session).split("|")
    token = ask(server, client_id=key_id, client_secret=secret).json()["access_token"]
    token_id, token_secret = token.split("|")
    assert ask(server, client_id=token_id, client_secret=token_secret).status_code == 401


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"scope": "products:index"}, 400, "invalid_scope"),
        ({"scope": "*"}, 400, "invalid_scope"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "x"}, 401, "invalid_client"),
        ({"client_id": "9" * 40}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
    ],
)
def test_a_refused_token_request_says_why_in_the_words_of_the_rfc(
    server, session, form, status, code
):
    key_id, secret = a_key(session, "health").split("|")
    answer = ask(server, **{"client_id": key_id, "client_secret": secret, **form})
    assert answer.status_code == status
    assert answer.json()["error"] == code
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(
    "scope",
    ["products:foo", "health products:foo", "products:foo health", "products:*", "products", "foo",
     "Health", "* foo", "products:index,health", "products:foo products:foo", '"health"', "é"],
)  # fmt: skip
@pytest.mark.parametrize("held", ["*", "health"])
def test_a_scope_that_is_not_declared_is_refused_to_every_key(server, session, scope, held):
    key_id, secret = a_key(session, held).split("|")
    answer = ask(server, client_id=key_id, client_secret=secret, scope=scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("", "*"),
        (" ", "*"),
        ("*", "*"),
        ("products:index", "products:index"),
        ("products:index products:index", "products:index"),
        (" products:index  health ", "products:index health"),
        ("products:store products:create", "products:create"),
        ("statistics hearth pricing:index", "statitics health pricings:index"),
        ("services:terminate", "services:expire"),
        ("* health", "* health"),
    ],
)
def test_a_token_has_each_requested_permission_once_by_its_published_name(
    server, session, asked, granted
):
    key_id, secret = a_key(session).split("|")
    answer = ask(server, client_id=key_id, client_secret=secret, scope=asked)
    assert (answer.status_code, answer.json()["scope"]) == (200, granted)
