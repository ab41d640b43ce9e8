"""XML-RPC: one struct in, the value of JSON or a fault out, and nothing else ever."""

import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from app.xmlrpc.requests import scope_for
from models import Customer
from tests.conftest import run
from tests.factories import a_customer, a_group, a_key, a_product, a_service
from tests.http import request
from tests.rpc import ask, post
from tests.settings import unhurried
from tests.test_customers import NEW
from tests.test_images import an_image


@pytest.fixture
def call(server, session):
    """A function that calls a method with a key for everything."""
    key = a_key(session)
    return lambda method, *arguments, **headers: ask(server, key, method, *arguments, **headers)


UNAUTHENTICATED = (401, ["The API key is missing, unknown, revoked or expired."])


# ── The key ─────────────────────────────────────────────────────────────────


def test_the_key_may_be_a_member_of_the_struct(server, session):
    customer, key, other = a_customer(session), a_key(session), a_key(session, "nothing")
    members = {"customer_id": customer.id, "api_key": key}
    assert ask(server, None, "customers.show", members)["id"] == customer.id
    assert ask(server, other, "customers.show", members)["id"] == customer.id
    assert ask(server, key, "customers.show", {**members, "api_key": "1|x"}) == UNAUTHENTICATED


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("customers.index", []),
        ("customers.show", [{}]),
        ("customers.show", [1, 2, 3]),
        ("customers.show", [{"customer_id": "/"}]),
        ("customers.nothing", []),
        ("system.listMethods", []),
        ("system.getCapabilities", [{"api_key": "1|nothing"}]),
        ("system.methodHelp", ["customers.index"]),
        ("system.methodSignature", [{"api_key": 5}]),
        ("system.multicall", ["nothing"]),
        ("system.multicall", []),
        ("system.multicall", [[]]),
        ("system.nothing", []),
    ],
)
def test_strangers_learn_nothing(server, session, method, arguments):
    assert ask(server, None, method, *arguments) == UNAUTHENTICATED


# ── The request ─────────────────────────────────────────────────────────────


def test_parameters_are_named_as_in_the_query(call, session):
    active, _ = a_service(session), a_service(session, status="expired")
    lists = [
        call("services.index", {"filter[status]": "active", "include": "customer,metadata"}),
        call("services.index", {"filter[status]": ["active"], "include": ["customer", "metadata"]}),
        call("services.index", {"filter": {"status": "active"}, "include": "customer,metadata"}),
    ]
    assert [item["id"] for item in lists[0]["data"]] == [active.id]
    assert lists[0]["data"][0]["customer"]["id"] == active.customer_id
    assert [each["data"] for each in lists] == [lists[0]["data"]] * 3
    assert lists[1] == lists[0]


def test_a_parameter_that_is_null_is_not_there(call, session):
    a_product(session)
    (product,) = call("products.index", {"per_page": None, "pricing": None})["data"]
    assert "pricing" not in product


def test_an_unknown_filter_is_wrong_and_an_unknown_member_is_ignored(call, session):
    code, lines = call("services.index", {"filter[nothing]": 1, "nothing": 1})
    assert (code, len(lines)) == (400, 2)
    assert lines[1].startswith("filter[nothing]: The filter[nothing] filter is unknown.")
    assert call("customers.create", {**NEW, "nothing": 1})["email"] == NEW["email"]


def test_a_name_that_the_query_and_the_body_know_is_the_querys(call, session):
    customer = a_customer(session)
    a_service(session, customer=customer)
    assert call("customers.delete", {"customer_id": customer.id})[0] == 409
    # A wrong parameter is 400, a wrong field would be 422.
    assert call("customers.delete", {"customer_id": customer.id, "force": "maybe"})[0] == 400
    assert "message" in call("customers.delete", {"customer_id": customer.id, "force": True})


def test_all_wrong_fields_are_in_the_fault_and_nothing_has_changed(call, server):
    code, lines = call("customers.create", {**NEW, "country": "Oz", "lastname": 5})
    assert code == 422
    assert lines[0].endswith("(and 1 more error)")
    assert {line.partition(":")[0] for line in lines[1:]} == {"country", "lastname"}
    with Session(server.engine) as session:
        assert session.query(Customer).count() == 0


