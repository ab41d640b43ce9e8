"""The contract, loaded once: what every other module knows about the API comes from here."""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app.jsonschema import Json, Validator, inlined, used_schemas

PATH = Path(__file__).parent.parent / "openapi" / "openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a query, or a header. `schema` has its outermost references replaced, also
    that of the items of a list."""

    name: str
    schema: Json
    required: bool

    @property
    def is_list(self) -> bool:
        return bool(self.schema.get("type") == "array")


@dataclass(frozen=True, slots=True)
class Response:
    """What one status carries: no schema means no body."""

    status: int
    schema: Json | None
    headers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract. `scopes` are alternatives; if there are none, any living key
    opens what `needs_key`, and everybody all else.

    A deprecated one names the path of its `successor`, and since when: in seconds since 1970.
    """

    id: str
    method: str
    path: str
    needs_key: bool
    scopes: tuple[str, ...]
    path_parameters: Mapping[str, Json]
    query: tuple[Parameter, ...]
    headers: tuple[Parameter, ...]
    bodies: Mapping[str, Json]
    responses: Mapping[int, Response]
    successor: str | None = None
    deprecated_since: int | None = None

    @property
    def success(self) -> Response:
        """The one answer of a request that did what it asked for."""
        return next(answer for status, answer in self.responses.items() if status < 300)


@dataclass(frozen=True)
class Contract:
    """The document and its index."""

    source: str
    document: Json
    operations: Mapping[str, Operation]
    _validators: dict[str, Validator] = field(default_factory=dict)

    @property
    def base_path(self) -> str:
        return str(self.document["servers"][0]["url"])

    @property
    def permissions(self) -> Mapping[str, str]:
        """Every permission string with the sentence that explains it."""
        scheme = self.document["components"]["securitySchemes"]["bearer"]
        scopes: Mapping[str, str] = scheme["flows"]["clientCredentials"]["scopes"]
        return scopes

    @property
    def answers_kept_for(self) -> int:
        """How long a request may be tried again by its Idempotency-Key, in seconds."""
        return int(self.document["components"]["parameters"]["idempotency_key"]["x-kept-for"])

    @property
    def body_limit(self) -> int:
        """The largest request body, in bytes."""
        return int(self.document["x-body-limit"])

    def at(self, method: str, path: str) -> Operation:
        """The operation of a path as the document writes it."""
        return self.operations[self.document["paths"][path][method]["operationId"]]

    def validator(self, schema: Json, *, answers: bool = False) -> Validator:
        """A compiled validator for requests, or for answers; equal schemas share one."""
        key = f"{answers}{schema!r}"
        if key not in self._validators:
            self._validators[key] = Validator(self.document, schema, answers=answers)
        return self._validators[key]

    def refers(self, schema: Json, name: str) -> bool:
        """Whether a schema of this document refers to a named one, at any distance."""
        return name in used_schemas(self.document, schema)

    def routes(self) -> Json:
        """The projection that the router framework gets: addresses, no schemas.

        Requests and responses are checked by validators compiled from the document itself, so
        resolving and copying every schema a second time would only cost start-up time.
        """
        paths: Json = {}
        for operation in self.operations.values():
            paths.setdefault(operation.path, {})[operation.method] = {
                "operationId": operation.id,
                "responses": {"200": {"description": "see the document"}},
            }
        kept = {key: self.document[key] for key in ("openapi", "info", "servers")}
        return {**kept, "paths": paths}

    def text(self, server: str) -> str:
        """The document as it was written, comments included, with one server."""
        token_url = f"tokenUrl: {self.base_path}/"
        text = self.source.replace(f"url: {self.base_path}", f"url: {server}", 1)
        return text.replace(token_url, f"tokenUrl: {server}/", 1)

    def served(self, server: str, *, bearer: bool = False, json_only: bool = False) -> Json:
        """The document as written, with one server: `server`, the address of the request.

        With `bearer`, the view for tools that cannot do OAuth 2: the scheme is a plain HTTP
        bearer token, and the permissions of an operation stand in `x-permissions`. With
        `json_only`, the view for generators, which take one media type for each body and response:
        JSON, wherever it is one of several, and the schemas that are then still used. Values of
        enumerations get the names that constants may have (`x-enum-varnames`).
        """
        document = copy.deepcopy(self.document)
        document["servers"] = [{"url": server}]
        # OpenAPI 3.0 lets servers be relative, but not the URLs of OAuth.
        for flow in document["components"]["securitySchemes"]["bearer"]["flows"].values():
            flow["tokenUrl"] = flow["tokenUrl"].replace(self.base_path, server, 1)
        if json_only:
            _keep_json(document)
            _keep_used_schemas(document)
            _name_values(document)
            _drop_hints(document["components"]["schemas"])
            _put_in_place(document)
        if bearer:
            scheme = document["components"]["securitySchemes"]["bearer"]
            document["components"]["securitySchemes"]["bearer"] = {
                "type": "http",
                "scheme": "bearer",
                "description": scheme["description"],
            }
            for _, _, operation in _operations(document):
                if operation.get("security"):
                    operation["x-permissions"] = _scopes(operation)
                    operation["security"] = [{"bearer": []}]
        return document


