"""Values as XML: a function for each schema, put together once."""

import math
from collections.abc import Callable
from typing import Any, Protocol

from app.xml.shape import ENTRY, ITEM, KEY, TYPE, XSI, Array, Member, Object, Root, Scalar, Shape
from app.xml.text import attribute, written

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
NIL = ' xsi:nil="true"/>'
_BOOLEANS = {True: "true", False: "false"}
Text = Callable[[Any], str]
_SCALARS: dict[str, Text] = {
    "string": written,
    "integer": str,
    # The shortest digits that mean the same number, as in JSON.
    "number": repr,
    "boolean": _BOOLEANS.__getitem__,
}
# An attribute is escaped as a whole.
_IN_TAG: dict[str, Text] = {**_SCALARS, "string": str}


class Write(Protocol):
    """Writes an element for a value, with attributes that its place wants."""

    def __call__(self, value: Any, attributes: str = "") -> str: ...


def encoder(root: Root, writers: "Writers | None" = None) -> Callable[[Any], bytes]:
    """The function from a value that fits the schema to a document in UTF-8.

    Encoders that share `writers` share what they have in common.
    """
    write = (writers or Writers()).element(root.shape, root.element)
    namespace = f' xmlns="{root.namespace}"' if root.namespace else ""
    attributes = f'{namespace} xmlns:xsi="{XSI}"'
    return lambda value: (DECLARATION + write(value, attributes)).encode()


class Writers:
    """What writes an element of a shape under a name. A shape may hold itself."""

    def __init__(self) -> None:
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
            return _scalar(_SCALARS[shape.type], name)
        if isinstance(shape, Array):
            return _array(self.element(shape.item, shape.item_name), name)
        if isinstance(shape, Object):
            return self._object(shape, name)
        return lambda value, attributes="": free(name, value, attributes)

    def _object(self, shape: Object, name: str) -> Write:
        members = [self._member(each) for each in shape.members if each.attribute_type is None]
        known = frozenset(each.name for each in shape.members)
        entry = self.element(shape.others, ENTRY) if shape.others else None
        in_tag = [
            (each.name, each.element, _IN_TAG[each.attribute_type])
            for each in shape.members
            if each.attribute_type
        ]

        def write(value: Any, attributes: str = "") -> str:
            if value is None:
                return f"<{name}{attributes}{NIL}"
            for other, element, in_text in in_tag:
                if other in value:
                    attributes += _attribute(element, in_text(value[other]))
            parts = [f"<{name}{attributes}>"]
            for other, text, start, end, nil, element_of in members:
                if other in value:
                    item = value[other]
                    if item is None:
                        parts.append(nil)
                    elif text is None:
                        parts.append(element_of(item))
                    else:
                        parts.append(f"{start}{text(item)}{end}")
            if entry is not None and not value.keys() <= known:
                parts += [
                    entry(item, _attribute(KEY, other))
                    for other, item in value.items()
                    if other not in known
                ]
            parts.append(f"</{name}>")
            return "".join(parts)

        return write

    def _member(self, member: Member) -> tuple[str, Text | None, str, str, str, Write]:
        """What an object needs to write a member. Most are scalars, and written by itself."""
        name, shape = member.element, member.shape
        text = _SCALARS[shape.type] if isinstance(shape, Scalar) else None
        start, end, nil = f"<{name}>", f"</{name}>", f"<{name}{NIL}"
        return member.name, text, start, end, nil, self.element(shape, name)


def _scalar(text: Text, name: str) -> Write:
    def write(value: Any, attributes: str = "") -> str:
        if value is None:
            return f"<{name}{attributes}{NIL}"
        return f"<{name}{attributes}>{text(value)}</{name}>"

    return write


def _array(item: Write, name: str) -> Write:
    def write(value: Any, attributes: str = "") -> str:
        if value is None:
            return f"<{name}{attributes}{NIL}"
        return f"<{name}{attributes}>{''.join([item(each) for each in value])}</{name}>"

    return write


def free(name: str, value: Any, attributes: str = "") -> str:
    """An element for a value of any type, which says the type if it is not a text."""
    match value:
        case None:
            return f"<{name}{attributes}{NIL}"
        case str():
            return f"<{name}{attributes}>{written(value)}</{name}>"
        case bool():
            kind, text = "boolean", _BOOLEANS[value]
        case int():
            kind, text = "integer", str(value)
        case float():
            # JSON has no such numbers; its encoder writes null.
            if not math.isfinite(value):
                return free(name, None, attributes)
            kind, text = "number", repr(value)
        case dict():
            kind = "object"
            text = "".join([free(ENTRY, each, _attribute(KEY, key)) for key, each in value.items()])
        case _:
            kind, text = "array", "".join([free(ITEM, each) for each in value])
    return f"<{name}{attributes}{_attribute(TYPE, kind)}>{text}</{name}>"


def _attribute(name: str, text: str) -> str:
    return f' {name}="{attribute(text)}"'
