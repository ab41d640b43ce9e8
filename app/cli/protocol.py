"""HTTP as uvicorn speaks it, with an end to what uvicorn would wait for or take without end."""

import asyncio
import time
from http import HTTPStatus
from typing import Any

import orjson
from httptools import HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.cli.closing import DRAIN_LIMIT, LingeringTransport
from app.pipeline.bodies import too_slow
from app.pipeline.overload import ARRIVED
from app.pipeline.problems import MEDIA_TYPE, Problem, document
from app.pipeline.request import URL_LIMIT, url_too_long
from models.sentence import say

# In bytes. The head is the address with all headers; a client may send this much at once before
# anybody looks.
HEAD_LIMIT, UNSEEN = 64 * 1024, 512 * 1024
# How long requests may take to end when the server has to, in seconds.
LAST_CALL = 8


class Parser(HttpRequestParser):
    """httptools' parser for a server that changes to no other protocol.

    Java's HttpClient asks to go on with HTTP/2 in every first request. A server may ignore that
    (RFC 9110 section 7.8), but llhttp takes all behind such a head for the other protocol, so that
    the body is lost. The request is read once more without the header.
    """

    def __init__(self, protocol: "Protocol") -> None:
        super().__init__(protocol)
        self._protocol = protocol
        # As uvicorn does: whoever says that it closes may send on nonetheless.
        self.set_dangerous_leniencies(lenient_data_after_close=True)

    def feed_data(self, data: Any) -> None:
        try:
            super().feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._protocol.go_on_without_upgrade(data[upgrade.args[0] :])


class Protocol(HttpToolsProtocol):
    """One connection. `patience` is how long a request may take to arrive, in seconds.

    What is no HTTP, too long or too slow gets a problem document like all else, and the end of the
    connection. Each request knows when it came.
    """

    patience = 30.0
    # The path below which clients see the server; problem documents name paths.
    prefix = ""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.parser = Parser(self)
        self._refusal: Problem | None = None
        # When the request that is arriving began to, and whether it is still in its head.
        self._began: float | None = None
        self._in_head = True
        self._chunk = self._received = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_receiving(self) -> bool:
        """Whether a request has begun to arrive and has not ended."""
        return self._began is not None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(LingeringTransport(transport, self))  # type: ignore[arg-type]
        self._began = self.loop.time()
        self._check()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._chunk = len(data)
        self._received += self._chunk
        if self._began is None and (self.cycle is None or self.cycle.response_complete):
            self._began = self.loop.time()
            self._in_head = True
        super().data_received(data)
        if self._received <= UNSEEN or self.transport.is_closing():
            return
        if self._in_head:
            self._refuse(_too_long(self.url))
        elif self._received > DRAIN_LIMIT and self.cycle.response_complete:
            # The response went out before the body had come, and the client goes on sending.
            self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: Any = self.scope
        scope[ARRIVED] = time.monotonic()
        self._began = self.loop.time()
        self._in_head = True
        self._received = self._chunk

    def on_headers_complete(self) -> None:
        if self._received > URL_LIMIT:
            size = sum(len(name) + len(value) for name, value in self.headers) + len(self.url)
            if len(self.url) > URL_LIMIT or size > HEAD_LIMIT:
                self._refusal = _too_long(self.url)
                # The parser stops, and uvicorn answers what is no HTTP to it.
                raise self._refusal
        if self._is_upgrade:
            return
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self._is_upgrade:
            return
        self._began = None
        super().on_message_complete()
        if self.cycle.response_complete and self.timeout_keep_alive_task is None:
            # uvicorn waits for the next request from the response on, and no longer once the rest
            # of a body has come after it.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    @property
    def _is_upgrade(self) -> bool:
        """Whether the parser is going to raise HttpParserUpgrade for the head that it has read."""
        # CONNECT is none to ignore: its target is no path, and the request is refused.
        return bool(self.parser.should_upgrade()) and self.parser.get_method() != b"CONNECT"

    def go_on_without_upgrade(self, rest: bytes) -> None:
        """Read the head again without its Upgrade, and `rest`, which came behind it, as a body."""
        lines = [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        start = b"%b %b HTTP/1.1" % (self.parser.get_method(), self.url)
        self.parser = Parser(self)
        self.parser.feed_data(b"\r\n".join([start, *lines, b"", b""]) + rest)

    def _check(self) -> None:
        """Look once in a while whether somebody sends too slowly."""
        if self.transport.is_closing():
            return
        waited = self.loop.time() - self._began if self._began is not None else 0
        if waited >= self.patience and self._in_head:
            self._refuse(too_slow(self.patience))
        elif waited >= 2 * self.patience:
            # Whoever reads bodies has said so long ago.
            self.transport.abort()
        else:
            self._timer = self.loop.call_later(self.patience, self._check)

    def _refuse(self, problem: Problem) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            # An answer to the request before is on its way: no other may get into it.
            self.transport.abort()
            return
        self._refusal = problem
        self.send_400_response(problem.kind)

    def send_400_response(self, msg: str) -> None:
        problem = self._refusal or Problem("malformed-request", say("This is no HTTP request."))
        body = orjson.dumps(document(problem, "/", prefix=self.prefix))
        reason = HTTPStatus(problem.status).phrase
        head = (
            f"HTTP/1.1 {problem.status} {reason}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


def _too_long(url: bytes) -> Problem:
    if len(url) > URL_LIMIT:
        return url_too_long()
    return Problem(
        "headers-too-large",
        say("The head of a request may have at most {limit} bytes.", limit=HEAD_LIMIT),
    )
