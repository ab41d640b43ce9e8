"""Whatever an operation takes or answers comes through XML unchanged, and fits the XML Schema.

A few values for each operation; HYPOTHESIS_EXAMPLES=1000 makes a long run.
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

OPERATIONS = contract().operations
EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "5"))


def schemas(operation):
    """Each schema that an operation has in XML: its bodies, its answers, its problems."""
    found = [operation.bodies[media] for media in operation.bodies if media.endswith("xml")]
    found += [answer.schema for answer in operation.responses.values()]
    return {schema["$ref"]: schema for schema in found}.values()


def as_json(value):
    """The value as a client gets it that asks for JSON."""
    return json.loads(orjson.dumps(value), parse_float=Decimal)


@cache
def xsd(reference):
    """The XML Schema of one schema alone: bodies have the names of answers."""
    document = schema_document([shapes().root({"$ref": reference})])
    return etree.XMLSchema(etree.parse(BytesIO(document)))


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_a_value_comes_through_xml_unchanged(operation, data):
    for schema in schemas(operation):
        value = data.draw(values(schema), label=schema["$ref"])
        document = as_xml(schema, value)
        assert from_xml(schema, document) == as_json(value)
        assert_fits(document, xsd(schema["$ref"]))
