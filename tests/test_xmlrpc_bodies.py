"""Whatever comes as the body of an XML-RPC call, the answer is a value or a fault, and HTTP 200."""

import xmlrpc.client
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import app.xmlrpc.gateway as gateway
from app.contract import contract
from app.xml.text import escaped
from app.xml.text import read as unescaped
from app.xmlrpc.values import write_answer
from tests.factories import a_key
from tests.http import request
from tests.rpc import ask, post, value

pytestmark = pytest.mark.once

METHOD = (
    "<methodCall><methodName>{}</methodName><params><param><value>{}</value></param></params>"
    "</methodCall>"
)


LAUGHS = (
    "<!DOCTYPE x [<!ENTITY a 'lol'>"
    + "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in pairwise("abcdefghij"))
    + "]>"
    + METHOD.format("customers.index", "&j;")
)  # fmt: skip


def struct(*members):
    written = "".join(f"<member><name>{n}</name><value>{v}</value></member>" for n, v in members)
    return METHOD.format("customers.create", f"<struct>{written}</struct>").encode()


NO_CALL = "The body is not an XML-RPC method call."


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "The body is not XML: line 1, column 1."),
        (b"\xff\xfe\x00", "The body is not XML: line 1, column 2."),
        (b"<a>\n<b>", "The body is not XML: line 2, column 4."),
        (LAUGHS.encode(), "The body may not have a document type."),
        (b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>", "The body may not have a document type."),
        (b"<a/>", NO_CALL),
        (b"<methodCall><methodName/></methodCall>", NO_CALL),
        (xmlrpc.client.dumps(xmlrpc.client.Fault(7, "mine")).encode(), NO_CALL),
        (struct(("city", "<int>1_0</int>")), NO_CALL),
        (struct(("city", "<int>٣</int>")), NO_CALL),
        (struct(("city", "<int>" + "9" * 5000 + "</int>")), NO_CALL),
        (struct(("city", "<double>nan</double>")), NO_CALL),
        (struct(("city", "<boolean>2</boolean>")), NO_CALL),
        (struct(("city", "a"), ("city", "b")), NO_CALL),
        (b"<methodCall><methodName>x</methodName><params><param><value><struct><member><name>a"
         b"</name></member></struct></value></param></params></methodCall>", NO_CALL),
        (struct(("city", "<array><data><value>" * 90 + "</value></data></array>" * 90)), NO_CALL),
        (struct(("city", "<array><data>" + "<value/>" * 100_000 + "</data></array>")), NO_CALL),
    ],
)  # fmt: skip
def test_what_is_no_call_is_a_fault_that_says_so(server, session, body, reason):
    assert value(post(server, body, a_key(session))) == (400, [reason])


def test_a_body_nests_as_deep_as_one_of_rest(server, session):
    deep = struct(("city", "<array><data><value>" * 65 + "</value></data></array>" * 65))
    too_deep = (400, ["The body is nested more than 64 levels deep."])
    assert value(post(server, deep, a_key(session))) == too_deep


def test_a_number_beyond_every_limit_is_a_wrong_number(server, session):
    key = a_key(session)
    assert ask(server, key, "services.index", {"per_page": "9" * 19})[0] == 400
    code, lines = ask(server, key, "pricings.create", {"monthly": 1e30, "related_id": 2147483647})
    assert code == 422
    assert "monthly: The monthly field must be at most 999999.99." in lines


def test_parameters_have_the_limit_of_a_url(server, session):
    key, too_long = a_key(session), (414, ["An address may have at most 32768 bytes."])
    for name in ("nothing", "filter[name]", "cursor"):
        assert ask(server, key, "products.index", {name: "x" * 40_000}) == too_long
    assert ask(server, key, "products.show", {"product_id": "9" * 40_000}) == too_long
    assert ask(server, key, "products.index", {"nothing": "x" * 32_000})["data"] == []


def test_a_body_has_the_limit_of_rest(server, session):
    key, limit = a_key(session), contract().body_limit
    call = METHOD.format("customers.index", "<struct/>").encode()
    assert value(post(server, call.ljust(limit), key))["data"] == []
    answer = post(server, call.ljust(limit + 1), key)
    assert value(answer) == (413, [f"A body may have at most {limit} bytes."])
    assert answer.headers["connection"] == "close"


def test_a_body_may_come_in_pieces_in_any_type_and_encoding(server, session):
    key = a_key(session)
    call = METHOD.format("customers.index", "<struct/>")
    assert value(post(server, iter([call[:9].encode(), call[9:].encode()]), key))["data"] == []
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert value(post(server, call.encode(), key, **form))["data"] == []
    assert value(post(server, call.encode("utf-16"), key))["data"] == []


def test_only_post_is_answered(server):
    answer = request("GET", f"{server.url}/api/xmlrpc")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


def test_a_mistake_of_the_server_is_logged_and_not_told(server, session, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("a secret")

    monkeypatch.setattr(gateway, "request_for", fail)
    told = (500, ["The server made a mistake. Nothing was changed."])
    assert ask(server, a_key(session), "customers.index") == told
    assert "a secret" in caplog.text


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.from_regex(r"(_x00(5F|07)_?|\x07)+"))
def test_every_text_is_written_so_that_it_can_be_read(text):
    read = xmlrpc.client.loads(write_answer({text: text}))[0][0]
    assert read == {escaped(text): escaped(text)}
    assert unescaped(escaped(text)) == text


@given(st.text())
def test_a_text_without_odd_characters_is_written_as_it_is(text):
    assert escaped(text) == text or any(ord(each) < 32 or each in "\ufffe\uffff" for each in text)
