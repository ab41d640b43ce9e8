"""Whatever an operation takes or answers comes through XML unchanged.

A few values for each operation; HYPOTHESIS_EXAMPLES=1000 makes a long run.
"""

import json
import os
from decimal import Decimal

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.contract import contract
from app.pipeline.bodies import DEPTH
from app.xml.decoding import decoder
from app.xml.encoding import encoder
from app.xml.parsing import parse
from app.xml.shape import Shapes
from spec_tests.values import values

OPERATIONS = contract().operations
EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "5"))
SHAPES = Shapes(contract().document)


def schemas(operation):
    """Each schema that an operation has in XML: its bodies, its answers, its problems."""
    found = [operation.bodies[media] for media in operation.bodies if media.endswith("xml")]
    found += [answer.schema for answer in operation.responses.values()]
    return list({repr(schema): schema for schema in found}.values())


def as_json(value):
    """The value as a client gets it that asks for JSON."""
    return json.loads(orjson.dumps(value), parse_float=Decimal)


def through_xml(schema, value):
    root = SHAPES.root(schema)
    return decoder(root)(parse(encoder(root)(value), DEPTH))


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_a_value_comes_through_xml_unchanged(operation, data):
    for schema in schemas(operation):
        value = data.draw(values(schema), label=schema["$ref"])
        assert through_xml(schema, value) == as_json(value)