def _keep_json(node: Any) -> None:
    """Keep only JSON in every `content` below a node of a document that has it."""
    if isinstance(node, dict):
        content = node.get("content", {})
        if in_json := {name: each for name, each in content.items() if name.endswith("json")}:
            node["content"] = in_json
        for name, item in node.items():
            if name not in ("schemas", "examples"):
                _keep_json(item)


def _drop_hints(node: Any) -> None:
    """Take the `xml` hints out of all schemas below a node; a property may have that name."""
    for name, item in list(node.items() if isinstance(node, dict) else ()):
        if name == "properties":
            for schema in item.values():
                _drop_hints(schema)
        elif name == "xml":
            del node[name]
        else:
            _drop_hints(item)
    for item in node if isinstance(node, list) else ():
        _drop_hints(item)


def _keep_used_schemas(document: Json) -> None:
    """Take the schemas out of a document that no operation leads to any more."""
    components = document["components"]
    others = {name: part for name, part in components.items() if name != "schemas"}
    used = used_schemas(document, [document["paths"], others])
    schemas = components["schemas"].items()
    components["schemas"] = {name: schema for name, schema in schemas if name in used}


def _name_values(document: Json) -> None:
    """Name the values of enumerations where generators would not find distinct names for them."""
    for schema in document["components"]["schemas"].values():
        values = schema.get("enum", ())
        if not all(map(str.isidentifier, values)):
            schema["x-enum-varnames"] = [_constant(value) for value in values]


def _constant(value: str) -> str:
    """Return a name for a value: `-id` is ID_DESCENDING, `groups:show` GROUPS_SHOW, `*` ALL."""
    if value == "*":
        return "ALL"
    name = re.sub(r"\W", "_", value.removeprefix("-")).upper()
    return f"{name}_DESCENDING" if value.startswith("-") else name


def _put_in_place(document: Json) -> None:
    """Put parameters and bodies into the operations. Generators make a type of each component, and
    add a number to its name where a schema has the same one."""
    for path in document["paths"].values():
        for node in (path, *(path[method] for method in METHODS if method in path)):
            if "parameters" in node:
                node["parameters"] = [inlined(document, each) for each in node["parameters"]]
            for body in node.keys() & {"requestBody", "x-request-body"}:
                node[body] = inlined(document, node[body])
    del document["components"]["parameters"], document["components"]["requestBodies"]


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _scopes(operation: Json) -> list[str]:
    return [scope for requirement in operation["security"] for scope in requirement["bearer"]]


def _response(document: Json, status: str, written: Json) -> Response:
    response = inlined(document, written)
    nothing: Json = {}
    # A value has one schema, whatever it is written in.
    content = next(iter(response.get("content", nothing).values()), nothing)
    return Response(
        status=int(status),
        schema=content.get("schema"),
        headers=frozenset(response.get("headers", {})),
    )


def _plain(document: Json, written: Json) -> Json:
    schema = inlined(document, written)
    if "items" in schema:
        return {**schema, "items": inlined(document, schema["items"])}
    return schema


def _parameters(document: Json, written: list[Json], place: str) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(item["name"], _plain(document, item["schema"]), item.get("required", False))
        for item in written
        if item["in"] == place
    )


def _operation(document: Json, path: str, method: str, written: Json) -> Operation:
    shared = document["paths"][path].get("parameters", [])
    parameters = [inlined(document, item) for item in [*shared, *written.get("parameters", [])]]
    # OpenAPI 3.0 has no bodies for DELETE, but clients send them.
    body = inlined(document, written.get("requestBody") or written.get("x-request-body") or {})
    return Operation(
        id=written["operationId"],
        method=method,
        path=path,
        needs_key=bool(written["security"]),
        scopes=tuple(_scopes(written)),
        path_parameters={
            item["name"]: inlined(document, item["schema"])
            for item in parameters
            if item["in"] == "path"
        },
        query=_parameters(document, parameters, "query"),
        headers=_parameters(document, parameters, "header"),
        bodies={media: content["schema"] for media, content in body.get("content", {}).items()},
        responses={
            int(status): _response(document, status, response)
            for status, response in written["responses"].items()
        },
        successor=written.get("x-successor"),
        deprecated_since=written.get("x-deprecated-since"),
    )


def load_contract(path: Path = PATH) -> Contract:
    """Read and index a document. Any mistake in it stops the start."""
    source = path.read_text(encoding="utf-8")
    # The safe loader written in C, where there is one: it is ten times as quick.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(source, Loader=loader)  # noqa: S506  # nosec B506
    operations = (_operation(document, *item) for item in _operations(document))
    return Contract(source, document, {operation.id: operation for operation in operations})


@cache
def contract() -> Contract:
    """The contract of this server."""
    return load_contract()
