"""Every answer in XML is the same value as in JSON, and fits the XML Schema."""

import pytest
from lxml import etree

from app.contract import contract
from spec_tests.recording import same_every_time
from spec_tests.test_examples import (
    PROVOKED,
    example,
    http,
    problem_example,
    send,
    written,
)
from spec_tests.twins import as_xml, assert_fits, from_xml, with_floats
from tests.http import request

__all__ = ["http"]
pytestmark = pytest.mark.own
OPERATIONS = contract().operations
XML = {"Accept": "application/xml"}


WITH_BODY = {name: each for name, each in OPERATIONS.items() if each.success.schema is not None}


@pytest.mark.parametrize("operation", WITH_BODY.values(), ids=WITH_BODY)
@pytest.mark.parametrize("write", [None, as_xml], ids=["JSON body", "XML body"])
def test_the_example_of_an_operation_is_answered_in_xml(http, operation, write):
    expected = example("the answer", operation, written(operation)[2]["content"])
    http.headers.update(XML)
    answer = send(http, operation, expected, write)
    assert answer.status_code == operation.success.status, answer.text
    assert answer.headers["content-type"] == "application/xml"
    assert_fits(answer.content)
    value = with_floats(from_xml(operation.success.schema, answer.content))
    assert same_every_time(value) == same_every_time(expected)


READS = {each.id: each for each in OPERATIONS.values() if each.method == "get"}
EVERYTHING = {
    "customers.index": "?per_page=100&include=services,invoices,metadata,servicesCount",
    "products.index": "?per_page=100&include=pricing,group,metadata,pricingExists",
    "groups.index": "?per_page=100&include=products,groups,metadata,productsCount",
    "services.index": "?per_page=100&include=customer,pricing,metadata,configoptions",
}


@pytest.mark.parametrize("operation", READS.values(), ids=READS)
def test_json_and_xml_of_a_read_are_the_same_to_the_last_digit(http, operation):
    path = operation.path.format(
        customer_id=5, product_id=3, group_id=2, pricing_id=5, service_id=7, api_key_id=2
    )
    path += EVERYTHING.get(operation.id, "")
    answers = [http.get(path, headers=accept) for accept in ({}, XML)]
    assert [each.status_code for each in answers] == [200, 200], answers[0].text
    assert_fits(answers[1].content)
    assert with_floats(from_xml(operation.success.schema, answers[1].content)) == answers[0].json()


@pytest.mark.parametrize("name", PROVOKED)
def test_the_example_of_a_problem_is_that_problem_in_xml(http, name):
    request = {**PROVOKED[name]}
    request["headers"] = {**request.get("headers", {}), **XML}
    answer = http.request(**request)
    assert answer.headers["content-type"] == "application/problem+xml"
    assert_fits(answer.content)
    written = contract().document["components"]["responses"][name]["content"]
    schema = written["application/problem+xml"]["schema"]
    value = with_floats(from_xml(schema, answer.content))
    assert same_every_time(value) == same_every_time(problem_example(name))


def test_a_problem_in_xml_has_the_form_of_rfc_9457(http):
    problem = etree.fromstring(http.get("/application/products/999", headers=XML).content)
    names = {"p": "urn:ietf:rfc:7807"}
    assert problem.tag == "{urn:ietf:rfc:7807}problem"
    assert problem.findtext("p:type", namespaces=names) == "/api/problems/not-found"
    assert problem.findtext("p:status", namespaces=names) == "404"


def test_the_xml_schema_is_served_and_stands_on_its_own(server, tmp_path):
    for name in ("schema.xsd", "problem.xsd"):
        answer = request("GET", f"{server.url}/api/{name}")
        assert answer.headers["content-type"] == "application/xml"
        (tmp_path / name).write_bytes(answer.content)
    schema = etree.XMLSchema(file=str(tmp_path / "schema.xsd"))
    assert not schema.validate(etree.fromstring("<health><status>ill</status></health>"))
    assert schema.validate(etree.fromstring("<health><status>ok</status></health>"))
