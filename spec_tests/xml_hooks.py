"""XML for generated requests: bodies of any value, right or wrong, and a look at the answers."""

from typing import Any

import schemathesis
from lxml import etree

from app.contract import contract
from app.pipeline.media import shapes
from app.xml.elements import free
from app.xml.parsing import ForeignCharacter, Malformed
from app.xml.shape import ENTRY, Array, Object, Shape
from app.xml.text import attribute
from spec_tests.twins import assert_fits, from_xml, with_floats

XSI = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def _element(shape: Shape | None, name: str, value: Any, attributes: str = "") -> str:
    """An element for a value that may be of another shape, which the encoder need not know."""
    if isinstance(shape, Array) and isinstance(value, list):
        content = "".join(_element(shape.item, shape.item_name, item) for item in value)
    elif isinstance(shape, Object) and isinstance(value, dict):
        known = {member.name: member for member in shape.members}
        content = ""
        for member in shape.members:
            if member.name in value:
                content += _element(member.shape, member.element, value[member.name])
        for key in value.keys() - known.keys():
            content += _element(shape.others, ENTRY, value[key], f' key="{attribute(key)}"')
    else:
        return free(name, value, attributes)
    return f"<{name}{attributes}>{content}</{name}>"


def body_in_xml(schema: Any, value: Any) -> bytes:
    """A body with a value in it. No XML body can be a list or text, so those get a wrong root."""
    root = shapes().root(schema)
    name = root.element if isinstance(value, dict) else "value"
    return _element(root.shape, name, value, XSI).encode()


def _operation(case: Any) -> Any:
    return contract().operations[case.operation.definition.raw["operationId"]]


@schemathesis.serializer("application/xml")
def serialize(context: Any, value: Any) -> bytes:
    return body_in_xml(_operation(context.case).bodies["application/xml"], context.case.body)


@schemathesis.deserializer("application/xml", "application/problem+xml")
def deserialize(context: Any, response: Any) -> Any:
    """The value of an answer, for the checks that compare it with the contract."""
    operation = contract().operations[context.operation.definition.raw["operationId"]]
    schema = operation.responses[response.status_code].schema
    try:
        return with_floats(from_xml(schema, response.content))
    except (Malformed, ForeignCharacter) as error:
        # What schemathesis takes for an answer that cannot be read.
        raise ValueError(f"The answer is not as the contract says: {error}") from None


@schemathesis.check
def xml_is_sent_where_it_is_accepted_and_fits_its_schema(
    context: Any, response: Any, case: Any
) -> None:
    """What asks for XML gets XML, in the shape that the served schema describes."""
    if response.content and response.request.headers.get("Accept") == "application/xml":
        assert response.headers["content-type"][0].endswith("xml")
        try:
            assert_fits(response.content)
        except etree.XMLSyntaxError as error:
            raise AssertionError(f"This is not XML: {error}") from None
