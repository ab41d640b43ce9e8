"""Which keywords of the contract's schemas for requests were broken, and that broken ones count.

A keyword is named by where it stands: "Email maxLength", "ProductCreate required name",
"?page maximum". It was seen where a value broke it and the server refused that field.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from app.contract import Operation, Parameter, contract
from app.jsonschema import FREE_VALUE, Json, inlined
from app.xml.parsing import Malformed
from spec_tests.twins import from_xml

DOCUMENT = contract().document
KEYWORDS = {
    "type", "enum", "minimum", "maximum", "multipleOf", "minLength", "maxLength", "pattern",
    "format", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
}  # fmt: skip
# What the contract adds to the keywords of OpenAPI 3.0, and what broken values are told about it.
ADDED = {"x-decimals": "multipleOf", "x-types": "type"}
# All others are for readers.
FORMATS = {"date", "date-time", "email", "network", "safe-html", "uri", "uuid"}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@cache
def declared_keywords(operation_id: str) -> frozenset[str]:
    """The keywords of the query parameters and of the body of an operation."""
    operation = contract().operations[operation_id]
    media_type = next((each for each in (JSON, FORM) if each in operation.bodies), None)
    found: set[str] = set()
    for parameter in operation.query:
        found.update(_walk(parameter.schema, f"?{parameter.name}", set(), texts=True))
    if media_type:
        body = operation.bodies[media_type]
        found.update(_walk(body, "body", set(), texts=media_type == FORM))
    return frozenset(found)


def _walk(schema: Json, place: str, done: set[str], *, texts: bool) -> Iterator[str]:
    """The keywords of a schema and of all below. Where values are `texts`, each is a string."""
    if "$ref" in schema:
        place = schema["$ref"].rpartition("/")[2]
        if place in done:
            return
        done.add(place)
        schema = inlined(DOCUMENT, schema)
    for keyword in {ADDED.get(each, each) for each in schema} & KEYWORDS:
        is_idle = (
            keyword == "type" and texts and schema.get("type") in ("string", "array", "object")
        ) or (keyword == "format" and schema["format"] not in FORMATS)
        if not is_idle:
            yield f"{place} {keyword}"
    if schema.get("additionalProperties") is False:
        yield f"{place} additionalProperties"
    yield from (f"{place} required {name}" for name in schema.get("required", ()))
    below = {f"{place}/{name}": each for name, each in schema.get("properties", {}).items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            below[f"{place}/{key}"] = schema[key]
    below |= {f"{place}/allOf/{n}": each for n, each in enumerate(schema.get("allOf", ()))}
    if schema.get("additionalProperties") is True or "x-types" in schema:
        below[FREE_VALUE] = DOCUMENT[FREE_VALUE]
    for name, each in below.items():
        yield from _walk(each, name, done, texts=texts)


def broken_keywords(
    operation: Operation, query: Any, media_type: str, body: bytes, status: int, answer: bytes
) -> set[str]:
    """The keywords that a request broke, if the answer names the fields that broke them."""
    if status not in (400, 422):
        return set()
    try:
        problem = _problem(operation.responses[status].schema, answer)
        value = _body(media_type, body)
    except (ValueError, Malformed):
        return set()
    refused = problem.get("errors", {})
    schema: Json | None = operation.bodies.get(media_type)
    if status == 400:
        schema, value = _query_schema(operation.id), _parameters(operation, query)
    if schema is None or value is None:
        return set()
    return {
        name
        for error in contract().validator(schema).errors(value)
        if _is_named(_field(error), refused)
        for name in _names(error)
    }


def _problem(schema: Json, answer: bytes) -> Any:
    return from_xml(schema, answer) if answer.startswith(b"<") else json.loads(answer)


def _body(media_type: str, body: bytes) -> Any:
    if media_type == JSON:
        return json.loads(body)
    return dict(parse_qsl(body.decode("latin-1"))) if media_type == FORM else None


@cache
def _query_schema(operation_id: str) -> Json:
    parameters = contract().operations[operation_id].query
    return {"type": "object", "properties": {f"?{each.name}": each.schema for each in parameters}}


def _parameters(operation: Operation, query: Any) -> Json:
    known = {each.name: each for each in operation.query}
    return {f"?{name}": _read(known[name], text) for name, text in query if name in known}


def _read(parameter: Parameter, text: str) -> Any:
    """A parameter as the contract means it, as far as its text can be read."""
    if parameter.is_list:
        schema = inlined(DOCUMENT, parameter.schema["items"])
        return [_scalar(schema, part) for part in text.split(",")]
    return _scalar(parameter.schema, text)


def _scalar(schema: Json, text: str) -> Any:
    kind = schema.get("type")
    if kind == "integer" and re.fullmatch(r"-?\d{1,30}", text):
        return int(text)
    if kind == "number" and re.fullmatch(r"-?\d{1,30}(\.\d+)?", text):
        return float(text)
    return text


def _field(error: Any) -> str:
    """The field that an error is about; of the whole body, none."""
    path = error.instance_path
    if path:
        return str(path[0]).removeprefix("?")
    return error.kind.property if error.kind.name == "required" else ""


def _is_named(field: str, refused: Any) -> bool:
    return any(name == field or name.startswith(field) for name in refused) or not field


def _names(error: Any) -> Iterator[str]:
    """The names of the keyword that an error is about."""
    *steps, keyword = error.schema_path
    if steps[:2] == ["components", "schemas"]:
        steps = steps[2:]
    elif steps[:1] == [FREE_VALUE]:
        steps = steps[:1]
    elif steps[:1] == ["properties"] and str(steps[1]).startswith("?"):
        steps = steps[1:]
    else:
        steps = ["body", *steps]
    place = "/".join(str(step) for step in steps if step != "properties")
    match error.kind.name:
        case "required":
            yield f"{place} required {error.kind.property}"
        case "additionalProperties" | "unevaluatedProperties":
            yield f"{place} additionalProperties"
        case _:
            yield f"{place} {keyword}"
