"""The contract, loaded once: what every other module knows about the API comes from here."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from app import views
from app.jsonschema import Json, Validator, inlined, used_schemas
from app.mistakes import METHODS, ContractError, check

__all__ = ["METHODS", "Contract", "ContractError", "contract", "load_contract"]

PATH = Path(__file__).parent.parent / "openapi" / "openapi.yaml"


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

    def permissions(self) -> Mapping[str | None, tuple[str, ...]]:
        """Return the permissions that each value needs (`x-permissions`), beside those of the
        operation: one of each tuple is enough, and an empty tuple needs none.

        The key None stands for any value. Raises KeyError if a value of an enumeration has no
        entry: a value that is forgotten must not be open to every key.
        """
        if self.is_list:
            values = self.schema["items"]
            written = values.get("x-permissions")
            return (
                {} if written is None else {each: tuple(written[each]) for each in values["enum"]}
            )
        scopes = self.schema.get("x-permissions")
        return {} if scopes is None else {None: tuple(scopes)}


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

        `json_only` and `bearer` change it for tools that cannot do all of it (app/views.py).
        """
        document = copy.deepcopy(self.document)
        document["servers"] = [{"url": server}]
        # OpenAPI 3.0 lets servers be relative, but not the URLs of OAuth.
        for flow in document["components"]["securitySchemes"]["bearer"]["flows"].values():
            flow["tokenUrl"] = flow["tokenUrl"].replace(self.base_path, server, 1)
        if json_only:
            views.in_json(document)
        if bearer:
            views.with_bearer(document)
        return document


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


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
        scopes=tuple(views.scopes(written)),
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
    """Read and index a document. Raises ContractError, which names each mistake and its place."""
    source = path.read_text(encoding="utf-8")
    # The safe loader written in C, where there is one: it is ten times as quick.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(source, Loader=loader)  # noqa: S506  # nosec B506
    except yaml.YAMLError as error:
        raise ContractError(f"{path} is not YAML: {error}") from error
    check(path, source, document)
    operations = (_checked(document, *item) for item in _operations(document))
    return Contract(source, document, {operation.id: operation for operation in operations})


def _checked(document: Json, path: str, method: str, written: Json) -> Operation:
    try:
        return _operation(document, path, method, written)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        name = written["operationId"]
        raise ContractError(f"The operation {name} cannot be read: {error!r}.") from error


@cache
def contract() -> Contract:
    """The contract of this server."""
    return load_contract()