def test_a_member_of_the_path_that_is_missing_is_named(call):
    text = "The customer_id field is required."
    assert call("customers.show") == (422, [text, f"customer_id: {text}"])


@pytest.mark.parametrize("odd", ["1/confirm", "", "/", "1/", " 1", "01", True, 1.5, [], {}, b"/"])
def test_an_id_never_leads_to_another_operation(call, session, odd):
    customer = a_customer(session, id=1)
    code, _ = call("customers.update", {"customer_id": odd, "city": "Paris"})
    assert code == 404
    session.rollback()
    assert (customer.city, customer.is_confirmed) == ("Lille", False)


@pytest.mark.parametrize("arguments", [[1], ["x"], [[1]], [{}, {}], [None]])
def test_anything_but_one_struct_is_refused(call, arguments):
    wrong = (400, ["A method takes one struct of parameters and fields."])
    assert call("customers.index", *arguments) == wrong


def test_an_empty_array_is_the_empty_struct_of_php(call):
    assert call("customers.index", [])["data"] == []


def test_moments_and_the_bytes_of_files_are_taken(call, session, server):
    service = a_service(session)
    moment = datetime(2027, 3, 1, 20, 15, 53)
    updated = call("services.update", {"service_id": service.id, "expires_at": moment})
    assert updated["expires_at"] == "2027-03-01T20:15:53.000000Z"
    fields = {"name": "VPS & co", "description": "2 vCPU", "status": "active", "stock": 10,
              "type": "none", "group_id": a_group(session).id, "pinned": True}  # fmt: skip
    picture = an_image("PNG")
    product = call("products.create", {**fields, "image": picture})
    assert {name: product[name] for name in fields} == fields
    assert request("GET", f"{server.url}/storage/{product['image']}").content == picture


def test_base64_of_utf_8_is_the_text_that_was_encoded(call, session):
    service, product = a_service(session), a_product(session)
    price = {"monthly": {"price": b"4,99"}}
    changed = call("products.update", {
        "product_id": str(product.id).encode(), "name": "Été €".encode(), "stock": b"7",
        "pricing": price,
    })  # fmt: skip
    assert (changed["name"], changed["stock"]) == ("Été €", 7)
    (found,) = call("products.index", {"filter[name]": ["Été €".encode()], "pricing": 1})["data"]
    assert found["id"] == product.id
    notes = call("services.update", {"service_id": service.id, "notes": b""})["notes"]
    assert notes is None
    key = {"name": b"key", "permissions": [b"health", b"license"]}
    assert call("api_keys.create", key)["permissions"] == ["health", "license"]


@pytest.mark.parametrize("wrong", [b"\xff", "é".encode("latin-1"), an_image("PNG")])
def test_base64_that_is_not_utf_8_is_named(call, session, wrong):
    product = a_product(session, name="Before")
    for member, path in (
        ({"name": wrong}, "name"),
        ({"pricing": {"monthly": {"price": wrong}}}, "pricing.monthly.price"),
        ({"metadata": ["a", wrong]}, "metadata.1"),
    ):
        code, lines = call("products.update", {"product_id": product.id, "stock": 3, **member})
        text = f"The {path} field has characters that are not text."
        assert (code, lines) == (422, [text, f"{path}: {text}"])
    session.rollback()
    assert (product.name, product.stock) == ("Before", 10)


def test_the_key_may_be_base64(server, session):
    key = a_key(session).encode()
    assert ask(server, None, "customers.index", {"api_key": key})["data"] == []
    assert ask(server, None, "customers.create", {"api_key": key, "city": b"\xff"})[0] == 422
    assert ask(server, None, "customers.index", {"api_key": b"\xff"}) == UNAUTHENTICATED


