"""API4:2023, unrestricted resource consumption: what a request may cost, and whom it holds up."""

import asyncio
from contextlib import ExitStack
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import insert

from app.portal.threads import in_threads
from models import Customer, Group, Metadata, Pricing, Product, Service
from tests.factories import a_customer, a_group, a_key
from tests.http import open_client
from tests.needs import needs
from tests.rpc import ask
from tests.security.shop import OPERATIONS
from tests.security.wire import connect
from tests.statements import watched

HEAD = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
UNFINISHED = {
    "a head": HEAD,
    "an announced body": HEAD + b"Content-Length: 1000\r\n\r\na",
    "a body in pieces": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
}
PLACES = (b"/api/application/groups", b"/api/oauth/token", b"/api/xmlrpc", b"/reset-password",
          b"/storage/x", b"/nothing")  # fmt: skip


@pytest.mark.parametrize("unfinished", UNFINISHED)
def test_who_sends_slowly_holds_up_nobody_else(server, session, unfinished):
    key = a_key(session)
    with ExitStack() as connections:
        slow = [connections.enter_context(connect(server.url)) for _ in range(25 * len(PLACES))]
        for number, connection in enumerate(slow):
            request = UNFINISHED[unfinished].replace(b"%s", PLACES[number % len(PLACES)])
            connection.sendall(request)
        for _ in range(3):
            for connection in slow:
                connection.sendall(b"b" if unfinished != "a body in pieces" else b"1\r\nb\r\n")
            with open_client(server.url) as client:
                headers = {"Authorization": f"Bearer {key}"}
                assert client.get("/api/application/health", headers=headers).is_success
                assert client.get("/api/openapi.json").is_success
                assert client.get("/confirm-email").is_success
            assert ask(server, key, "health.show")["status"] == "ok"


def test_who_reads_slowly_holds_up_nobody_else():
    """A page has few threads. None of them waits until somebody has read what it sent."""
    flask = Flask(__name__)
    flask.add_url_rule("/", view_func=lambda: (b"x" * 1000 for _ in range(100)), endpoint="page")
    application = in_threads(flask, limit=1000, patience=30)

    async def ask_for_page(send):
        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [],
                 "http_version": "1.1"}  # fmt: skip
        await application(scope, receive, send)

    async def play():
        end = asyncio.Event()

        async def read_in_the_end(message):
            await end.wait()

        slow = [asyncio.create_task(ask_for_page(read_in_the_end)) for _ in range(50)]
        await asyncio.sleep(0)
        received = []

        async def read(message):
            received.append(message.get("body", b""))

        await asyncio.wait_for(ask_for_page(read), 30)
        end.set()
        await asyncio.gather(*slow)
        return b"".join(received)

    assert len(asyncio.run(play())) == 100_000


# ── Includes ──────────────────────────────────────────────────────────────────

LISTS = {
    each.id: ",".join(one.schema["items"]["enum"])
    for each in OPERATIONS.values()
    for one in each.query
    if one.name == "include" and each.id.endswith(".index")
}


@pytest.fixture
@needs("minutes")
def crowd(session):
    """A function that brings one group up to a number of products and of sub-groups, and one
    customer up to as many services; each item has a metadata entry, and a price if it is sold."""
    group, customer = a_group(session), a_customer(session)

    def fill(start, end):
        numbers = range(start + 10_000, end + 10_000)
        rows = {
            Group: [{"id": n, "name": f"Group {n}", "slug": f"crowd-{n}", "description": "VPS",
                     "parent_id": group.id} for n in numbers],
            Product: [{"id": n, "name": f"VPS {n}", "description": "2 vCPU", "type": "none",
                       "group_id": group.id} for n in numbers],
            Customer: [{"id": n, "firstname": "Ada", "lastname": "Martin", "phone": f"06{n:08}",
                        "email": f"c{n}@example.org", "address": "1 rue Haute", "city": "Lille",
                        "region": "Nord", "zipcode": "59000"} for n in numbers],
            Service: [{"id": n, "customer_id": customer.id, "name": "VPS", "status": "active"}
                      for n in numbers],
            Pricing: [{"related_type": kind, "related_id": n, "currency": "EUR", "monthly": 5}
                      for kind in ("product", "service") for n in numbers],
            Metadata: [{"model_type": model.CLASS_NAME, "model_id": n, "key": "color",
                        "value": "blue"} for model in (Group, Product, Customer, Service)
                       for n in numbers],
        }  # fmt: skip
        for model, values in rows.items():
            session.execute(insert(model), values)
        session.commit()

    return fill


@pytest.mark.parametrize("operation_id", LISTS)
def test_a_list_with_all_includes_grows_with_its_items(server, session, crowd, operation_id):
    """Ten times the items are ten times the bytes, and no more statements."""
    path = f"/api{OPERATIONS[operation_id].path}"
    query = {"include": LISTS[operation_id], "per_page": "1000"}
    headers = {"Authorization": f"Bearer {a_key(session)}"}
    found = {}
    for start, end in pairwise((0, 100, 998)):
        crowd(start, end)
        for accept in ("application/json", "application/xml"):
            with open_client(server.url, headers={**headers, "Accept": accept}) as client:
                with watched() as statements:
                    answer = client.get(path, params=query)
                assert answer.status_code == 200
                found[end, accept] = (len(answer.content), len(statements))
    for accept in ("application/json", "application/xml"):
        (few, asked), (many, asked_for_many) = found[100, accept], found[998, accept]
        assert many < 11 * few, (accept, few, many)
        assert asked == asked_for_many
