"""The changes that are tried: one function for each kind, from the contract to its mutants.

Only what means something is changed: no descriptions, summaries, tags or examples.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from app.jsonschema import Json
from spec_tests.mutation.places import Place, at, components, name_of, operations, schemas

UPPER = ("maximum", "maxLength", "maxItems", "maxProperties")
LOWER = ("minimum", "minLength", "minItems")
OTHER_TYPE = {
    "string": "integer", "integer": "string", "number": "string", "boolean": "string",
    "array": "object", "object": "array",
}  # fmt: skip
TOLD = ("x-transition", "x-successor", "x-deprecated-since", "deprecated", "x-presence", "x-hidden",
        "x-request-body")  # fmt: skip
WRONG = "wrong"

Change = tuple[Place, str, Place, Any]


@dataclass(frozen=True)
class Mutant:
    """The contract with `value` in the place of what stands at `where`."""

    id: str
    operator: str
    where: Place
    value: Any


def changed(document: Any, mutant: Mutant) -> Any:
    """The document that a mutant is. What does not change is shared with the original."""

    def copied(node: Any, way: Place) -> Any:
        if not way:
            return mutant.value
        copy = list(node) if isinstance(node, list) else dict(node)
        copy[way[0]] = copied(node[way[0]], way[1:])
        return copy

    return copied(document, mutant.where)


OPERATORS: dict[str, Callable[[Json], Iterator[Change]]] = {}


def operator(function: Callable[[Json], Iterator[Change]]) -> Callable[[Json], Iterator[Change]]:
    """A kind of change. It yields what is changed, how, and the node to replace by what."""
    OPERATORS[function.__name__] = function
    return function


def mutants(document: Json) -> list[Mutant]:
    """All mutants of a document, always in the same order."""
    return [
        Mutant(f"{name_of(document, place)}:{how}", name, where, value)
        for name, changes in OPERATORS.items()
        for place, how, where, value in changes(document)
    ]


def without(node: Any, key: Any) -> Any:
    if isinstance(node, list):
        return [item for item in node if item != key]
    return {name: item for name, item in node.items() if name != key}


def renamed(node: Json, key: str, new: str) -> Json:
    return {new if name == key else name: item for name, item in node.items()}


def dropped(place: Place, node: Json, key: Any, how: str = "drop") -> Change:
    return (*place, key), how, place, without(node, key)


def replaced(place: Place, node: Json, key: str, value: Any, how: str = "change") -> Change:
    return (*place, key), how, place, {**node, key: value}


# ── Schemas ───────────────────────────────────────────────────────────────────


@operator
def required(document: Json) -> Iterator[Change]:
    for place, schema in schemas(document):
        for name in schema.get("required", ()):
            yield dropped((*place, "required"), schema["required"], name)
        for name in schema.get("properties", {}).keys() - set(schema.get("required", ())):
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
        for key in ("pattern", "multipleOf"):
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
        for key in ("additionalProperties", "x-closed"):
            if schema.get(key) is (key == "x-closed"):
                yield dropped(place, schema, key, "open")


@operator
def alternatives(document: Json) -> Iterator[Change]:
    for place, schema in schemas(document):
        for key in ("anyOf", "allOf"):
            for part in schema.get(key, ()):
                number = schema[key].index(part)
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


# ── Operations ────────────────────────────────────────────────────────────────


@operator
def ids(document: Json) -> Iterator[Change]:
    for place, operation in operations(document):
        yield replaced(place, operation, "operationId", f"{operation['operationId']}s")


@operator
def permissions(document: Json) -> Iterator[Change]:
    scopes = at(document, _FLOW)["scopes"]
    for scope in scopes:
        yield dropped((*_FLOW, "scopes"), scopes, scope)
    for place, operation in operations(document):
        where = (*place, "security")
        for requirement in operation["security"]:
            if len(operation["security"]) > 1:
                scope = requirement["bearer"][0]
                rest = without(operation["security"], requirement)
                yield (*where, scope), "drop", where, rest
        other = "license" if operation["security"] != [{"bearer": ["license"]}] else "health"
        yield where, "other", where, [{"bearer": [other]}]
        yield where, "add", where, [*operation["security"], {"bearer": [other]}]
        if operation["security"]:
            yield where, "open", where, []


_FLOW: Place = ("components", "securitySchemes", "bearer", "flows", "clientCredentials")


@operator
def parameters(document: Json) -> Iterator[Change]:
    for place, operation in operations(document):
        for each in operation.get("parameters", ()):
            name = each["$ref"].rpartition("/")[2]
            where = (*place, "parameters")
            yield (*where, name), "drop", where, without(operation["parameters"], each)
    for place, parameter in components(document, "parameters"):
        yield replaced(place, parameter, "name", WRONG, "rename")
        for key in ("explode", "allowEmptyValue"):
            if key in parameter:
                yield dropped(place, parameter, key)
        if parameter["in"] == "query":
            yield replaced(place, parameter, "required", True, "add")


@operator
def statuses(document: Json) -> Iterator[Change]:
    for place, operation in operations(document):
        where, answers = (*place, "responses"), operation["responses"]
        for status in answers:
            yield dropped(where, answers, status)
        problems = [status for status in answers if status >= "400"]
        for status, after in pairwise(problems):
            if answers[status] != answers[after]:
                yield replaced(where, answers, status, answers[after], "other answer")
        yield replaced(where, answers, "410", {"$ref": "#/components/responses/NotFound"}, "add")


@operator
def told(document: Json) -> Iterator[Change]:
    """What programs are told beside what OpenAPI has words for."""
    for place, operation in operations(document):
        for key in TOLD:
            if key in operation:
                yield dropped(place, operation, key)
    for place, schema in schemas(document):
        for key in TOLD:
            if key in schema:
                yield dropped(place, schema, key)
        for action, way in schema.get("x-transitions", {}).items():
            where = (*place, "x-transitions", action)
            yield replaced(where, way, "to", "pending")
            yield replaced(where, way, "from", way["from"][1:])


@operator
def addresses(document: Json) -> Iterator[Change]:
    for path in document["paths"]:
        yield ("paths", path), "rename", ("paths",), renamed(document["paths"], path, f"{path}s")
    for (*place, method), _ in operations(document):
        where, item = tuple(place), at(document, tuple(place))
        other = next(each for each in ("put", "delete", "patch") if each not in item)
        yield (*where, method), "other method", where, renamed(item, method, other)
    yield ("servers", 0, "url"), "change", ("servers", 0, "url"), "/wrong"
    limit = document["x-body-limit"]
    yield ("x-body-limit",), "widen", ("x-body-limit",), limit + 1
    yield ("x-body-limit",), "narrow", ("x-body-limit",), limit - 1


# ── Bodies, answers, headers, links ───────────────────────────────────────────


@operator
def media_types(document: Json) -> Iterator[Change]:
    for kind in ("requestBodies", "responses"):
        for place, written in components(document, kind):
            where, content = (*place, "content"), written.get("content", {})
            for media in content:
                yield dropped(where, content, media)


@operator
def bodies(document: Json) -> Iterator[Change]:
    for place, operation in operations(document):
        if "requestBody" in operation:
            yield dropped(place, operation, "requestBody")
    for place, body in components(document, "requestBodies"):
        if body.get("required"):
            yield dropped(place, body, "required")
        else:
            yield replaced(place, body, "required", True, "add")


@operator
def answers(document: Json) -> Iterator[Change]:
    """What a body or answer holds is something else."""
    for kind in ("requestBodies", "responses"):
        for place, written in components(document, kind):
            content = written.get("content", {})
            schemas_of = {str(each["schema"]) for each in content.values()}
            other = {"$ref": "#/components/schemas/Health"}
            if len(schemas_of) == 1:
                changed = {media: {**each, "schema": other} for media, each in content.items()}
                where = (*place, "content")
                yield (*where, "*", "schema"), "change", where, changed


@operator
def headers(document: Json) -> Iterator[Change]:
    for place, written in components(document, "responses"):
        where, there = (*place, "headers"), written.get("headers", {})
        for name in there:
            yield dropped(where, there, name)
            yield (*where, name), "rename", where, renamed(there, name, f"{name}-Wrong")


@operator
def links(document: Json) -> Iterator[Change]:
    for place, link in components(document, "links"):
        yield replaced(place, link, "operationId", "health.show")
        for name in link.get("parameters", {}):
            yield dropped((*place, "parameters"), link["parameters"], name)
    for place, written in components(document, "responses"):
        for name in written.get("links", {}):
            yield dropped((*place, "links"), written["links"], name)
