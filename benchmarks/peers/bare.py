"""The least that an ASGI application is, for the contenders without a framework."""

import os
from collections.abc import Awaitable, Callable
from hashlib import sha256
from hmac import compare_digest
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

PREFIX = "/api/application/"
# The drivers of PostgreSQL give naive moments, which are in UTC.
OPTIONS = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z


class Request(NamedTuple):
    """`parts` are the segments of the path below the prefix, `url` is the address without query."""

    method: str
    parts: list[str]
    query: list[tuple[str, str]]
    url: str
    key: int
    secret: str
    body: bytes

    def number(self, name: str, default: int) -> int:
        return next((int(value) for each, value in self.query if each == name), default)

    @property
    def window(self) -> tuple[int, int]:
        """The number of the page, and its size."""
        return self.number("page", 1), self.number("per_page", 25)


Answer = tuple[int, Any]
UNKNOWN = (401, {"message": "Unauthenticated."})
NOTHING = (404, {"message": "Not found."})


def is_right(secret: str, stored: str) -> bool:
    return compare_digest(sha256(secret.encode()).hexdigest(), stored)


def application(
    answer: Callable[[Request], Awaitable[Answer]],
    start: Callable[[], Awaitable[None]],
    stop: Callable[[], Awaitable[None]],
) -> Any:
    """An ASGI application that answers with JSON."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await start()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
        headers = dict(scope["headers"])
        token = headers.get(b"authorization", b"").decode().partition(" ")[2]
        number, _, secret = token.partition("|")
        body = b""
        if scope["method"] == "POST":
            while (message := await receive()).get("more_body"):
                body += message["body"]
            body += message["body"]
        path = scope["path"]
        status, value = await answer(
            Request(
                scope["method"],
                path.removeprefix(PREFIX).split("/"),
                parse_qsl(scope["query_string"].decode()),
                f"{scope['scheme']}://{headers[b'host'].decode()}{path}",
                int(number or 0),
                secret,
                body,
            )
        )
        content = orjson.dumps(value, option=OPTIONS)
        head = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(content)).encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": content})

    return app


def is_local() -> bool:
    return os.environ["DATABASE_URL"].startswith("sqlite")
