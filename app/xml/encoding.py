"""Values as XML: a function for each schema, put together once."""

from collections.abc import Callable
from functools import partial
from sys import intern
from typing import Any

from app.xml import elements, native
from app.xml.elements import TEXTS, Text, Write, free, in_tag
from app.xml.shape import ENTRY, KEY, XSI, Array, Member, Object, Root, Scalar, Shape

# What writes the elements, unless something else is asked for.
ELEMENTS: native.Elements = native.compiled() or elements
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
# An attribute is escaped as a whole.
_IN_TAG: dict[str, Text] = {**TEXTS, "string": str}


def encoder(root: Root, writers: "Writers | None" = None) -> Callable[[Any], bytes]:
    """The function from a value that fits the schema to a document in UTF-8.

    Encoders that share `writers` share what they have in common.
    """
    writers = writers or Writers()
    write = writers.element(root.shape, root.element)
    namespace = f' xmlns="{root.namespace}"' if root.namespace else ""
    attributes = f'{namespace} xmlns:xsi="{XSI}"'
    return partial(writers.elements.document, write, DECLARATION, attributes)


class Writers:
    """What writes an element of a shape under a name. A shape may hold itself.

    `elements` is the module with the functions that write: that in C, or its twin in Python.
    """

    def __init__(self, elements: native.Elements = ELEMENTS) -> None:
        self.elements = elements
        self._known: dict[tuple[Shape, str], Write] = {}

    def element(self, shape: Shape, name: str) -> Write:
        known, key = self._known, (shape, name)
        if key not in known:
            # Inside itself it is looked up, until it is there.
            known[key] = lambda value, attributes="": known[key](value, attributes)
            known[key] = self._element(shape, name)
        return known[key]

    def _element(self, shape: Shape, name: str) -> Write:
        if isinstance(shape, Scalar):
            return self.elements.scalar(shape.type, name)
        if isinstance(shape, Array):
            return self.elements.array(self.element(shape.item, shape.item_name), name)
        if isinstance(shape, Object):
            return self._object(shape, name)
        return lambda value, attributes="": free(name, value, attributes)

    def _object(self, shape: Object, name: str) -> Write:
        attributes = [each for each in shape.members if each.attribute_type]
        members = tuple(
            (intern(each.name), self.element(each.shape, each.element))
            for each in shape.members
            if not each.attribute_type
        )
        others = self._others(shape, shape.others) if shape.others else None
        return self.elements.mapping(
            members, name, _attributes(attributes) if attributes else None, others
        )

    def _others(self, shape: Object, other: Shape) -> Text:
        """The function that makes the elements of members that the shape does not name."""
        entry = self.element(other, ENTRY)
        known = frozenset(each.name for each in shape.members)
        return lambda value: "".join(
            [entry(item, in_tag(KEY, key)) for key, item in value.items() if key not in known]
        )


def _attributes(members: list[Member]) -> Text:
    """The function that makes the attributes of a value."""
    texts = [(each.name, each.element, _IN_TAG[each.attribute_type or ""]) for each in members]
    return lambda value: "".join(
        [in_tag(name, text(value[key])) for key, name, text in texts if key in value]
    )
