"""Method and path to operation, through two dictionaries built at start-up."""

from typing import Any

from connexion.middleware.abstract import ROUTING_CONTEXT, SpecMiddleware
from connexion.resolver import Resolver
from connexion.spec import Specification

from app.contract import Operation
from app.pipeline.call import KEY, App, Call, Parts, Receive, Scope, Send
from app.pipeline.problems import Problem

ID = "{}"
Route = dict[str, tuple[str, Operation]]


class Routing(SpecMiddleware):
    """Finds the operation of a request. What the contract does not know goes on to Flask."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.base_path = ""
        self.routes: dict[tuple[str, ...], Route] = {}
        self.prefixes: set[str] = set()
        self.places: dict[int, set[tuple[int, ...]]] = {}

    def add_api(
        self, specification: Specification, *, resolver: Resolver, parts: Parts, **kwargs: Any
    ) -> None:
        self.base_path = specification.base_path
        for operation in parts.contract.operations.values():
            written = specification.operation_cls.from_spec(
                specification, path=operation.path, method=operation.method, resolver=resolver
            )
            segments = _segments(operation.path)
            shape = tuple(ID if part.startswith("{") else part for part in segments)
            places = tuple(place for place, part in enumerate(shape) if part == ID)
            self.places.setdefault(len(shape), set()).add(places)
            self.prefixes.add(segments[0])
            entry = (written.operation_id, operation)
            self.routes.setdefault(shape, {})[operation.method.upper()] = entry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            extensions = scope.setdefault("extensions", {})
            context: dict[str, Any] = {"api_base_path": None, "operation_id": None}
            extensions[ROUTING_CONTEXT] = context
            segments = _segments(scope["path"].removeprefix(self.base_path))
            if segments and scope["path"].startswith(self.base_path):
                shape, values = self._match(segments)
                if shape is not None:
                    found = self.routes[shape]
                    method = _method(scope)
                    if method == "OPTIONS":
                        await _options(found, send)
                        return
                    context["operation_id"], operation = _allowed(found, method, scope)
                    context["api_base_path"] = self.base_path
                    names = operation.path_parameters
                    scope[KEY] = Call(
                        operation, dict(zip(names, values, strict=True)), dict(scope["headers"])
                    )
                elif segments[0] in self.prefixes:
                    raise Problem("not-found", f"There is nothing at {scope['path']}.")
        await self.app(scope, receive, send)

    def _match(self, segments: list[str]) -> tuple[tuple[str, ...] | None, list[str]]:
        """The shape of a known path and the values in its places, the plainest shape first."""
        for places in sorted(self.places.get(len(segments), ()), key=len):
            shape = tuple(ID if n in places else part for n, part in enumerate(segments))
            if shape in self.routes:
                return shape, [segments[place] for place in places]
        return None, []


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")


def _method(scope: Scope) -> str:
    """The method that is meant. Forms cannot send PUT or DELETE, so a header may say it."""
    method: str = scope["method"]
    if method == "HEAD":
        return "GET"
    if method == "POST":
        for name, value in scope["headers"]:
            if name == b"x-http-method-override":
                return str(value.decode("latin-1")).strip().upper()
    return method


def _allow(route: Route) -> str:
    methods = {*route, "OPTIONS"} | ({"HEAD"} if "GET" in route else set())
    return ", ".join(sorted(methods))


def _allowed(route: Route, method: str, scope: Scope) -> tuple[str, Operation]:
    if method not in route:
        allow = _allow(route)
        raise Problem(
            "method-not-allowed",
            f"{method[:20]} is not possible at {scope['path']}. Possible: {allow}.",
            headers={"Allow": allow},
        )
    return route[method]


async def _options(route: Route, send: Send) -> None:
    headers = [(b"allow", _allow(route).encode())]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
