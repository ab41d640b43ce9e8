"""The part of the contract that is measured, for contenders that work from a document as well.

It is cut out of openapi/openapi.yaml: four paths, JSON alone, the includes that are asked for,
and the key as an HTTP bearer token, which every tool knows.
"""

import copy
from typing import Any

from app.contract import contract
from app.jsonschema import Json, inlined

OPERATIONS = (
    ("/application/customers", "get"),
    ("/application/customers", "post"),
    ("/application/customers/{customer_id}", "get"),
    ("/application/products", "get"),
    ("/application/services", "get"),
)
JSON = "application/json"
# Properties that only an include adds, and that no request of ours asks for.
OTHERS = frozenset({"invoices", "services", "customer", "group", "configoptions"})
# Words of our dialect, and those of people.
NOT_NEEDED = frozenset({"example", "examples", "description"})


def extract() -> Json:
    """An OpenAPI 3.0 document of its own, without references."""
    document = contract().document
    paths: Json = {}
    for path, method in OPERATIONS:
        written = document["paths"][path][method]
        operation: Json = {
            "operationId": written["operationId"],
            "security": [{"bearer": []}],
            "parameters": [
                _schema(document, each)
                for each in [
                    *document["paths"][path].get("parameters", []),
                    *written.get("parameters", []),
                ]
            ],
            "responses": {
                status: _content(document, response)
                for status, response in written["responses"].items()
                if status < "300"
            },
        }
        if "requestBody" in written:
            operation["requestBody"] = _content(document, written["requestBody"])
        paths.setdefault(path, {})[method] = operation
    return {
        "openapi": document["openapi"],
        "info": {"title": "Benchmark", "version": "1"},
        "servers": [{"url": document["servers"][0]["url"]}],
        "paths": paths,
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    }


def _content(document: Json, written: Json) -> Json:
    found = copy.deepcopy(inlined(document, written))
    schema = _schema(document, found["content"][JSON]["schema"])
    kept = {"required": found["required"]} if "required" in found else {"description": "answer"}
    return {**kept, "content": {JSON: {"schema": schema}}}


def _schema(document: Json, node: Any, inside: frozenset[str] = frozenset()) -> Any:
    """A copy without references. What would hold itself may hold anything: `inside` are the
    references that are being followed.
    """
    if isinstance(node, list):
        return [_schema(document, each, inside) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        reference = node["$ref"]
        if reference in inside:
            return {}
        return _schema(document, inlined(document, node), inside | {reference})
    kept: Json = {}
    for name, value in node.items():
        if name.startswith("x-") or name in NOT_NEEDED:
            continue
        if name == "properties":
            kept[name] = {
                each: _schema(document, schema, inside)
                for each, schema in value.items()
                if each.removesuffix("_count").removesuffix("_exists") not in OTHERS
            }
        else:
            kept[name] = _schema(document, value, inside)
    return kept
