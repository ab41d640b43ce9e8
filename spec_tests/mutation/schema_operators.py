"""The changes to schemas that are tried: one function for each kind."""

from collections.abc import Iterator
from typing import Any

from app.jsonschema import Json
from spec_tests.mutation.changes import (
    WRONG,
    Change,
    dropped,
    operator,
    renamed,
    replaced,
    without,
)
from spec_tests.mutation.places import schemas

UPPER = ("maximum", "maxLength", "maxItems", "maxProperties")
LOWER = ("minimum", "minLength", "minItems")
OTHER_TYPE = {
    "string": "integer", "integer": "string", "number": "string", "boolean": "string",
    "array": "object", "object": "array",
}  # fmt: skip


@operator
def required(document: Json) -> Iterator[Change]:
    for place, schema in schemas(document):
        for name in schema.get("required", ()):
            yield dropped((*place, "required"), schema["required"], name)
        for name in (
            n for n in schema.get("properties", {}) if n not in schema.get("required", ())
        ):
            value = [*schema.get("required", ()), name]
            yield (*place, "required", name), "add", place, {**schema, "required": value}


@operator
def properties(document: Json) -> Iterator[Change]:
    for place, schema in schemas(document):
        for name in schema.get("properties", {}):
            changed = {**schema, "properties": renamed(schema["properties"], name, WRONG)}
            if name in schema.get("required", ()):
                changed["required"] = [
                    WRONG if each == name else each for each in schema["required"]
                ]
            yield (*place, "properties", name), "rename", place, changed


@operator
def types(document: Json) -> Iterator[Change]:
    for place, schema in schemas(document):
        if schema.get("type") in OTHER_TYPE:
            changed = {**schema, "type": OTHER_TYPE[schema["type"]]}
            if changed["type"] == "array":
                changed["items"] = {}
            yield (*place, "type"), "change", place, changed


@operator
def nullable(document: Json) -> Iterator[Change]:
    for place, schema in schemas(document):
        if schema.get("nullable"):
            yield dropped(place, schema, "nullable")
        elif "type" in schema and place[1] == "schemas":
            yield replaced(place, schema, "nullable", True, "add")


@operator
def formats(document: Json) -> Iterator[Change]:
    for place, schema in schemas(document):
        if "format" in schema:
            yield dropped(place, schema, "format")


@operator
def patterns(document: Json) -> Iterator[Change]:
    for place, schema in schemas(document):
        for key in ("pattern", "x-decimals"):
            if key in schema:
                yield dropped(place, schema, key)


@operator
def bounds(document: Json) -> Iterator[Change]:
    for place, schema in schemas(document):
        for key in UPPER + LOWER:
            if key in schema:
                step = 1 if key in UPPER else -1
                far = 2**62 if abs(schema[key]) > 2**62 else abs(schema[key]) // 2 + 1
                yield replaced(place, schema, key, schema[key] + step, "widen")
                yield replaced(place, schema, key, schema[key] - step * far, "narrow")


@operator
def enums(document: Json) -> Iterator[Change]:
    for place, schema in schemas(document):
        for value in schema.get("enum", ()):
            yield dropped((*place, "enum"), schema["enum"], value)
        if "enum" in schema:
            yield replaced(place, schema, "enum", [*schema["enum"], WRONG], "add")


@operator
def defaults(document: Json) -> Iterator[Change]:
    for place, schema in schemas(document):
        if "default" in schema:
            value = schema["default"]
            others = schema.get("enum", [value, value + 1 if type(value) is int else not value])
            yield replaced(place, schema, "default", next(v for v in others if v != value), "flip")
            yield dropped(place, schema, "default")


@operator
def closed_objects(document: Json) -> Iterator[Change]:
    for place, schema in schemas(document):
        if schema.get("additionalProperties") is False:
            yield dropped(place, schema, "additionalProperties", "open")


@operator
def alternatives(document: Json) -> Iterator[Change]:
    for place, schema in schemas(document):
        for key in ("x-types", "allOf"):
            for number, part in enumerate(schema.get(key, ())):
                where = (*place, key)
                yield (*where, number), "drop", where, without(schema[key], part)


@operator
def xml(document: Json) -> Iterator[Change]:
    for place, schema in schemas(document):
        hints = schema.get("xml", {})
        for key in ("name", "namespace"):
            if key in hints:
                yield replaced((*place, "xml"), hints, key, WRONG)
        if "wrapped" in hints:
            yield dropped(place, schema, "xml")


@operator
def references(document: Json) -> Iterator[Change]:
    """A property takes the schema of the property before it."""
    for place, schema in schemas(document):
        before: Any = None
        for name, item in schema.get("properties", {}).items():
            if before and "$ref" in item and item != before and "$ref" in before:
                where = (*place, "properties", name)
                yield where, "other schema", where, before
            before = item
