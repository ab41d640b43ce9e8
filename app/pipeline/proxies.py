"""What a proxy in front of the server says of a request: the client, the scheme, the prefix."""

import re

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.pipeline.call import PREFIX, App, Headers, Receive, Scope, Send
from app.settings import Settings

PROTO, FORWARDED_PREFIX = b"x-forwarded-proto", b"x-forwarded-prefix"
# Absolute paths of plain segments. Links begin with it: `//host` would lead to another host.
PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")


class Proxies:
    """Notes in the scope what a trusted proxy says; headers of other clients count for nothing.

    uvicorn's own middleware takes the client out of X-Forwarded-For, but knows neither
    `X-Forwarded-Proto: https,http`, as a chain of proxies writes it, nor X-Forwarded-Prefix.
    """

    def __init__(self, app: App, *, settings: Settings) -> None:
        self.read = ProxyHeadersMiddleware(app, list(settings.trusted_proxies))  # type: ignore[arg-type]
        self.public_url, self.public_path = settings.public_url, settings.public_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            client = scope.get("client")
            if client is not None and client[0] in self.read.trusted_hosts:
                self._take_over(scope)
            # An inner request, of XML-RPC, has the prefix of the outer one already.
            scope.setdefault(PREFIX, self.public_path)
        await self.read(scope, receive, send)  # type: ignore[arg-type]

    def _take_over(self, scope: Scope) -> None:
        """Note the scheme and the prefix that a trusted proxy names: the first of several."""
        headers = dict(scope["headers"][::-1])
        if PROTO in headers:
            scope["headers"] = _with_one_scheme(scope["headers"], headers[PROTO])
        if FORWARDED_PREFIX in headers:
            scope.setdefault(PREFIX, self._prefix(headers[FORWARDED_PREFIX]))

    def _prefix(self, forwarded: bytes) -> str:
        """Return the path below which clients see the server; without a slash at its end."""
        path = _first(forwarded).decode("latin-1").rstrip("/")
        return path if not self.public_url and PATH.fullmatch(path) else self.public_path


def _with_one_scheme(headers: Headers, forwarded: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers with the scheme that the client used: the first of a list, in any case."""
    scheme = _first(forwarded).lower()
    others = [header for header in headers if header[0] != PROTO]
    return [*others, (PROTO, scheme)] if scheme in (b"http", b"https") else others


def _first(values: bytes) -> bytes:
    return values.partition(b",")[0].strip()
