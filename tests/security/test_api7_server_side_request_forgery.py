"""API7:2023, server side request forgery: whatever addresses are sent, the server asks nobody."""

import socket
import threading

import pytest

from tests.databases import empty
from tests.factories import a_key
from tests.http import request
from tests.rpc import post
from tests.security.shop import OPERATIONS, a_body, a_shop, path_to, properties

BODIES = {each.id: each for each in OPERATIONS.values() if each.bodies}


@pytest.fixture
def listener():
    """A server of somebody else, and who has come to it."""
    came = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept():
            while True:
                try:
                    connection, address = listening.accept()
                except OSError:
                    return
                came.append(address)
                connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", came
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def test_an_address_in_any_field_or_header_is_never_asked(server, session, listener):
    place, came = listener
    names = ("Referer", "Origin", "X-Forwarded-For", "X-Forwarded-Host", "X-Callback-Url")
    headers = dict.fromkeys(names, f"http://{place}/")
    for operation in BODIES.values():
        ids = a_shop(session)
        headers["Authorization"] = f"Bearer {a_key(session)}"
        path = f"{server.url}/api{path_to(operation, ids)}"
        for scheme in ("http://", "//"):
            body = {**a_body(operation, ids),
                    **dict.fromkeys(properties(operation), f"{scheme}{place}/x")}  # fmt: skip
            content = {"json": body} if operation.needs_key else {"data": body}
            answer = request(operation.method, path, headers=headers, **content)
            assert answer.status_code < 500
        session.rollback()
        empty(session)
    assert came == []


def test_an_address_in_an_image_or_a_document_is_never_asked(client, server, session, listener):
    place, came = listener
    ids, key = a_shop(session), a_key(session)
    link = "xmlns:xlink='http://www.w3.org/1999/xlink'"
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' {link}>{{}}</svg>"
    include = "xmlns:xi='http://www.w3.org/2001/XInclude'"
    for inside in (f"<image href='http://{place}/x'/>", f"<use xlink:href='http://{place}/x#a'/>",
                   f"<style>@import url(http://{place}/x);</style>"):  # fmt: skip
        image = {"image": ("x.svg", svg.format(inside))}
        assert client.post(f"/products/{ids['product_id']}", files=image).status_code < 500
    for document in (
        f"<!DOCTYPE group SYSTEM 'http://{place}/x'><group/>",
        f"<!DOCTYPE g [<!ENTITY a SYSTEM 'http://{place}/x'>]><group><name>&a;</name></group>",
        f"<group {include}><xi:include href='http://{place}/'/></group>",
    ):
        xml = {"Content-Type": "application/xml"}
        path = f"/groups/{ids['group_id']}"
        assert client.post(path, content=document, headers=xml).status_code < 500
        assert post(server, document.encode(), key).status_code == 200
    assert came == []


def test_no_field_of_the_contract_is_an_address_to_ask():
    """Whoever adds one has to say here who may be asked."""
    for operation in BODIES.values():
        for name, schema in properties(operation).items():
            assert schema.get("format") not in ("uri", "url", "uri-reference", "hostname"), name
            assert not {"url", "webhook", "callback", "uri"} & {*name.split("_")}, name
