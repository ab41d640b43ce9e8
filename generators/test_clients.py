"""Generators take the served document, and their clients work."""

import json
import re
import shutil

import pytest

from generators.declared import GENERATORS, IMPORTERS, JOURNEYS
from generators.workshop import execute


def each(generators):
    """Parametrize a test with generators, each with what it needs."""
    return pytest.mark.parametrize(
        "generator",
        [pytest.param(one, marks=pytest.mark.needs(*one.needs), id=one.id) for one in generators],
    )


EACH = each(GENERATORS)
PYTHON = each(one for one in GENERATORS if one.id == "python")
DECLARED = re.compile(
    r"\b(?:class|interface|enum|struct|type)\s+([A-Za-z]\w*)"
    r"|^ {8}([A-Z]\w*):",  # a member of `schemas` in what openapi-typescript writes
    re.MULTILINE,
)
POOR = re.compile(r"Inline|Model\d+|.*\d$")
# Names with a number that say what they mean, or that generators give to their own helpers.
EXPLAINED = {
    "Options2": "an import of @hey-api/openapi-ts under another name",
    "NullableFloat32": "a type of Go",
    "NullableFloat64": "a type of Go",
    "NullableInt32": "a type of Go",
    "NullableInt64": "a type of Go",
}
SOURCES = {".py", ".ts", ".php", ".go", ".java"}


@EACH
def test_generator_takes_the_document(workshop, generator):
    assert list(workshop.generated(generator).glob("clientxcms*"))


@EACH
def test_client_compiles_under_the_strict_checker(workshop, generator):
    workshop.compiled(generator)


@EACH
def test_client_makes_the_journey(workshop, shop, api, generator):
    active = api.get("/services", params={"filter[status]": "active", "include": "customer"}).json()
    service = active["data"][0]
    seen = json.loads(workshop.journey(generator, shop.url, shop.key, "logo.png"))
    product = api.get(f"/products/{seen['product']}").json()
    assert product["name"] == "VPS XL"
    assert seen == {
        "active": active["meta"]["total"],
        "customer": service["customer"]["email"],
        "product": product["id"],
        "stock": product["stock"],
        "image": product["image"],
        "status": "suspended",
        "allowed": ["hide"],
        "wrong": {"group_id": ["The group_id field must be the id of a group."]},
        "walked": [
            each["id"] for each in api.get("/services", params={"per_page": 1000}).json()["data"]
        ],
    }
    assert (product["stock"], api.get(f"/services/{service['id']}").json()["suspend_reason"]) == (
        12,
        "Abuse",
    )
    assert product["image"].endswith(".png")


@EACH
def test_names_in_the_generated_code_read_well(workshop, generator):
    (made,) = workshop.generated(generator).glob("clientxcms*")
    files = [made] if made.is_file() else made.rglob("*")
    written = [each.read_text() for each in files if each.suffix in SOURCES]
    found = {name or other for text in written for name, other in DECLARED.findall(text)}
    assert len(found) > 50
    assert sorted(name for name in found - EXPLAINED.keys() if POOR.match(name)) == []


@PYTHON
def test_python_client_calls_every_operation(workshop, shop, document, generator):
    program = JOURNEYS / "every_operation.py"
    operations = {
        operation["operationId"]
        for path in json.loads(document)["paths"].values()
        for operation in path.values()
        if "operationId" in operation
    }
    called = re.findall(r"\.(\w+)\(", program.read_text())
    assert {as_letters(each) for each in operations} <= {as_letters(each) for each in called}
    folder = workshop.compiled(generator)
    shutil.copy(program, folder)
    execute(
        f'mypy {program.name} && python {program.name} "$@"', folder, shop.url, shop.key, "logo.png"
    )


def as_letters(name):
    """A name without what generators change of it."""
    return re.sub(r"[._]", "", name).lower()


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.id)
def test_importer_makes_a_request_of_each_operation(workshop, document, importer):
    collection = workshop.imported(importer)
    assert len(collection) < 3_000_000
    names = {
        operation["summary"]
        for path in json.loads(document)["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
    }
    assert names <= set(re.findall(r'"name": ?"([^"]+)"', collection))