def test_a_text_that_was_read_can_be_written_back(call, session):
    odd = "bell \u0007, and _x0007_ as it is"
    customer = a_customer(session, notes=odd)
    read = call("customers.show", {"customer_id": customer.id})
    call("customers.update", {"customer_id": customer.id, "company_name": read["notes"]})
    session.rollback()
    assert customer.company_name == odd


def test_the_language_is_that_of_the_call(call):
    text = call("customers.show", {"customer_id": 999}, **{"Accept-Language": "fr"})
    assert text == (404, ["Il n'y a pas de client 999."])
    text = call("nothing", **{"Accept-Language": "fr"})
    assert text == (404, ["Il n'y a pas de méthode nothing."])


def test_what_http_says_of_the_call_is_not_said_of_the_operation():
    outer = {"headers": [(name.encode(), b"x") for name in (
        "authorization", "content-length", "content-type", "content-encoding", "if-none-match",
        "accept", "accept-language", "x-http-method-override", "x-request-id", "host",
    )], "client": ("192.0.2.1", 80)}  # fmt: skip
    inner = scope_for(outer, "get", "/", {"api_key": "1|x"})
    assert inner["client"] == outer["client"]
    assert inner["headers"] == [
        (b"accept-language", b"x"), (b"x-request-id", b"x"), (b"host", b"x"),
        (b"authorization", b"Bearer 1|x"), (b"accept", b"application/json"),
    ]  # fmt: skip


def test_the_method_that_a_header_asks_for_is_not_that_of_the_operation(call, session):
    customer = a_customer(session)
    headers = {"X-HTTP-Method-Override": "DELETE", "Accept": "text/csv", "If-None-Match": "*",
               "Content-Type": "text/plain", "Range": "bytes=0-1"}  # fmt: skip
    updated = call("customers.update", {"customer_id": customer.id, "city": "Paris"}, **headers)
    assert updated["city"] == "Paris"
    session.rollback()
    assert customer.deleted_at is None


def test_a_token_is_had_without_a_key(server, session):
    number, _, secret = a_key(session).partition("|")
    form = {"grant_type": "client_credentials", "client_id": number, "client_secret": secret,
            "scope": "customers:index"}  # fmt: skip
    token = ask(server, None, "oauth.token", form)["access_token"]
    assert ask(server, token, "customers.index")["data"] == []
    assert ask(server, token, "products.index")[0] == 403


# ── Methods of the gateway ──────────────────────────────────────────────────


def test_methods_tell_what_they_do(call, server, session):
    text = call("system.methodHelp", "services.suspend")
    assert text.startswith("Suspend a service.\n")
    assert "Needs the permission services:suspend." in text
    assert "- service_id (string, required): " in text
    assert "- reason (string)" in text
    assert call("system.methodSignature", "services.suspend") == [["struct", "struct"]]
    assert call("system.methodSignature", "services.index") == [["struct"], ["struct", "struct"]]
    assert call("system.getCapabilities")["xmlrpc"]["specVersion"] == 1
    key = a_key(session, "nothing")
    assert "customers.index" in ask(server, None, "system.listMethods", {"api_key": key})


def test_asking_about_what_is_not_there_is_a_fault(call):
    assert call("system.methodHelp", "nothing") == (404, ["There is no method nothing."])
    assert call("system.methodSignature") == (400, ["The first argument is the name of a method."])
    for method in ("nothing", "", "__init__", "_dispatch", "system", "system.run"):
        assert call("system.methodHelp", method)[0] == call(method or "x")[0] == 404


def test_a_batch_is_answered_call_by_call(call, session):
    customer, strange = a_customer(session), a_key(session, "products:index")
    show = {"methodName": "customers.show", "params": [{"customer_id": customer.id}]}
    done, missing, refused, nested, odd = call("system.multicall", [
        show,
        {"methodName": "customers.show", "params": [{"customer_id": 999}]},
        {"methodName": "customers.show", "params": [{"customer_id": 1, "api_key": strange}]},
        {"methodName": "system.multicall", "params": [[show]]},
        "nothing",
    ])  # fmt: skip
    assert done[0]["id"] == customer.id
    assert missing == {"faultCode": 404, "faultString": "There is no customer 999."}
    assert refused["faultCode"] == 403
    assert nested["faultCode"] == odd["faultCode"] == 400


