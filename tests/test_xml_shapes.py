"""What the `xml` hints of a schema do, on schemas that the contract has not."""

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from app.xml import elements
from app.xml import text as texts
from app.xml.decoding import decoder
from app.xml.encoding import Writers, encoder
from app.xml.parsing import Malformed, parse
from app.xml.shape import Shapes
from app.xml.xsd import schema_document


def root(schema, **others):
    document = {"components": {"schemas": {"Thing": schema, **others}}}
    return Shapes(document).root({"$ref": "#/components/schemas/Thing"})


def written(schema, value, **others):
    """The document without its declaration, after a look whether it is read as the same value.

    It is made by the elements in C, where there are any, and is the same by those in Python.
    """
    found = root(schema, **others)
    text = encoder(found)(value)
    assert text == encoder(found, Writers(elements))(value)
    assert decoder(found)(parse(text, 10)) == value
    return text.decode().partition("\n")[2].replace(
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"', ""
    )  # fmt: skip


TEXT = {"type": "string"}


def test_a_root_is_called_like_its_schema_if_nothing_else_is_said():
    assert written(TEXT, "a") == "<Thing>a</Thing>"
    assert written({**TEXT, "xml": {"name": "thing"}}, "a") == "<thing>a</thing>"


def test_a_namespace_is_that_of_all_elements():
    schema = {"type": "object", "properties": {"a": TEXT}, "xml": {"namespace": "urn:x"}}
    assert written(schema, {"a": "b"}) == '<Thing xmlns="urn:x"><a>b</a></Thing>'
    with pytest.raises(Malformed):
        decoder(root(schema))(parse(b"<Thing><a>b</a></Thing>", 10))
    with pytest.raises(Malformed):
        decoder(root(schema))(parse(b"<x:Thing xmlns:x='urn:x'><a>b</a></x:Thing>", 10))


def test_a_member_is_called_like_its_schema_wants():
    schema = {"type": "object", "properties": {"a": {**TEXT, "xml": {"name": "b"}}}}
    assert written(schema, {"a": "c"}) == "<Thing><b>c</b></Thing>"


def test_a_member_can_be_an_attribute():
    number = {"type": "integer", "xml": {"attribute": True, "name": "number"}}
    text = {**TEXT, "xml": {"attribute": True}}
    schema = {"type": "object", "properties": {"n": number, "a": TEXT, "t": text}}
    value = {"n": 5, "a": "b", "t": 'x"\n\t<\r'}
    tag = '<Thing number="5" t="x&quot;&#10;&#9;&lt;&#13;">'
    assert written(schema, value) == f"{tag}<a>b</a></Thing>"
    xsd = schema_document([root(schema)]).decode()
    assert '<xs:attribute name="number" use="optional">' in xsd


@pytest.mark.parametrize("schema", [{**TEXT, "nullable": True}, {"type": "object"}])
def test_what_may_be_null_or_more_than_a_text_cannot_be_an_attribute(schema):
    schema = {"type": "object", "properties": {"a": {**schema, "xml": {"attribute": True}}}}
    with pytest.raises(ValueError, match="attribute"):
        root(schema)


def test_a_list_has_an_element_of_its_own():
    schema = {"type": "array", "xml": {"wrapped": True}, "items": {**TEXT, "xml": {"name": "a"}}}
    assert written(schema, []) == "<Thing></Thing>"
    assert written(schema, ["b"]) == "<Thing><a>b</a></Thing>"
    with pytest.raises(ValueError, match="wrapped"):
        root({"type": "array", "items": TEXT})


def test_a_schema_may_hold_itself():
    again = {"$ref": "#/components/schemas/Thing"}
    schema = {"type": "object", "properties": {"again": again}}
    assert written(schema, {"again": {"again": {}}}) == (
        "<Thing><again><again></again></again></Thing>"
    )
    assert schema_document([root(schema)]).count(b'<xs:complexType name="Thing">') == 1


def test_the_parts_of_a_schema_are_one_element():
    part = {"type": "object", "properties": {"a": TEXT}, "required": ["a"]}
    schema = {"allOf": [{"$ref": "#/components/schemas/Part"}, {**part, "properties": {"b": TEXT}}]}
    assert written(schema, {"a": "1", "b": "2"}, Part=part) == "<Thing><a>1</a><b>2</b></Thing>"


def test_a_value_of_several_possible_forms_says_its_type():
    schema = {"x-types": ["object", "array", "null"]}
    assert written(schema, []) == '<Thing type="array"></Thing>'
    assert written(schema, {}) == '<Thing type="object"></Thing>'
    assert written(schema, None) == '<Thing xsi:nil="true"/>'


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.from_regex(r"(_x00(5F|07)_?|\x07)+"))
def test_every_text_is_written_so_that_it_can_be_read(text):
    element = fromstring(f"<text>{texts.written(text)}</text>")
    assert texts.read(element.text or "") == text
