"""Documentation pages fill in the examples of the contract, in JSON and in XML."""

import pytest

from app.contract import contract
from app.jsonschema import inlined
from app.pipeline.media import JSON, XML
from app.portal.samples import with_samples
from spec_tests.twins import from_xml, with_floats

pytestmark = [pytest.mark.own, pytest.mark.once]

BODIES = {
    name: body
    for name, body in contract().document["components"]["requestBodies"].items()
    if JSON in body["content"]
}


@pytest.fixture(scope="module")
def view():
    return with_samples(contract().served("https://panel.example/api"))


@pytest.mark.parametrize("name", BODIES)
def test_the_sample_of_a_body_is_its_example_in_each_media_type(view, name):
    examples = BODIES[name]["content"][JSON]["examples"]
    expected = inlined(contract().document, next(iter(examples.values())))["value"]
    content = view["components"]["requestBodies"][name]["content"]
    assert content[JSON]["example"] == expected
    in_xml = content[XML]["example"].encode()
    assert with_floats(from_xml(content[XML]["schema"], in_xml)) == expected


def test_the_samples_change_nothing_else(view):
    for name, body in BODIES.items():
        content = view["components"]["requestBodies"][name]["content"]
        for media_type, written in body["content"].items():
            kept = {key: part for key, part in written.items() if key != "examples"}
            assert kept == {k: v for k, v in content[media_type].items() if k != "example"}


def test_operations_have_no_bodies_but_those_that_get_samples():
    for operation in contract().operations.values():
        written = contract().document["paths"][operation.path][operation.method]
        body = written.get("requestBody") or written.get("x-request-body")
        assert body is None or list(body) == ["$ref"]
