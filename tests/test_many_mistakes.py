"""Bodies and calls with mistakes without number: each gets one short problem document."""

import xmlrpc.client

import pytest

from app.pipeline.bodies import COMMAS
from app.pipeline.reasons import NAMED
from tests.factories import a_key, a_product, a_service
from tests.rpc import ask, post, value

pytestmark = pytest.mark.once

MANY = COMMAS - 10
# In bytes: what a problem document may take, whatever is sent.
LONGEST = 100_000


def refused(answer, status=422):
    assert answer.status_code == status, answer.text[:1000]
    assert len(answer.content) < LONGEST
    return answer.json().get("errors", {})


def test_a_list_of_wrong_values_is_refused_for_its_length(client):
    body = {"name": "Reader", "permissions": [0] * MANY, "expires_at": "yesterday"}
    errors = refused(client.post("/api_keys", json=body))
    assert "must have at most" in errors["permissions"][0]
    assert "permissions.0" in errors
    # What is wrong beside it is named as well.
    assert "expires_at" in errors
    assert len(errors) <= NAMED


@pytest.mark.parametrize(
    "wrong",
    [
        [9e99] * MANY,
        [[9e99] * 900] * (MANY // 900),
        {f"f{n}": 9e99 for n in range(MANY)},
        [{"a": -9e99, "b": "x\0"}] * (MANY // 2),
        ["\0"] * MANY,
        {f"f{n}\0": 1 for n in range(MANY)},
    ],
    ids=["list", "lists", "object", "objects", "texts", "names"],
)
def test_of_free_values_some_wrong_ones_are_named(client, session, wrong):
    service, product = a_service(session), a_product(session)
    for method, path, body in (
        ("PATCH", f"/services/{service.id}", {"data": {"free": wrong}}),
        ("PUT", f"/products/{product.id}/config", {"free": wrong}),
    ):
        errors = refused(client.request(method, path, json=body))
        assert 1 <= len(errors) <= 2 * NAMED


def test_in_a_long_value_the_only_mistake_is_found(client, session):
    service = a_service(session)
    free = {f"f{n}": [0] * 900 for n in range(20)}
    free["f19"][899] = 2**60
    errors = refused(client.post(f"/services/{service.id}", json={"data": free}))
    assert errors.keys() == {"data.f19.899"}


def test_what_is_required_is_not_missed_in_what_was_cut_short(client, session):
    body = {f"x{n}": [0] * 20 for n in range(900)} | {"name": "Reader", "permissions": [0] * 90}
    errors = refused(client.post("/api_keys", json=body))
    assert "name" not in errors


@pytest.mark.parametrize("kind", ["json", "form", "multipart"])
def test_more_commas_than_a_body_may_have_are_not_read(client, session, kind):
    long = "0," * (COMMAS + 1)
    if kind == "json":
        headers = {"Content-Type": "application/json"}
        answer = client.post("/api_keys", content=f'{{"a": [{long}0]}}', headers=headers)
    elif kind == "form":
        answer = client.post("/api_keys", data={"permissions": long})
    else:
        path = f"/products/{a_product(session).id}"
        answer = client.post(path, data={"name": long}, files={"image": b""})
    refused(answer, 413)
    assert f"{COMMAS} commas" in answer.json()["detail"]


def test_a_member_that_comes_twice_among_many_is_found(client):
    members = "".join(f'"f{n}":0,' for n in range(MANY))
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api_keys", content=f'{{{members}"f{MANY - 1}":1}}', headers=headers)
    refused(answer, 400)
    assert f"'f{MANY - 1}' more than once" in answer.json()["detail"]


def test_of_unknown_filters_some_are_named(client, server, session):
    filters = [(f"filter[x{n}]", "1") for n in range(900)]
    errors = refused(client.get("/products", params=filters), 400)
    assert len(errors) == NAMED
    key = a_key(session, "products:index")
    code, lines = ask(server, key, "products.index", dict(filters))
    assert code == 400
    assert len(lines) <= NAMED + 2


def test_a_call_by_xml_rpc_has_no_more_values_than_a_body(server, session):
    key = a_key(session, "products:index")
    body = xmlrpc.client.dumps(([{"x": 0}] * 50_000,), "products.index").encode()
    answer = post(server, body, key)
    code, _ = value(answer)
    assert code == 413
    assert len(answer.content) < LONGEST
