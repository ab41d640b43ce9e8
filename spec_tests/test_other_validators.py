"""Validators that users have find every response right: the examples, and 100,000 prices.

They get the served document as it is, in the view for tools. Some of them count in binary, where
19.99 is no multiple of 0.01, and some know no more of OpenAPI than that it is JSON Schema.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from openapi_schema_validator import OAS30ReadValidator, oas30_strict_format_checker

from app.contract import contract
from app.jsonschema import inlined
from models.pricing import PERIODS

pytestmark = [pytest.mark.own, pytest.mark.once]
SITE = "https://panel.example"
DOCUMENT = json.loads(json.dumps(contract().served(f"{SITE}/api", bearer=True, json_only=True)))
SCRIPT = Path(__file__).parent / "node" / "validate.mjs"
CENTS = range(100_000)
ROWS = 1000


def examples():
    """Every example of a response: the name of its schema and its value, by where it is."""
    for operation in contract().operations.values():
        for status, response in responses_of(operation).items():
            for media_type, content in response.get("content", {}).items():
                written = content.get("examples", {})
                values = [inlined(DOCUMENT, each)["value"] for each in written.values()]
                values += [content["example"]] if "example" in content else []
                for number, value in enumerate(values):
                    place = (operation.id, int(status), media_type, number)
                    yield place, (content["schema"]["$ref"].rpartition("/")[2], value)


def responses_of(operation):
    written = DOCUMENT["paths"][operation.path][operation.method]["responses"]
    return {status: inlined(DOCUMENT, response) for status, response in written.items()}


EXAMPLES = dict(examples())


@cache
def pages():
    """Pages of price rows with every amount below 1,000 once, as a client reads them."""
    (page,) = (value for (name, status, *_), (_, value) in EXAMPLES.items()
               if (name, status) == ("pricings.index", 200))  # fmt: skip
    names = [f"{prefix}{period}" for prefix in ("", "setup_") for period in PERIODS]
    amounts = iter(CENTS)
    rows = [
        {
            **page["data"][0],
            **{name: cents / 100 for name, cents in zip(names, amounts, strict=False)},
        }
        for _ in range(-(-len(CENTS) // len(names)))
    ]
    found = [{**page, "data": rows[start : start + ROWS]} for start in range(0, len(rows), ROWS)]
    text = json.dumps(found)
    assert all(f" {number}" in text for number in ("19.99", "4.35", "0.29", "999.99"))
    return json.loads(text)


def values():
    """Every response with the name of its schema, by a name of its own."""
    found = {str(place): each for place, each in EXAMPLES.items()}
    return found | {f"prices {n}": ("PricingPage", page) for n, page in enumerate(pages())}


def test_the_prices_are_all_there():
    amounts = {
        row[f"{prefix}{period}"]
        for page in pages() for row in page["data"] for period in PERIODS
        for prefix in ("", "setup_")
    }  # fmt: skip
    assert {round(amount * 100) for amount in amounts if amount is not None} >= {*CENTS}


def test_ajv_finds_every_response_right(tmp_path):
    found = ajv(tmp_path, values())
    assert found == {}


def test_ajv_looks(tmp_path):
    schema, page = values()["prices 0"]
    wrong = {**page, "data": [{**page["data"][0], "monthly": "19.99"}]}
    assert [*ajv(tmp_path, {"wrong": (schema, wrong)})] == ["wrong"]


def ajv(folder, values):
    """What Ajv holds against values, by their names."""
    for name, content in (("document", DOCUMENT), ("values", values)):
        (folder / f"{name}.json").write_text(json.dumps(content))
    command = ["node", SCRIPT, folder / "document.json", folder / "values.json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_python_jsonschema_finds_every_response_right():
    for name, (schema, value) in values().items():
        reference = {"$ref": f"#/components/schemas/{schema}"}
        validator = OAS30ReadValidator(
            {**reference, "components": DOCUMENT["components"]},
            format_checker=oas30_strict_format_checker,
        )
        assert not [error.message for error in validator.iter_errors(value)], name


def test_jsonschema_rs_finds_every_response_right():
    components = with_null(DOCUMENT["components"])
    for name, (schema, value) in values().items():
        whole = {"$ref": f"#/components/schemas/{schema}", "components": components}
        validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        assert not [error.message for error in validator.iter_errors(value)], name


def with_null(node):
    """Schemas of OpenAPI 3.0 as JSON Schema, in which null is a type."""
    if isinstance(node, list):
        return [with_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {name: with_null(item) for name, item in node.items()}
    if node.get("nullable") is True:
        schema["type"] = [node["type"], "null"]
        schema |= {"enum": [*node["enum"], None]} if "enum" in node else {}
    return schema


@pytest.mark.needs("minutes")
def test_openapi_core_finds_every_response_right():
    # It reads no media type of problems by itself.
    readers = {"application/problem+json": json.loads}
    judge = OpenAPI.from_dict(DOCUMENT, config=Config(extra_media_type_deserializers=readers))
    for (name, status, media_type, _), (_, value) in EXAMPLES.items():
        examine(judge, name, status, media_type, value)
    for page in pages():
        examine(judge, "pricings.index", 200, "application/json", page)


def examine(judge, name, status, media_type, value):
    """Let openapi-core validate a response. It raises for what is wrong."""
    operation = contract().operations[name]
    path = operation.path.format(**dict.fromkeys(operation.path_parameters, 3))
    request = MockRequest(SITE, operation.method, f"/api{path}")
    response = MockResponse(json.dumps(value).encode(), status, content_type=media_type)
    judge.validate_response(request, response)


def maxima(node):
    if isinstance(node, dict):
        for name in ("minimum", "maximum"):
            if isinstance(node.get(name), int):
                yield node[name]
        for item in node.values():
            yield from maxima(item)
    elif isinstance(node, list):
        for item in node:
            yield from maxima(item)


def test_javascript_holds_every_whole_number_of_the_contract():
    found = [*maxima(contract().document)]
    assert max(map(abs, found)) == 2**53 - 1


def test_no_keyword_divides_numbers():
    """Clients would refuse every ninth price before they sent it."""
    assert "multipleOf" not in json.dumps(contract().document)
