"""The outermost step: an id for each request, its line in the log, and its place in the metrics."""

import os
import re
from collections.abc import Awaitable, Iterator
from itertools import count
from secrets import token_hex
from time import perf_counter, time
from typing import Any

from connexion.middleware.abstract import SpecMiddleware

from app.monitoring.logs import REQUEST_ID, Lines
from app.monitoring.metrics import LEFT, Meters
from app.pipeline.call import ID, KEY, App, Call, Parts, Receive, Scope, Send, address_of
from app.pipeline.probes import PATHS

HEADER = b"x-request-id"
# What UUIDs, ULIDs and the ids of proxies and clouds are made of. Others are replaced.
SANE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:=/+@-]{0,127}")
# New ids: what is of this process alone, and a number.
_made: Iterator[str]


def new_id() -> str:
    """Return an id for a request."""
    return next(_made)


def _begin() -> None:
    global _made
    _made = map((token_hex(8) + "{:016x}").format, count())


_begin()
# A process that was forked would go on with the ids of the other.
os.register_at_fork(after_in_child=_begin)


class Observation(SpecMiddleware):
    """Sees each request come and its answer go."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.lines: Lines | None = None
        self.meters: Meters

    def add_api(self, *arguments: Any, parts: Parts, **named: Any) -> None:
        self.lines = parts.lines
        self.meters = parts.meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = perf_counter()
        scope[ID] = request_id = scope.get(ID) or _request_id(scope)
        REQUEST_ID.set(request_id)
        header = (HEADER, request_id.encode())
        status = LEFT
        size = 0

        def watch(message: Any) -> Awaitable[None]:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append(header)
            else:
                size += len(message.get("body", b""))
            return send(message)

        self.meters.running += 1
        try:
            await self.app(scope, receive, watch)
        finally:
            self.meters.running -= 1
            self._note(scope, status, perf_counter() - start, size)

    def _note(self, scope: Scope, status: int, took: float, size: int) -> None:
        call: Call | None = scope.get(KEY)
        if call is None and scope["path"] in PATHS and status < 400:
            # Every few seconds, and nobody wants to know.
            return
        operation = call.operation.id if call else ""
        self.meters.count(operation, status, took)
        if self.lines is not None:
            principal = call.principal if call else None
            self.lines.put_request((
                time(), scope[ID], address_of(scope) or "", scope["method"], scope["path"],
                operation, principal.key_id if principal else None, status, took, size,
            ))  # fmt: skip


def _request_id(scope: Scope) -> str:
    """The id that the request came with, if it is one, or else a new one."""
    for name, value in scope["headers"]:
        if name == HEADER and SANE.fullmatch(value):
            return str(value, "ascii")
    return new_id()
