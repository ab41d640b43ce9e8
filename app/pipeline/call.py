"""One request on its way through the pipeline."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from sqlalchemy import Engine

from app.contract import Contract, Operation
from app.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

KEY = "clientxcms.call"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling: a living API key whose owner is a living admin."""

    key_id: int
    admin_id: int
    abilities: frozenset[str]


@dataclass(slots=True)
class Call:
    """What the steps have learned so far. Each step fills in its part."""

    operation: Operation
    path: dict[str, str]
    headers: dict[bytes, bytes]
    principal: Principal | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    answer_headers: list[tuple[bytes, bytes]] = field(default_factory=list)


def now() -> datetime:
    """The clock of the edge; everything below is told the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """What steps are built from."""

    contract: Contract
    settings: Settings
    engine: Engine
    clock: Callable[[], datetime] = now


Handler = Callable[..., Any]
Compile = Callable[[Operation, Handler, App, Parts], App]


def call_of(scope: Scope) -> Call:
    """The call that a scope carries, from the routing step on."""
    call: Call = scope[KEY]
    return call


def site(scope: Scope, settings: Settings) -> str:
    """The public address of this server, such as `https://panel.example`.

    It is the configured one, or else scheme and authority of the request.
    """
    if settings.public_url:
        return settings.public_url
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    if not host:
        server, port = scope.get("server") or ("localhost", None)
        host = f"{server}:{port}".encode() if port else server.encode()
    return f"{scope['scheme']}://{host.decode('latin-1')}"


def step(compile_operation: Compile) -> type[RoutedMiddleware[Any]]:
    """A Connexion middleware whose operations are compiled once, when the server starts.

    `compile_operation` gets the operation of the contract, its handler, the next step and the
    parts of this server, and returns the ASGI callable that does this step for that operation.
    """

    class API(RoutedAPI[App]):
        def __init__(self, *args: Any, parts: Parts, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.parts = parts
            self.add_paths()

        def make_operation(self, operation: Any) -> App:
            written = self.parts.contract.at(operation.method, operation.path)
            return compile_operation(written, operation.function, self.next_app, self.parts)

    class Middleware(RoutedMiddleware[API]):
        api_cls = API

    return Middleware
