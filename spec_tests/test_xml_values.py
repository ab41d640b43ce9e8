"""Whatever an operation takes or answers comes through XML unchanged, and fits the XML Schema.

A few values for each schema of each operation; HYPOTHESIS_EXAMPLES=1000 makes a long run.
"""

import json
import os
from decimal import Decimal
from functools import cache
from io import BytesIO

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from app.contract import contract
from app.pipeline.media import shapes
from app.xml.xsd import schema_document
from spec_tests.twins import as_xml, assert_fits, from_xml
from spec_tests.values import values

pytestmark = [pytest.mark.own, pytest.mark.once]
EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "10"))


def schemas():
    """Each schema that some operation has in XML: of a body, of an answer, of a problem."""
    for operation in contract().operations.values():
        yield from (operation.bodies[name] for name in operation.bodies if name.endswith("xml"))
        answers = operation.responses.values()
        yield from (answer.schema for answer in answers if answer.schema is not None)


SCHEMAS = {schema["$ref"].rpartition("/")[2]: schema for schema in schemas()}


def as_json(value):
    """The value as a client gets it that asks for JSON."""
    return json.loads(orjson.dumps(value), parse_float=Decimal)


@cache
def xsd(reference):
    """The XML Schema of one schema alone: bodies have the names of answers."""
    document = schema_document([shapes().root({"$ref": reference})])
    return etree.XMLSchema(etree.parse(BytesIO(document)))


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
@settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_a_value_comes_through_xml_unchanged(schema, data):
    value = data.draw(values(schema))
    document = as_xml(schema, value)
    assert from_xml(schema, document) == as_json(value)
    assert_fits(document, xsd(schema["$ref"]))
