"""HTTP as uvicorn speaks it, with an end to what uvicorn would wait for or take without end."""

import asyncio
import sys
import time
from contextlib import suppress
from fcntl import ioctl
from http import HTTPStatus
from termios import TIOCOUTQ
from typing import Any

import orjson
from httptools import HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.cli.closing import DRAIN_LIMIT, LingeringTransport
from app.monitoring.logs import Lines
from app.pipeline.bodies import too_slow
from app.pipeline.observation import new_id
from app.pipeline.overload import ARRIVED
from app.pipeline.problems import MEDIA_TYPE, Problem, document
from app.pipeline.request import URL_LIMIT, url_too_long
from models.sentence import say

# In bytes. The head is the address with all headers. Trailers, and what frames the chunks of a
# body, may take as much.
HEAD_LIMIT = 64 * 1024
# In bytes: how much the parser gets at once. A piece holds some 600 of the shortest requests.
PIECE = 16 * 1024
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
    """One connection. `patience` is how long a request may take to arrive, and a client to take a
    part of a response, in seconds.

    What is not HTTP, too long or too slow gets a problem document like all else, and the end of the
    connection. Each request knows when it came. Requests that come before the response to an
    earlier one (pipelining, RFC 9112 section 9.3.2) stay unparsed until it is sent.
    """

    patience = 30.0
    # The path below which clients see the server; problem documents name paths.
    prefix = ""
    # The log of requests, which has a line for those that get no further than this as well.
    lines: Lines | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.parser = Parser(self)
        self._refusal: Problem | None = None
        # When the request that is arriving began to, and whether it is still in its head.
        self._began: float | None = None
        self._in_head = True
        # Sizes in bytes: of the piece that is parsed, of the request so far, and of what has come
        # in the pieces since the last one that was head or body.
        self._piece = self._received = self._framing = 0
        self._unparsed = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._reader_timer: asyncio.TimerHandle | None = None

    @property
    def is_receiving(self) -> bool:
        """Whether a request has begun to arrive and has not been read to its end."""
        return self._began is not None or bool(self._unparsed)

    def connection_made(self, transport: Any) -> None:
        super().connection_made(LingeringTransport(transport, self))  # type: ignore[arg-type]
        self._began = self.loop.time()
        self._check()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unparsed.clear()
        for timer in (self._timer, self._reader_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._unparsed or self.pipeline or len(data) > PIECE:
            self._unparsed += data
            self._parse_pieces()
        else:
            self._parse(data)

    def _parse_pieces(self) -> None:
        """Parse what has come, up to a request that has to wait for an earlier response."""
        while self._unparsed and not self.pipeline and not self.transport.is_closing():
            piece = bytes(self._unparsed[:PIECE])
            del self._unparsed[:PIECE]
            self._parse(piece)
        if self._unparsed and self.pipeline:
            self.flow.pause_reading()

    def _parse(self, data: bytes) -> None:
        self._piece = len(data)
        self._received += self._piece
        self._framing += self._piece
        if self._began is None and (self.cycle is None or self.cycle.response_complete):
            self._began = self.loop.time()
            self._in_head = True
        super().data_received(data)
        if self._received <= HEAD_LIMIT or self.transport.is_closing():
            return
        if self._began is not None and self._framing > HEAD_LIMIT:
            self._refuse(_too_long(self.url if self._in_head else b""))
        elif self._received > DRAIN_LIMIT and self.cycle.response_complete:
            # The response went out before the body had come, and the client goes on sending.
            self.transport.abort()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()
        elif self._unparsed:
            # The client has waited for the server, and not the server for the client.
            self._began = self.loop.time()
            self.loop.call_soon(self._parse_pieces)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: Any = self.scope
        scope[ARRIVED] = time.monotonic()
        self._began = self.loop.time()
        self._in_head = True
        self._received = self._piece
        self._framing = 0

    def on_headers_complete(self) -> None:
        if self._received > URL_LIMIT:
            size = sum(len(name) + len(value) for name, value in self.headers) + len(self.url)
            if len(self.url) > URL_LIMIT or size > HEAD_LIMIT:
                self._stop(_too_long(self.url))
        if self.parser.get_http_version() not in ("1.0", "1.1"):
            self._stop(Problem("malformed-request", say("This server speaks HTTP/1.1.")))
        if self._is_upgrade:
            return
        self._in_head = False
        self._framing = 0
        super().on_headers_complete()
        # The request has its list. Trailers go into another one, which nothing reads: they must not
        # count as headers (RFC 9110 section 6.5.1).
        self.headers = []

    def _stop(self, problem: Problem) -> None:
        """End the parser, upon which uvicorn answers what is no HTTP to it."""
        self._refusal = problem
        raise problem

    def on_body(self, body: bytes) -> None:
        self._framing = 0
        super().on_body(body)

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

    def pause_writing(self) -> None:
        super().pause_writing()
        self._check_reader(self._unread() + 1)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._reader_timer is not None:
            self._reader_timer.cancel()

    def _check_reader(self, before: int) -> None:
        """Cut off a client that has taken nothing for so long. `before` is in bytes."""
        size = self._unread()
        if size >= before:
            self.transport.abort()
        else:
            self._reader_timer = self.loop.call_later(self.patience, self._check_reader, size)

    def _unread(self) -> int:
        """Return how much of the responses the client has not taken, in bytes.

        Linux keeps megabytes for a client, and says how many (tcp(7), SIOCOUTQ).
        """
        size: int = self.transport.get_write_buffer_size()
        with suppress(OSError):
            sent = ioctl(self.transport.get_extra_info("socket").fileno(), TIOCOUTQ, bytes(4))
            size += int.from_bytes(sent, sys.byteorder)
        return size

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
        # In a pipeline it is the client who waits.
        began = None if self.pipeline else self._began
        waited = self.loop.time() - began if began is not None else 0
        if waited >= self.patience and self._in_head:
            self._refuse(too_slow(self.patience))
        elif waited >= 2 * self.patience:
            # Whoever reads bodies has said so long ago.
            self.transport.abort()
        else:
            self._timer = self.loop.call_later(self.patience, self._check)

    def _refuse(self, problem: Problem) -> None:
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if self._in_head or self.pipeline or cycle.response_started:
                # Another response is on its way: this one must not get into it.
                self.transport.abort()
                return
            # Whoever reads the body of this very request need not wait for the rest.
            cycle.disconnected = True
            cycle.message_event.set()
        self._refusal = problem
        self.send_400_response(problem.kind)

    def send_400_response(self, msg: str) -> None:
        problem = self._refusal or Problem("malformed-request", say("This is no HTTP request."))
        body = orjson.dumps(document(problem, "/", prefix=self.prefix))
        reason = HTTPStatus(problem.status).phrase
        request_id = new_id()
        head = (
            f"HTTP/1.1 {problem.status} {reason}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nx-request-id: {request_id}\r\n"
            "cache-control: no-store\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
        if self.lines is not None:
            self.lines.put_request((
                time.time(), request_id, self.client[0] if self.client else "", self._method(),
                (self.url or b"").decode("latin-1"), "", None, problem.status,
                self.loop.time() - (self._began or self.loop.time()), len(body),
            ))  # fmt: skip

    def _method(self) -> str:
        """Return the method of the request, empty where none could be read."""
        return self.parser.get_method().decode("ascii") if self.url else ""


def _too_long(url: bytes) -> Problem:
    if len(url) > URL_LIMIT:
        return url_too_long()
    return Problem(
        "headers-too-large",
        say("The head of a request may have at most {limit} bytes.", limit=HEAD_LIMIT),
    )
