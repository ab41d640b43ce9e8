"""Requests without a network: what the application itself costs."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.server import create_server
from app.settings import Settings
from benchmarks.data import TOKEN
from benchmarks.work import BASE

PATHS = {"read one": "/customers/42", "list 25": "/customers?per_page=25"}


def open_server(database: Path) -> Any:
    """This server, with every check on: the limit of requests is counted and never reached."""
    return create_server(Settings(database_url=f"sqlite:///{database}", rate_limit=10**9))


def requests(app: Any, path: str, accept: str = "*/*") -> Callable[[int], None]:
    """The function that makes a number of requests, one after the other."""
    headers = [
        (b"host", b"localhost"),
        (b"authorization", f"Bearer {TOKEN}".encode()),
        (b"accept", accept.encode()),
    ]
    address, _, query = f"{BASE}{path}".partition("?")
    loop = asyncio.get_event_loop_policy().new_event_loop()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    status = 0

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    async def make(number: int) -> None:
        for _ in range(number):
            scope = {
                "type": "http", "method": "GET", "path": address, "query_string": query.encode(),
                "headers": headers, "scheme": "http", "server": ("localhost", 80),
                "http_version": "1.1",
            }  # fmt: skip
            await app(scope, receive, send)
            assert status == 200

    return lambda number: loop.run_until_complete(make(number))
