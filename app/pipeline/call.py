"""One request on its way through the pipeline, and how its steps are put together."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware

from app.contract import Contract, Operation
from app.monitoring.logs import Lines
from app.monitoring.metrics import Meters
from app.pipeline.browsers import security_headers
from app.pipeline.keys import Keys
from app.pipeline.shared_windows import AnyWindows
from app.pipeline.windows import Windows
from app.settings import Settings
from app.usecases.rights import Principal
from models.database import Database
from models.replicas import Replicas

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

# Where a scope keeps the call of an operation, and the id of the request.
KEY = "clientxcms.call"
ID = "clientxcms.request_id"
# The path below which clients see the server, such as `/billing`; a proxy has taken it off.
PREFIX = "clientxcms.prefix"


@dataclass(slots=True)
class Call:
    """What the steps have learned so far. Each step fills in its part."""

    operation: Operation
    path: dict[str, str]
    headers: dict[bytes, bytes]
    scope: Scope
    receive: Receive
    principal: Principal | None = None
    media_type: str = "application/json"
    arguments: dict[str, Any] = field(default_factory=dict)
    answer_headers: list[tuple[bytes, bytes]] = field(default_factory=list)


class Answer(NamedTuple):
    """What goes back, but for its length and the headers that steps have prepared in the call."""

    status: int
    headers: Headers
    body: bytes


def now() -> datetime:
    """The clock of the edge; everything below is told the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """What steps are built from."""

    contract: Contract
    settings: Settings
    database: Database
    keys: Keys
    meters: Meters
    lines: Lines | None = None
    replicas: Replicas | None = None
    windows: AnyWindows = field(default_factory=Windows)
    wrong_keys: AnyWindows = field(default_factory=Windows)
    clock: Callable[[], datetime] = now


Handler = Callable[..., Any]
Step = Callable[[Call], Awaitable[Answer]]
# A step of the pipeline, compiled for an operation around the step that comes after it.
Around = Callable[[Operation, Step, Parts], Step]
Innermost = Callable[[Operation, Handler, Parts], Step]


def site(scope: Scope, settings: Settings) -> str:
    """Return the base URL of this server, such as `https://panel.example`.

    It is the configured one, or else scheme and authority of the request and the prefix of a proxy.
    """
    if settings.public_url:
        return settings.public_url
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    if not host:
        server, port = scope.get("server") or ("localhost", None)
        host = f"{server}:{port}".encode() if port else server.encode()
    return f"{scope['scheme']}://{host.decode('latin-1')}{scope.get(PREFIX, '')}"


def address_of(scope: Scope) -> str | None:
    """The address of the client, as the server or the proxy in front of it knows it."""
    client = scope.get("client")
    return client[0] if client else None


def pipeline(*around: Around, innermost: Innermost) -> type[RoutedMiddleware[Any]]:
    """A Connexion middleware whose operations are compiled once, when the server starts.

    The steps run in their order; the innermost calls the handler. A step that does not let a
    request pass raises a Problem.
    """

    class API(RoutedAPI[App]):
        def __init__(self, *args: Any, parts: Parts, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.parts = parts
            self.add_paths()

        def make_operation(self, operation: Any) -> App:
            written = self.parts.contract.at(operation.method, operation.path)
            step = innermost(written, operation.function, self.parts)
            for outer in reversed(around):
                step = outer(written, step, self.parts)
            return _as_app(step)

    class Middleware(RoutedMiddleware[API]):
        api_cls = API

    return Middleware


def _as_app(step: Step) -> App:
    """The outermost step as an ASGI application."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        call: Call = scope[KEY]
        status, headers, body = await step(call)
        headers = [*headers, *call.answer_headers, *security_headers(scope["scheme"])]
        if status != HTTPStatus.NO_CONTENT:
            # What has no body has no length either (RFC 9110 section 8.6).
            headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        # HEAD gets what GET would get, but for the body.
        if scope["method"] == "HEAD":
            body = b""
        await send({"type": "http.response.body", "body": body})

    return app
