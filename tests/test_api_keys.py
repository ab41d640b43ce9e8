"""Keys that are made, limited, changed and ended through the API itself."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from app.moments import read_moment, write_moment
from models import PersonalAccessToken
from models.personal_access_token import hash_secret
from tests.factories import a_key, an_admin
from tests.keys import HERE, TOKEN, number, refused, trade
from tests.rpc import ask
from tests.waiting import wait_until

SHOWN = {"id", "name", "permissions", "allowed_networks", "rate_limit", "expires_at",
         "previous_expires_at", "last_used_at", "created_at", "updated_at"}  # fmt: skip


def rows(session):
    session.rollback()
    return session.scalars(select(PersonalAccessToken).order_by(PersonalAccessToken.id)).all()


# ── Making and reading ────────────────────────────────────────────────────────


def test_a_new_key_works_at_once_and_its_token_is_shown_this_once(client, as_key, session):
    body = {"name": "Accounting", "permissions": ["products:index", "health"]}
    made = client.post("/api_keys", json=body)
    assert made.status_code == 201, made.text
    key = made.json()
    token = key.pop("token")
    assert TOKEN.fullmatch(token)
    assert number(token) == key["id"]
    assert key.keys() == SHOWN
    assert {name: key[name] for name in body} == body
    assert {key[name] for name in ("rate_limit", "expires_at", "allowed_networks")} == {None}
    assert made.headers["location"].endswith(f"/api/application/api_keys/{key['id']}")
    assert made.headers["cache-control"] == "no-store"
    assert client.get(f"/api_keys/{key['id']}").json() == key
    assert as_key(token, "GET", "/products").status_code == 200
    assert as_key(token, "GET", "/customers").status_code == 403
    kept = rows(session)[-1]
    assert kept.token == hash_secret(token.partition("|")[2])


def test_all_that_limits_a_key_can_be_said_when_it_is_made(client):
    limits = {
        "expires_at": "2099-01-31T00:00:00Z",
        "rate_limit": 120,
        "allowed_networks": ["192.0.2.0/24", "2001:DB8::/32", "198.51.100.7", "192.0.2.0/24"],
    }
    key = client.post("/api_keys", json={"name": "x", "permissions": [], **limits}).json()
    assert key["expires_at"] == "2099-01-31T00:00:00.000000Z"
    assert key["rate_limit"] == 120
    assert key["allowed_networks"] == ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32"]


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("name", " ", "name"),
        ("permissions", ["products:index", "products:eat"], "permissions.1"),
        ("allowed_networks", ["192.0.2.0/24", "192.0.2.1/24"], "allowed_networks.1"),
        ("allowed_networks", ["fe80::%eth0/64"], "allowed_networks.0"),
        ("allowed_networks", ["10.0.0.0/8"] * 51, "allowed_networks"),
        ("rate_limit", 0, "rate_limit"),
        ("expires_at", "2020-01-31T00:00:00Z", "expires_at"),
    ],
)
def test_what_is_wrong_with_a_key_is_named(client, session, field, value, named):
    body = {"name": "x", "permissions": ["health"], field: value}
    answer = client.post("/api_keys", json=body)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [named]
    assert len(rows(session)) == 1


def test_a_list_holds_the_keys_of_the_same_admin_and_no_token_or_secret(client, session):
    for name in ("one", "two"):
        client.post("/api_keys", json={"name": name, "permissions": ["health"]})
    stranger = a_key(session, owner=an_admin(session))
    grant = {"grant_type": "client_credentials"}
    own = client.headers["authorization"].removeprefix("Bearer ").partition("|")
    grant |= {"client_id": own[0], "client_secret": own[2]}
    assert client.post(
        f"{client.base_url.copy_with(path='/api/oauth/token')}", data=grant
    ).is_success
    page = client.get("/api_keys", params={"sort": "-id"}).json()
    assert [key["name"] for key in page["data"]] == ["two", "one", "test"]
    assert page["meta"]["total"] == 3
    assert all(key.keys() == SHOWN for key in page["data"])
    text = client.get("/api_keys").text
    assert not any(row.token in text for row in rows(session))
    for method, path in (("GET", ""), ("POST", ""), ("DELETE", ""), ("POST", "/rotate")):
        answer = client.request(method, f"/api_keys/{number(stranger)}{path}", json={})
        assert answer.status_code == 404


def test_a_key_can_be_looked_for(client):
    for name in ("Accounting", "Website"):
        client.post("/api_keys", json={"name": name, "permissions": []})
    found = client.get("/api_keys", params={"filter[name]": "count"}).json()
    assert [key["name"] for key in found["data"]] == ["Accounting"]
    assert found["meta"]["total"] == 1


# ── Nobody grants more than they have ─────────────────────────────────────────


MANAGER = ("api_keys:create", "api_keys:update", "api_keys:rotate", "products:index")


def test_a_key_makes_no_key_that_may_do_more(as_key, session):
    manager = a_key(session, *MANAGER)

    def make(*permissions):
        body = {"name": "x", "permissions": permissions}
        return as_key(manager, "POST", "/api_keys", json=body)

    assert make("products:index", "api_keys:create").status_code == 201
    for beyond in ("*", "products:show", "customers:index", "api_keys:delete"):
        reason = refused(make("products:index", beyond), "beyond-key")
        assert reason == f"This key does not have the permission {beyond}."
    assert len(rows(session)) == 2


def test_an_older_name_of_a_permission_counts_as_the_permission(as_key, session):
    manager = a_key(session, "api_keys:store", "pricing:store")
    for permission, status in (("pricings:create", 201), ("pricings:update", 403)):
        body = {"name": "x", "permissions": [permission]}
        assert as_key(manager, "POST", "/api_keys", json=body).status_code == status


SOON = datetime.now(UTC) + timedelta(days=3)
# Limits of a key, and limits of another that do and that do not go beyond them.
LIMITS = [
    ({"expires_at": SOON}, {"expires_at": write_moment(SOON)}, True),
    ({"expires_at": SOON}, {"expires_at": None}, False),
    ({"expires_at": SOON}, {"expires_at": write_moment(SOON + timedelta(seconds=1))}, False),
    ({"rate_limit": 100}, {"rate_limit": 100}, True),
    ({"rate_limit": 100}, {"rate_limit": 101}, False),
    ({"rate_limit": 100}, {"rate_limit": None}, False),
    ({"allowed_networks": [f"{HERE}/8"]}, {"allowed_networks": ["127.1.0.0/16"]}, True),
    ({"allowed_networks": [f"{HERE}/8"]}, {"allowed_networks": []}, False),
    ({"allowed_networks": [f"{HERE}/8"]}, {"allowed_networks": ["0.0.0.0/0"]}, False),
    ({"allowed_networks": [f"{HERE}/8"]}, {"allowed_networks": ["127.1.0.0/16", "::/0"]}, False),
]


@pytest.mark.parametrize(("own", "other", "is_within"), LIMITS)
def test_limits_of_a_key_are_those_of_the_keys_that_it_makes(
    as_key, session, own, other, is_within
):
    own = {**own, "allowed_networks": own.get("allowed_networks") and ["127.0.0.0/8"]}
    manager = a_key(session, **own)
    free = a_key(session)
    body = {"name": "x", "permissions": ["health"], **other}
    made = as_key(manager, "POST", "/api_keys", json=body)
    if is_within:
        assert made.status_code == 201, made.text
    else:
        refused(made, "beyond-key")
    # By a detour: make a key with the same limits, and let them go.
    same = {name: made if name != "expires_at" else write_moment(made)
            for name, made in own.items()}  # fmt: skip
    key = as_key(free, "POST", "/api_keys", json={**body, **same}).json()["id"]
    changed = as_key(manager, "PATCH", f"/api_keys/{key}", json=other)
    assert changed.status_code == (200 if is_within else 403)


def test_a_key_that_may_do_more_is_neither_changed_nor_rotated(as_key, session):
    manager, stronger = a_key(session, *MANAGER), a_key(session)
    path = f"/api_keys/{number(stronger)}"
    # Not even to make it weaker: it would be another's no longer.
    refused(as_key(manager, "POST", path, json={"permissions": []}), "beyond-key")
    refused(as_key(manager, "POST", path, json={"name": "mine"}), "beyond-key")
    refused(as_key(manager, "POST", f"{path}/rotate"), "beyond-key")
    assert as_key(stronger, "GET", "/me").json()["permissions"] == ["*"]


def test_a_key_does_not_make_itself_stronger(as_key, session):
    manager = a_key(session, *MANAGER, expires_at=SOON, rate_limit=50)
    path = f"/api_keys/{number(manager)}"
    for wish in ({"permissions": ["*"]}, {"expires_at": None}, {"rate_limit": 51}):
        refused(as_key(manager, "POST", path, json=wish), "beyond-key")
    assert as_key(manager, "POST", path, json={"rate_limit": 49}).status_code == 200
    rotated = as_key(manager, "POST", f"{path}/rotate", json={"overlap": 0}).json()
    assert rotated["expires_at"] == write_moment(SOON)


def test_a_token_makes_no_key_that_outlives_it(as_key, session, http):
    manager = a_key(session, "api_keys:create", "health")
    token = trade(http, manager)["access_token"]
    body = {"name": "x", "permissions": ["health"]}
    assert refused(as_key(token, "POST", "/api_keys", json=body), "beyond-key") == (
        "This key ends before that."
    )


def test_the_permissions_of_the_operations_are_apart(as_key, session):
    other = number(a_key(session, "health"))
    paths = {
        "index": ("GET", ""), "show": ("GET", f"/{other}"), "create": ("POST", ""),
        "update": ("POST", f"/{other}"), "rotate": ("POST", f"/{other}/rotate"),
        "delete": ("DELETE", f"/{other}"),
    }  # fmt: skip
    for verb in paths:
        key = a_key(session, f"api_keys:{verb}", "health")
        opened = {
            name for name, (method, path) in paths.items()
            if as_key(key, method, f"/api_keys{path}", json={}).status_code != 403
        }  # fmt: skip
        assert opened == {verb} | ({"show"} if verb == "index" else set())


# ── Me ────────────────────────────────────────────────────────────────────────


def test_every_key_may_ask_who_it_is_and_nobody_else(as_key, session, http):
    key = a_key(session, "nothing", expires_at=SOON, rate_limit=700)
    me = as_key(key, "GET", "/me")
    assert me.status_code == 200, me.text
    assert me.json().keys() == SHOWN
    asked = {"id": number(key), "name": "test", "permissions": ["nothing"], "rate_limit": 700,
             "expires_at": write_moment(SOON), "allowed_networks": None}  # fmt: skip
    assert {name: me.json()[name] for name in asked} == asked
    assert datetime.now(UTC) - read_moment(me.json()["last_used_at"]) < timedelta(minutes=1)
    assert http.get("/me").status_code == 401
    assert as_key("1|nobody", "GET", "/me").status_code == 401


def test_a_token_is_told_what_it_may_do_and_until_when(as_key, session, http):
    key = a_key(session, "health", "license")
    me = as_key(trade(http, key, "health")["access_token"], "GET", "/me").json()
    assert (me["id"], me["permissions"]) == (number(key), ["health"])
    assert read_moment(me["expires_at"]) < datetime.now(UTC) + timedelta(hours=1)


# ── Changing ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_change_counts_from_the_next_request_on(client, as_key, session, method):
    key = a_key(session, "health", "license")
    path = f"/api_keys/{number(key)}"
    assert as_key(key, "GET", "/health").status_code == 200
    changed = client.request(method, path, json={"permissions": ["license"], "name": "Less"})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["name"], changed.json()["permissions"]) == ("Less", ["license"])
    assert changed.json() == client.get(path).json()
    wait_until(lambda: as_key(key, "GET", "/health").status_code == 403)
    assert as_key(key, "GET", "/license").status_code == 200
    client.request(method, path, json={"allowed_networks": ["192.0.2.0/24"]})
    wait_until(lambda: as_key(key, "GET", "/license").status_code == 403)
    freed = client.request(method, path, json={"allowed_networks": None}).json()
    assert freed["allowed_networks"] is None
    wait_until(lambda: as_key(key, "GET", "/license").status_code == 200)


def test_tokens_keep_nothing_that_was_taken_from_their_key(client, as_key, session, http):
    key = a_key(session, "health", "license")
    more, less = (trade(http, key, scope)["access_token"] for scope in ("health", "license"))
    client.post(f"/api_keys/{number(key)}", json={"permissions": ["license"]})
    wait_until(lambda: as_key(more, "GET", "/health").status_code == 401)
    assert as_key(less, "GET", "/license").status_code == 200
    soon = datetime.now(UTC) + timedelta(minutes=5)
    client.post(f"/api_keys/{number(key)}", json={"expires_at": write_moment(soon)})
    wait_until(lambda: as_key(less, "GET", "/license").status_code == 401)


# ── XML-RPC ───────────────────────────────────────────────────────────────────


def test_all_of_it_is_there_by_xmlrpc(server, session):
    key = a_key(session)
    assert ask(server, key, "me.show")["permissions"] == ["*"]
    members = {"name": "x", "permissions": ["health"], "allowed_networks": ["127.0.0.1"]}
    made = ask(server, key, "api_keys.create", members)
    tokens = [made["token"]]
    for _ in range(2):
        rotated = ask(server, key, "api_keys.rotate", {"api_key_id": made["id"], "overlap": 60})
        tokens.append(rotated["token"])
    assert all(one != other for one, other in pairwise(tokens))
    assert ask(server, tokens[-1], "health.show") == {"status": "ok"}
    assert ask(server, key, "api_keys.delete", {"api_key_id": made["id"]}) is None
    code, (detail,) = ask(server, key, "api_keys.show", {"api_key_id": made["id"]})
    assert (code, detail) == (404, f"There is no API key {made['id']}.")
