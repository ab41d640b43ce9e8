"""The places of a document at which it can be changed, and which operations a place concerns."""

from collections.abc import Iterator
from typing import Any

from app.contract import METHODS
from app.jsonschema import FREE_VALUE, Json

Place = tuple[str | int, ...]
HOMES_OF_SCHEMAS = ("schemas", "parameters", "headers")


def at(document: Json, place: Place) -> Any:
    """What stands at a place."""
    found: Any = document
    for step in place:
        found = found[step]
    return found


def operations(document: Json) -> Iterator[tuple[Place, Json]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield ("paths", path, method), item[method]


def components(document: Json, kind: str) -> Iterator[tuple[Place, Json]]:
    for name, written in document["components"][kind].items():
        yield ("components", kind, name), written


def schemas(document: Json) -> Iterator[tuple[Place, Json]]:
    """Every schema that is written out, and those inside of it."""
    for kind in HOMES_OF_SCHEMAS:
        for place, written in components(document, kind):
            is_named = kind == "schemas"
            yield from _inside(place if is_named else (*place, "schema"),
                               written if is_named else written["schema"])  # fmt: skip
    yield (FREE_VALUE,), document[FREE_VALUE]


def _inside(place: Place, schema: Json) -> Iterator[tuple[Place, Json]]:
    if "$ref" in schema:
        return
    yield place, schema
    for name, item in schema.get("properties", {}).items():
        yield from _inside((*place, "properties", name), item)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _inside((*place, key), schema[key])
    for number, part in enumerate(schema.get("allOf", ())):
        yield from _inside((*place, "allOf", number), part)


def name_of(document: Json, place: Place) -> str:
    """A place in words: operations by their ids, the rest by the steps that lead there."""
    if place[0] == "paths" and len(place) > 2:
        operation = at(document, place[:3]).get("operationId", "?")
        place = ("operations", operation, *place[3:])
    return "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in place)


def concerned(document: Json, place: Place) -> list[str]:
    """The ids of the operations that a place belongs to, directly or by reference."""
    addressed = {where: operation["operationId"] for where, operation in operations(document)}
    if place[0] == "components" and place[1] != "securitySchemes":
        users = _users(document, f"#/components/{place[1]}/{place[2]}")
        return [name for (_, path, _), name in addressed.items() if users & {path, name}]
    if place[0] == "paths":
        return [name for where, name in addressed.items()
                if where[: len(place)] == place[: len(where)]]  # fmt: skip
    return list(addressed.values())


def _users(document: Json, reference: str) -> set[str]:
    """The operationIds, and the paths, that lead to a component."""
    pointing: dict[str, set[str]] = {}
    for kind, named in document["components"].items():
        for name, written in named.items():
            for target in references(written):
                pointing.setdefault(target, set()).add(f"#/components/{kind}/{name}")
    for (_, path, _), operation in operations(document):
        for target in references(operation):
            pointing.setdefault(target, set()).add(operation["operationId"])
        for target in references(document["paths"][path].get("parameters", [])):
            pointing.setdefault(target, set()).add(path)
    found, pending = set(), [reference]
    while pending:
        for user in pointing.get(pending.pop(), ()):
            if user not in found:
                found.add(user)
                pending.append(user)
    return {user for user in found if not user.startswith("#")}


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for item in node.values():
            yield from references(item)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)
