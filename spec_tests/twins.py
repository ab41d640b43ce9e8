"""XML of the contract as tests need it: made by the server's codec, checked by lxml."""

import json
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from app.pipeline.media import answer_schema, problem_schema, shapes
from app.pipeline.reading import DEPTH
from app.xml import elements
from app.xml.decoding import Readers, decoder
from app.xml.encoding import Writers, encoder
from app.xml.parsing import parse


def as_xml(schema, value):
    """The document for a value, after a look whether it is the same by C and by Python."""
    root = shapes().root(schema)
    document = encoder(root)(value)
    assert document == encoder(root, Writers(elements))(value)
    return document


@cache
def _readers(namespace):
    return Readers(namespace)


def from_xml(schema, document):
    """The value of a document; its numbers are exact."""
    root = shapes().root(schema)
    decode = decoder(root, _readers(root.namespace))
    # An answer may be longer than a body.
    return decode(parse(document, DEPTH + 1, items=1_000_000))


def with_floats(value):
    """The value as a JSON client has it that knows no exact numbers."""
    return json.loads(json.dumps(value, default=float))


@cache
def xsd():
    """The XML Schema as the server gives it, answers and problems in one."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "problem.xsd").write_bytes(problem_schema())
        (Path(folder) / "schema.xsd").write_bytes(answer_schema())
        return etree.XMLSchema(file=f"{folder}/schema.xsd")


def assert_fits(document, schema=None):
    """Let lxml compare a document with the XML Schema."""
    schema = schema or xsd()
    assert schema.validate(etree.parse(BytesIO(document))), schema.error_log.filter_from_errors()