def test_a_call_that_fails_does_not_undo_the_others_of_its_batch(call, server):
    new = {"methodName": "customers.create", "params": [NEW]}
    first, second = call("system.multicall", [new, new])
    assert first[0]["email"] == NEW["email"]
    assert second["faultCode"] == 422
    with Session(server.engine) as session:
        assert session.query(Customer).count() == 1


def test_a_batch_without_a_key_takes_those_of_its_calls(server, session):
    member = {"api_key": a_key(session)}
    calls = [{"methodName": "customers.index", "params": each} for each in ([member], [])]
    done, refused = ask(server, None, "system.multicall", calls)
    assert done[0]["data"] == []
    assert refused["faultCode"] == 401


def test_an_empty_batch_needs_a_key_and_returns_nothing(call):
    assert call("system.multicall", []) == []


def test_a_batch_has_a_limit(call):
    calls = [{"methodName": "customers.index", "params": []}] * 21
    assert len(call("system.multicall", calls[:20])) == 20
    assert call("system.multicall", calls) == (400, ["A batch is one list of at most 20 calls."])


def test_the_responses_of_a_batch_have_a_limit_together(call, session, monkeypatch):
    """The read that goes beyond the limit is refused, and no call after it is made."""
    for _ in range(20):
        a_customer(session, notes="x" * 1000)
    read = {"methodName": "customers.index", "params": []}
    create = {"methodName": "customers.create", "params": [NEW]}
    monkeypatch.setattr("app.xmlrpc.gateway.BATCH_BYTES", 80_000)
    first, second, third, new = call("system.multicall", [read, read, read, create])
    assert len(first[0]["data"]) == len(second[0]["data"]) == 20
    too_large = (
        "The responses of a batch may have at most 80000 bytes together. "
        "Send this call again in a request of its own."
    )
    assert third == new == {"faultCode": 413, "faultString": too_large}
    session.rollback()
    assert session.query(Customer).count() == 20
    # The next batch counts from zero.
    assert len(call("system.multicall", [read])[0][0]["data"]) == 20


def test_a_write_in_a_batch_returns_what_it_has_done(call, session, monkeypatch):
    """Its response may be larger than the limit: a fault would mean that nothing has changed."""
    create = {"methodName": "customers.create", "params": [NEW]}
    other = {"methodName": "customers.create", "params": [{**NEW, "email": "eve@example.org"}]}
    monkeypatch.setattr("app.xmlrpc.gateway.BATCH_BYTES", 100)
    done, refused = call("system.multicall", [create, other])
    assert done[0]["email"] == NEW["email"]
    assert refused["faultCode"] == 413
    session.rollback()
    assert session.query(Customer).count() == 1


def test_every_call_counts_for_the_rate_limit(tmp_path):
    for limited in run(unhurried(tmp_path, rate_limit=4)):
        with Session(limited.engine) as session:
            key = a_key(session)
        body = xmlrpc.client.dumps((), "customers.index").encode()
        assert post(limited, body, key).headers["x-ratelimit-remaining"] == "3"
        ask(limited, key, "system.listMethods")
        ask(limited, key, "nothing")
        batch = [{"methodName": "customers.index", "params": []}] * 2
        done, refused = ask(limited, key, "system.multicall", batch)
        assert (done[0]["data"], refused["faultCode"]) == ([], 429)
        assert "retry-after" in post(limited, body, key).headers


def test_more_calls_at_once_than_there_are_threads_are_all_answered(server, session):
    key, customer = a_key(session), a_customer(session)
    members = {"customer_id": customer.id}

    def work(number):
        change = {**members, "address": f"{number} rue Haute"}
        return (
            ask(server, key, "customers.update", change)["address"] == change["address"]
            and ask(server, key, "customers.show", members)["id"] == customer.id
        )

    with ThreadPoolExecutor(40) as clients:
        assert all(clients.map(work, range(80)))
