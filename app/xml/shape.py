"""The form of the elements that a schema of OpenAPI 3.0 describes, compiled once.

The names come from the schema's XML Object (OpenAPI 3.0.3, section 4.7.26): `xml.name` where it is
written, else the name of the property; the root without one is called like its schema. A list is an
element around its items, so that an empty list is not an absent one. Members that the
schema does not name are `<entry key="...">`, because their names need not be names in XML.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.jsonschema import Json, inlined, is_nullable

XSI = "http://www.w3.org/2001/XMLSchema-instance"
# An item of a list, and a member of an object, that no schema gives a name.
ITEM, ENTRY, KEY, TYPE = "item", "entry", "key", "type"


@dataclass(slots=True, eq=False)
class Shape:
    """What is in an element. `name` is that of the schema, if it has one."""

    name: str | None = None
    nullable: bool = False


@dataclass(slots=True, eq=False)
class Scalar(Shape):
    """A text that is a value of one type."""

    type: str = "string"
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Free(Shape):
    """A value that says its type itself, in the attribute `type`."""


@dataclass(slots=True, eq=False)
class Array(Shape):
    """Items, all under one name."""

    item_name: str = ITEM
    item: Shape = field(default_factory=Free)


@dataclass(slots=True)
class Member:
    """A member of an object: `name` in JSON, `element` in XML.

    One that is an attribute has the `attribute_type` of its text.
    """

    name: str
    element: str
    shape: Shape
    required: bool
    attribute_type: str | None = None


@dataclass(slots=True, eq=False)
class Object(Shape):
    """Members in their order, and what all others are; None if there are none."""

    members: tuple[Member, ...] = ()
    others: Shape | None = None


_KINDS: Mapping[str, type[Shape]] = {
    "array": Array,
    "object": Object,
    **dict.fromkeys(("string", "integer", "number", "boolean"), Scalar),
}


@dataclass(frozen=True, slots=True)
class Root:
    """A whole document: the name of its element, its namespace, and what is in it."""

    element: str
    namespace: str
    shape: Shape


def members_of(root: Root) -> tuple[Member, ...]:
    """The members of a document that is an object."""
    return root.shape.members if isinstance(root.shape, Object) else ()


class Shapes:
    """The shapes of one document. Named schemas are compiled once, and may hold themselves."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._named: dict[str, Shape] = {}

    def root(self, schema: Json) -> Root:
        """The document that a schema describes. A root needs a name: its own or a hint."""
        hints = inlined(self._document, schema).get("xml", {})
        element = hints.get("name") or _last(schema["$ref"])
        return Root(element, hints.get("namespace", ""), self.of(schema))

    def of(self, schema: Json) -> Shape:
        """The shape of a schema. Raises ValueError for one that XML could not give back."""
        if "$ref" not in schema:
            return self._filled(self._empty(schema), schema)
        name = _last(schema["$ref"])
        if name not in self._named:
            written = inlined(self._document, schema)
            shape = self._named[name] = self._empty(written)
            shape.name = name
            self._filled(shape, written)
        return self._named[name]

    def _empty(self, schema: Json) -> Shape:
        kind = _KINDS.get(self._merged(schema).get("type", ""), Free)
        return kind(nullable=is_nullable(schema))

    def _filled(self, shape: Shape, schema: Json) -> Shape:
        schema = self._merged(schema)
        if isinstance(shape, Scalar):
            shape.type, shape.schema = schema["type"], schema
        elif isinstance(shape, Array):
            if not schema.get("xml", {}).get("wrapped"):
                raise ValueError("A list without `xml: {wrapped: true}` is lost when it is empty.")
            shape.item_name = self._hints(schema["items"]).get("name", ITEM)
            shape.item = self.of(schema["items"])
        elif isinstance(shape, Object):
            shape.others = self._others(schema)
            required = schema.get("required", ())
            shape.members = tuple(
                self._member(name, item, name in required)
                for name, item in schema.get("properties", {}).items()
            )
        return shape

    def _member(self, name: str, schema: Json, required: bool) -> Member:
        hints, shape = self._hints(schema), self.of(schema)
        member = Member(name, hints.get("name", name), shape, required)
        if hints.get("attribute"):
            if shape.nullable or not isinstance(shape, Scalar):
                raise ValueError(f"{name} may be null or no text, and so cannot be an attribute.")
            member.attribute_type = shape.type
        return member

    def _others(self, schema: Json) -> Shape | None:
        others = schema.get("additionalProperties", True)
        if others is False:
            return None
        return Free() if others is True else self.of(others)

    def _hints(self, schema: Json) -> Json:
        hints: Json = inlined(self._document, schema).get("xml", {})
        return hints

    def _merged(self, schema: Json) -> Json:
        """The schema with the parts of an `allOf` in one."""
        merged: Json = {"properties": {}, "required": []}
        for part in schema.get("allOf", ()):
            part = self._merged(inlined(self._document, part))
            properties = {**merged["properties"], **part.get("properties", {})}
            required = [*merged["required"], *part.get("required", ())]
            merged |= {**part, "properties": properties, "required": required}
        return {**merged, **schema} if "allOf" in schema else schema


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]
