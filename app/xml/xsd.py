"""The XML Schema (1.0) of documents: what their shapes say, in the language of XML tools.

Elements stand in the order in which the encoder writes them. How long a text may be is left to the
contract, because an escaped character is longer here.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from app.xml.shape import ENTRY, ITEM, KEY, TYPE, Array, Object, Root, Scalar, Shape

XS = "http://www.w3.org/2001/XMLSchema"
FREE = "any_value"
_TYPES = {"string": "xs:string", "integer": "xs:integer", "boolean": "xs:boolean"}
_FORMATS = {"date-time": "xs:dateTime", "date": "xs:date"}
_MANY = {"minOccurs": "0", "maxOccurs": "unbounded"}


def schema_document(
    roots: Iterable[Root], types: Iterable[Shape] = (), imports: Mapping[str, str] | None = None
) -> bytes:
    """One schema document for roots of one namespace, and further named types.

    `imports` are other schema documents: their namespaces and where they are.
    """
    roots = list(roots)
    namespace = roots[0].namespace
    schema = Element("xs:schema", {"xmlns:xs": XS, "elementFormDefault": "qualified"})
    if namespace:
        schema.attrib |= {"xmlns": namespace, "targetNamespace": namespace}
    for other, place in (imports or {}).items():
        SubElement(schema, "xs:import", {"namespace": other, "schemaLocation": place})
    document = _Document(schema)
    for root in roots:
        document.element(schema, root.element, root.shape)
    document.types(types)
    ElementTree.indent(schema)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(schema)


class _Document:
    """Puts declarations into a schema document, and the types they name once."""

    def __init__(self, schema: Element) -> None:
        self._schema = schema
        self._named: dict[str, Shape] = {}

    def element(self, parent: Element, name: str, shape: Shape, occurs: Any = ()) -> None:
        """Declare an element. One with a named type refers to it, any other holds its own."""
        found = SubElement(parent, "xs:element", {"name": name, **dict(occurs)})
        if shape.nullable:
            found.set("nillable", "true")
        if plain := self._reference(shape):
            found.set("type", plain)
        else:
            self._type(found, shape)

    def types(self, further: Iterable[Shape]) -> None:
        """Define the types that elements refer to, further ones, and all that these refer to."""
        for shape in further:
            self._reference(shape)
        done: set[str] = set()
        while missing := self._named.keys() - done:
            for name in sorted(missing):
                self._type(self._schema, self._named[name], name)
            done |= missing
        _free_types(self._schema)

    def _reference(self, shape: Shape) -> str | None:
        """The name of a type, if it has one."""
        if isinstance(shape, Scalar) and not _facets(shape):
            return _base(shape)
        if isinstance(shape, Scalar | Object | Array):
            if shape.name:
                self._named[shape.name] = shape
            return shape.name
        return FREE

    def _type(self, parent: Element, shape: Shape, name: str = "") -> None:
        """Define the type of a shape, under a name or in the element that has it."""
        naming = {"name": name} if name else {}
        if isinstance(shape, Scalar):
            restriction = SubElement(
                SubElement(parent, "xs:simpleType", naming), "xs:restriction", base=_base(shape)
            )
            for facet, value in _facets(shape):
                SubElement(restriction, f"xs:{facet}", value=value)
        else:
            self._content(SubElement(parent, "xs:complexType", naming), shape)

    def _content(self, kind: Element, shape: Shape) -> None:
        sequence = SubElement(kind, "xs:sequence")
        if isinstance(shape, Array):
            self.element(sequence, shape.item_name, shape.item, _MANY)
        elif isinstance(shape, Object):
            for each in shape.members:
                if each.attribute_type is None:
                    occurs = {} if each.required else {"minOccurs": "0"}
                    self.element(sequence, each.element, each.shape, occurs)
            if shape.others:
                self._entry(sequence, shape.others)
            for each in shape.members:
                if each.attribute_type is not None:
                    use = "required" if each.required else "optional"
                    found = SubElement(kind, "xs:attribute", name=each.element, use=use)
                    self._type(found, each.shape)

    def _entry(self, sequence: Element, shape: Shape) -> None:
        """Declare the members that the schema does not name: elements with a key."""
        nillable = {"nillable": "true"} if shape.nullable or not isinstance(shape, Array) else {}
        entry = SubElement(sequence, "xs:element", {"name": ENTRY, **_MANY, **nillable})
        kind = SubElement(entry, "xs:complexType")
        if isinstance(shape, Array):
            self._content(kind, shape)
        else:
            extended = "xs:simpleContent" if isinstance(shape, Scalar) else "xs:complexContent"
            base = self._reference(shape) or ""
            kind = SubElement(SubElement(kind, extended), "xs:extension", base=base)
        SubElement(kind, "xs:attribute", name=KEY, type="xs:string", use="required")


def _base(shape: Scalar) -> str:
    """The type of XML Schema that a scalar restricts: amounts are exact, other numbers are not."""
    if shape.type == "number":
        return "xs:decimal" if "x-decimals" in shape.schema else "xs:double"
    return _FORMATS.get(shape.schema.get("format", ""), _TYPES[shape.type])


def _facets(shape: Scalar) -> list[tuple[str, str]]:
    found = [("enumeration", str(value)) for value in shape.schema.get("enum", ())]
    for keyword, facet in (("minimum", "minInclusive"), ("maximum", "maxInclusive")):
        if keyword in shape.schema:
            found.append((facet, str(shape.schema[keyword])))
    return found


def _free_types(schema: Element) -> None:
    """Define what holds a value of any type: a text, or what its attribute `type` says."""
    kinds = SubElement(SubElement(schema, "xs:simpleType", name="type_of_value"), "xs:restriction")
    kinds.set("base", "xs:string")
    for kind in (*_TYPES, "number", "object", "array"):
        SubElement(kinds, "xs:enumeration", value=kind)
    free = SubElement(schema, "xs:complexType", name=FREE, mixed="true")
    choice = SubElement(free, "xs:choice")
    entry = SubElement(choice, "xs:element", {"name": ENTRY, "nillable": "true", **_MANY})
    SubElement(choice, "xs:element", {"name": ITEM, "type": FREE, "nillable": "true", **_MANY})
    SubElement(free, "xs:attribute", name=TYPE, type="type_of_value", default="string")
    content = SubElement(SubElement(entry, "xs:complexType", mixed="true"), "xs:complexContent")
    extension = SubElement(content, "xs:extension", base=FREE)
    SubElement(extension, "xs:attribute", name=KEY, type="xs:string", use="required")
