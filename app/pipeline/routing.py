"""Method and path to operation, through two dictionaries built at start-up."""

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Any

from connexion.middleware.abstract import ROUTING_CONTEXT, SpecMiddleware
from connexion.resolver import Resolver
from connexion.spec import Specification

from app.contract import Operation
from app.pipeline.browsers import security_headers
from app.pipeline.call import KEY, PREFIX, App, Call, Parts, Receive, Scope, Send
from app.pipeline.problems import Problem
from models.sentence import say

ID = "{}"
# RFC 9110 section 7.2. Addresses in answers begin with it, so it has to be one.
HOST = re.compile(rb"(?:[A-Za-z0-9._~-]{1,253}|\[([0-9A-Fa-f:.]{2,45})\])(?::([0-9]{0,5}))?")
Route = dict[str, tuple[str, Operation]]
# A number or a UUID. Nothing else of an address gets into a header.
_IS_ID = re.compile(r"[0-9A-Fa-f-]{1,36}")


class Routing(SpecMiddleware):
    """Finds the operation of a request. What the contract does not know goes on to Flask."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.base_path = ""
        self.routes: dict[tuple[str, ...], Route] = {}
        self.prefixes: set[str] = set()
        self.places: dict[int, list[tuple[int, ...]]] = {}

    def add_api(
        self, specification: Specification, *, resolver: Resolver, parts: Parts, **kwargs: Any
    ) -> None:
        self.base_path = specification.base_path
        for operation in parts.contract.operations.values():
            written = specification.operation_cls.from_spec(
                specification, path=operation.path, method=operation.method, resolver=resolver
            )
            segments = operation.path.removeprefix("/").split("/")
            shape = tuple(ID if part.startswith("{") else part for part in segments)
            places = tuple(place for place, part in enumerate(shape) if part == ID)
            known = self.places.setdefault(len(shape), [])
            if places not in known:
                known.append(places)
                known.sort(key=len)
            self.prefixes.add(segments[0])
            entry = (written.operation_id, operation)
            self.routes.setdefault(shape, {})[operation.method.upper()] = entry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            _check_host(scope)
            context: dict[str, Any] = {"api_base_path": None, "operation_id": None}
            scope.setdefault("extensions", {})[ROUTING_CONTEXT] = context
            route, values = self._match(scope["path"], scope.get("raw_path") or b"")
            if route is not None:
                method = _method(scope["method"], headers)
                if method == "OPTIONS":
                    await _options(route, scope["scheme"], send)
                    return
                operation_id, operation = _allowed(route, method, scope["path"])
                context.update(api_base_path=self.base_path, operation_id=operation_id)
                path = dict(zip(operation.path_parameters, values, strict=True))
                scope[KEY] = call = Call(operation, path, headers, scope, receive)
                if operation.successor:
                    call.answer_headers += _deprecation(
                        operation, scope.get(PREFIX, "") + self.base_path, path
                    )
        await self.app(scope, receive, send)

    def _match(self, path: str, raw_path: bytes) -> tuple[Route | None, list[str]]:
        """The route of a path and the values in its places; the plainest shape comes first.

        A path has one spelling, but for a slash at its end and for percent-encoding: proxies that
        let only some paths through would not know others. Raises a 404 problem for a path that
        only the contract could know.
        """
        start = f"{self.base_path}/"
        if not path.startswith(start) or b"%2f" in raw_path.lower():
            return None, []
        segments = path.removeprefix(start).removesuffix("/").split("/")
        for places in self.places.get(len(segments), ()):
            shape = tuple(ID if n in places else part for n, part in enumerate(segments))
            if shape in self.routes:
                return self.routes[shape], [segments[place] for place in places]
        if segments[0] in self.prefixes:
            raise Problem("not-found", say("There is nothing at {path}.", path=path))
        return None, []


def _check_host(scope: Scope) -> None:
    """Raise a 400 problem unless a request names its host, once (RFC 9112 section 3.2).

    HTTP/1.0 has no such header, and an empty one stands for the address that was connected to.
    """
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if not hosts and scope["http_version"] != "1.0":
        raise Problem("malformed-request", say("A request of HTTP/1.1 has a Host header."))
    if len(hosts) > 1 or (hosts and hosts[0] and not _is_host(hosts[0])):
        raise Problem("malformed-request", say("The Host header does not name a host."))


@lru_cache
def _is_host(value: bytes) -> bool:
    found = HOST.fullmatch(value)
    if found is None or int(found[2] or 0) > 65535:
        return False
    with suppress(ValueError):
        return found[1] is None or bool(IPv6Address(found[1].decode()))
    return False


def _method(method: str, headers: Mapping[bytes, bytes]) -> str:
    """The method that is meant. Forms cannot send PUT or DELETE, so a header may say it."""
    if method == "HEAD":
        return "GET"
    override = headers.get(b"x-http-method-override") if method == "POST" else None
    return override.decode("latin-1").strip().upper() if override is not None else method


def _allow(route: Route) -> str:
    methods = {*route, "OPTIONS"} | ({"HEAD"} if "GET" in route else set())
    return ", ".join(sorted(methods))


def _allowed(route: Route, method: str, path: str) -> tuple[str, Operation]:
    if method not in route:
        allow = _allow(route)
        raise Problem(
            "method-not-allowed",
            say(
                "{method} is not possible at {path}. Possible: {allow}.",
                method=method[:20],
                path=path,
                allow=allow,
            ),
            headers={"Allow": allow},
        )
    return route[method]


def _deprecation(
    operation: Operation, base_path: str, path: Mapping[str, str]
) -> list[tuple[bytes, bytes]]:
    """What every answer of a deprecated operation says (RFC 9745, RFC 5829)."""
    deprecation = (b"deprecation", f"@{operation.deprecated_since}".encode())
    if not all(map(_IS_ID.fullmatch, path.values())):
        # There is nothing at the new address either.
        return [deprecation]
    successor = f"{base_path}{operation.successor}"
    for name, value in path.items():
        successor = successor.replace(f"{{{name}}}", value)
    return [deprecation, (b"link", f'<{successor}>; rel="successor-version"'.encode())]


async def _options(route: Route, scheme: str, send: Send) -> None:
    headers = [(b"allow", _allow(route).encode()), *security_headers(scheme)]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
