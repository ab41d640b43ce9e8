"""The document is written in one style, so that people can read it and every tool can use it.

What concerns one place of the document at a time is a rule of `.spectral.yaml` (test_lint.py).
"""

import re

import pytest

from app.contract import PATH, contract
from app.jsonschema import inlined, used_schemas

pytestmark = [pytest.mark.own, pytest.mark.once]
DOCUMENT = contract().document
OPERATIONS = contract().operations
VERBS = {"index", "create", "show", "update", "patch", "delete"}


def nodes(node, path=""):
    """Every node of the document that may be a schema, with its place."""
    if isinstance(node, dict):
        yield path, node
        for name, item in node.items():
            if name not in ("example", "examples", "value", "x-example"):
                yield from nodes(item, f"{path}/{name}")
    elif isinstance(node, list):
        for place, item in enumerate(node):
            yield from nodes(item, f"{path}/{place}")


def schemas():
    for path, node in nodes({name: DOCUMENT[name] for name in ("paths", "components")}):
        if isinstance(node.get("type"), str) and "securitySchemes" not in path:
            yield path, node


def written(operation):
    return DOCUMENT["paths"][operation.path][operation.method]


def test_every_object_says_what_may_be_in_it():
    for path, schema in schemas():
        if schema["type"] == "object":
            assert schema.keys() & {"properties", "additionalProperties", "allOf"}, path


def test_the_schemas_of_parameters_are_plain():
    for operation in OPERATIONS.values():
        for parameter in operation.query:
            schema = inlined(DOCUMENT, parameter.schema)
            assert "type" in schema
            assert not schema.keys() & {"anyOf", "oneOf", "allOf", "nullable"}, parameter.name


def test_a_list_in_a_query_is_one_parameter_with_commas():
    for name, parameter in DOCUMENT["components"]["parameters"].items():
        is_list = inlined(DOCUMENT, parameter["schema"]).get("type") == "array"
        assert parameter.get("explode") == (False if is_list else None), name


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_an_operation_is_described_in_one_order(operation):
    keys = list(written(operation))
    order = ["operationId", "summary", "description", "tags", "security", "deprecated",
             "x-deprecated-since", "x-successor", "x-transition", "parameters", "requestBody",
             "x-request-body", "responses"]  # fmt: skip
    assert keys == [key for key in order if key in keys]
    assert {"summary", "security"} <= {*keys}


def contents():
    for kind in ("requestBodies", "responses"):
        for name, written in DOCUMENT["components"][kind].items():
            yield name, written.get("content", {})


@pytest.mark.parametrize("start", ["application/", "application/problem+"])
def test_what_may_be_json_may_be_xml_with_the_same_schema(start):
    found = [content for _, content in contents() if f"{start}json" in content]
    assert found
    for content in found:
        assert content[f"{start}json"]["schema"] == content[f"{start}xml"]["schema"]
        assert next(iter(content)) == f"{start}json"


def test_the_root_of_a_document_in_xml_has_a_name():
    for name, content in contents():
        for media_type in (each for each in content if each.endswith("xml")):
            schema = inlined(DOCUMENT, content[media_type]["schema"])
            assert re.fullmatch("[a-z_]+", schema["xml"]["name"]), name


def test_every_answer_declares_the_id_of_its_request():
    for name, response in DOCUMENT["components"]["responses"].items():
        assert "X-Request-Id" in response["headers"], name


def test_an_operation_takes_about_twenty_lines():
    lines = PATH.read_text(encoding="utf-8").splitlines()
    paths = lines[lines.index("paths:") : lines.index("components:")]
    assert round(len(paths) / len(OPERATIONS)) <= 22


def test_a_secret_is_marked_as_one():
    for path, schema in schemas():
        if path.endswith(("/password", "_secret", "/access_token")):
            assert schema.get("format") == "password" or path.endswith("/access_token"), path


def plain_values(schema, path):
    """The texts and numbers of a schema that no other schema describes, with their places."""
    is_value = schema.get("type") in ("string", "integer", "number")
    if is_value and "enum" not in schema and schema.get("format") != "binary":
        yield path, schema
    for name, each in schema.get("properties", {}).items():
        yield from plain_values(each, f"{path}.{name}")


def test_a_text_or_a_number_has_an_example():
    """But for those of parameters: a documentation page would send it with each request."""
    components = DOCUMENT["components"]
    of_parameters = used_schemas(DOCUMENT, components["parameters"])
    for name, schema in components["schemas"].items():
        for path, each in plain_values(schema, name):
            assert "example" in each or path in of_parameters, path


def test_every_include_declares_the_permissions_that_it_needs():
    found = 0
    for operation in OPERATIONS.values():
        for parameter in operation.query:
            if parameter.name == "include":
                values = parameter.schema["items"]
                assert list(values["x-permissions"]) == values["enum"], operation.id
                for scopes in values["x-permissions"].values():
                    assert set(scopes) <= set(contract().permissions) - {"*"}
                found += 1
            elif parameter.name == "pricing":
                pricing = next(each for each in operation.query if each.name == "include")
                needed = pricing.schema["items"]["x-permissions"]["pricing"]
                assert parameter.schema["x-permissions"] == needed
    assert found == 8
