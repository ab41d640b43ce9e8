"""What the document promises of each operation, read from it a second time.

The server checks its answers with validators of its own. What is here shares nothing with those
but the document, so that a mistake in them does not go by unseen.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs
import yaml

from app.contract import METHODS, PATH

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What one status carries: a schema and its validator, media types, validators of headers.

    Without a media type there is no body.
    """

    schema: Json
    accepts: Any
    media_types: frozenset[str]
    headers: Mapping[str, Any]


@dataclass(frozen=True)
class Promise:
    """One operation. `scopes` are alternatives; if there are none, every living key opens what
    `needs_key`, and everybody all else. `names` are those
    of its parameters and of the fields of its bodies."""

    id: str
    method: str
    needs_key: bool
    scopes: tuple[str, ...]
    media_types: tuple[str, ...]
    names: frozenset[str]
    is_deprecated: bool
    answers: Mapping[int, Answer]


@cache
def promises() -> Mapping[str, Promise]:
    """All operations, by their ids."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(PATH.read_text(), Loader=loader)
    found = {}
    for path in document["paths"].values():
        for method in (each for each in METHODS if each in path):
            promise = _promise(document, path, method)
            found[promise.id] = promise
    return found


def _promise(document: Json, path: Json, method: str) -> Promise:
    written = path[method]
    parameters = [*path.get("parameters", ()), *written.get("parameters", ())]
    body = written.get("requestBody") or written.get("x-request-body") or {}
    content = _target(document, body).get("content", {})
    fields = {name for each in content.values() for name in _fields(document, each["schema"])}
    answers = {
        int(status): _answer(document, _target(document, answer))
        for status, answer in written["responses"].items()
    }
    return Promise(
        id=written["operationId"],
        method=method,
        needs_key=bool(written["security"]),
        scopes=tuple(scope for each in written["security"] for scope in each["bearer"]),
        media_types=tuple(content),
        names=frozenset(fields | {_target(document, each)["name"] for each in parameters}),
        is_deprecated=written.get("deprecated", False),
        answers=answers,
    )


def _answer(document: Json, written: Json) -> Answer:
    content = written.get("content", {})
    schemas = [each["schema"] for each in content.values()] or [{}]
    assert all(each == schemas[0] for each in schemas), "one value, whatever it is written in"
    headers = {
        name.lower(): _validator(document, _target(document, header)["schema"])
        for name, header in written.get("headers", {}).items()
    }
    return Answer(schemas[0], _validator(document, schemas[0]), frozenset(content), headers)


def _target(document: Json, node: Json) -> Json:
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].split("/")[1:]:
            target = target[step]
        node = target
    return node


def _fields(document: Json, schema: Json) -> Iterator[str]:
    schema = _target(document, schema)
    yield from schema.get("properties", ())
    for part in schema.get("allOf", ()):
        yield from _fields(document, part)


_validators: dict[str, Any] = {}


def _validator(document: Json, schema: Json) -> Any:
    """A function from a value to whether it is of the schema."""
    name = repr(schema)
    if name not in _validators:
        components = {"schemas": translated(document["components"]["schemas"])}
        whole = {"components": components, "allOf": [translated(schema)]}
        compiled = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        _validators[name] = compiled.is_valid
    return _validators[name]


def translated(node: Any) -> Any:
    """Schemas of OpenAPI 3.0 as JSON Schema: null is a type, and additions have names there."""
    if isinstance(node, list):
        return [translated(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if key not in ("example", "nullable")}
    schema = {
        key: value if key in ("enum", "default") else translated(value)
        for key, value in kept.items()
    }
    if "x-decimals" in node:
        schema["multipleOf"] = 10 ** -node["x-decimals"]
    if "x-types" in node:
        schema["type"] = node["x-types"]
    return {"anyOf": [{"type": "null"}, schema]} if node.get("nullable") is True else schema
