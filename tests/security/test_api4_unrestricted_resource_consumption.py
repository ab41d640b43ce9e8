"""API4:2023, unrestricted resource consumption: what a request may cost, and whom it holds up."""

import asyncio
from contextlib import ExitStack

import pytest
from flask import Flask

from app.portal.threads import in_threads
from tests.factories import a_key
from tests.http import open_client
from tests.rpc import ask
from tests.security.wire import connect

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
