"""Views of the contract for tools that cannot do all of OpenAPI 3.0. They change a copy of it."""

import re
from collections.abc import Iterator
from typing import Any

from app.jsonschema import Json, inlined, used_schemas
from app.mistakes import METHODS


def in_json(document: Json) -> None:
    """Make a document one for generators, which take one media type for each body and response:
    JSON, wherever it is one of several, and the schemas that are then still used. Values of
    enumerations get the names that constants may have (`x-enum-varnames`), and parameters and
    bodies are in their operations.
    """
    _keep_json(document)
    _keep_used_schemas(document)
    _name_values(document)
    _drop_hints(document["components"]["schemas"])
    _drop_lengths_of_files(document["components"]["schemas"])
    _put_in_place(document)


def with_bearer(document: Json) -> None:
    """Make a document one for tools that cannot do OAuth 2: the scheme is a plain HTTP bearer
    token, and the permissions of an operation stand in `x-permissions`.
    """
    schemes = document["components"]["securitySchemes"]
    description = schemes["bearer"]["description"]
    schemes["bearer"] = {"type": "http", "scheme": "bearer", "description": description}
    for operation in _operations(document):
        if operation["security"]:
            operation["x-permissions"] = scopes(operation)
            operation["security"] = [{"bearer": []}]


def scopes(operation: Json) -> list[str]:
    """The permissions of an operation, of which one is enough."""
    return [scope for requirement in operation["security"] for scope in requirement["bearer"]]


def _operations(document: Json) -> Iterator[Json]:
    for item in document["paths"].values():
        yield from (item[method] for method in METHODS if method in item)


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


def _drop_lengths_of_files(schemas: Json) -> None:
    """Drop `maxLength` of files. Clients in Go would count the characters of an open file."""
    for schema in schemas.values():
        if schema.get("format") == "binary":
            schema.pop("maxLength", None)


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
