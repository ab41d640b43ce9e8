"""What machines ask that watch over this server: /livez, /readyz and /metrics.

They are no part of the contract, which is for those who use the shop, and stand outside its base
path. They want no key, count against no limit, and answer from the event loop.
"""

from asyncio import to_thread
from collections.abc import Awaitable, Callable
from hmac import compare_digest

import orjson
from connexion.middleware.abstract import SpecMiddleware
from prometheus_client import CONTENT_TYPE_LATEST

from app.monitoring.metrics import Meters
from app.monitoring.readiness import Readings
from app.pipeline.browsers import security_headers
from app.pipeline.call import App, Headers, Parts, Receive, Scope, Send
from app.pipeline.problems import Problem
from models.sentence import say

METRICS = "/metrics"
PATHS = frozenset(("/livez", "/readyz", METRICS))
METHODS = ("GET", "HEAD")

Probe = Callable[[Headers], Awaitable[tuple[str, bytes]]]


class Probes(SpecMiddleware):
    """Answers the probes. All else goes on."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.probes: dict[str, Probe] = {}

    def add_api(self, *arguments: object, parts: Parts, **named: object) -> None:
        readings = Readings(parts.database, parts.clock, parts.replicas)
        self.probes = {"/livez": _live, "/readyz": _ready(readings)}
        if parts.settings.metrics_token:
            token = parts.settings.metrics_token.encode()
            self.probes[METRICS] = _metrics(parts.meters, readings, token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self.probes:
            await self.app(scope, receive, send)
            return
        method = scope["method"]
        if method not in METHODS:
            raise Problem(
                "method-not-allowed",
                say("{method} is not possible at {path}.", method=method, path=scope["path"]),
                headers={"Allow": ", ".join(METHODS)},
            )
        content_type, body = await self.probes[scope["path"]](scope["headers"])
        headers = [
            (b"content-type", content_type.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            *security_headers(scope["scheme"]),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


async def _live(headers: Headers) -> tuple[str, bytes]:
    """This process answers. That nothing else does is no reason to start it anew."""
    return "application/json", b'{"status":"ok"}'


def _ready(readings: Readings) -> Probe:
    async def probe(headers: Headers) -> tuple[str, bytes]:
        found = await readings.now()
        if not found.is_ready:
            raise Problem(
                "unavailable",
                say("This server cannot do its work at the moment; `checks` says why."),
                headers={"Retry-After": "1"},
                checks=found.checks(),
            )
        return "application/json", orjson.dumps({"status": "ok", "checks": found.checks()})

    return probe


def _metrics(meters: Meters, readings: Readings, token: bytes) -> Probe:
    async def probe(headers: Headers) -> tuple[str, bytes]:
        sent = next((value for name, value in headers if name == b"authorization"), b"")
        scheme, _, given = sent.partition(b" ")
        if scheme.lower() != b"bearer" or not compare_digest(given.strip(), token):
            raise Problem(
                "unauthenticated",
                say("The token of the metrics is missing or wrong."),
                headers={"WWW-Authenticate": 'Bearer realm="metrics"'},
            )
        meters.sample()
        return CONTENT_TYPE_LATEST, await to_thread(meters.text, await readings.now())

    return probe
