"""Functions that write an element for a value, each put together once for a shape.

`_elements.c` has the same, many times as quick; `native.py` says whether it is there. This is the
reference, and what is used where nothing was compiled.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from app.xml.shape import ENTRY, ITEM, KEY, TYPE
from app.xml.text import attribute, written

NIL = ' xsi:nil="true"/>'
_BOOLEANS = {True: "true", False: "false"}
Text = Callable[[Any], str]
# What makes the text of a scalar, by its type.
TEXTS: dict[str, Text] = {
    "string": written,
    "integer": str,
    # The shortest digits that mean the same number, as in JSON.
    "number": repr,
    "boolean": _BOOLEANS.__getitem__,
}


class Write(Protocol):
    """Writes an element for a value, with attributes that its place wants."""

    def __call__(self, value: Any, attributes: str = "", /) -> str: ...


class _Scalar(NamedTuple):
    """A function of a value, and what `mapping` needs to do without the call."""

    text: Text
    start: str
    end: str
    nil: str

    def __call__(self, value: Any, attributes: str = "", /) -> str:
        tag = f"{self.start[:-1]}{attributes}"
        return f"{tag}{NIL}" if value is None else f"{tag}>{self.text(value)}{self.end}"


def scalar(type: str, name: str) -> Write:
    """An element with the text of a value of a type."""
    return _Scalar(TEXTS[type], f"<{name}>", f"</{name}>", f"<{name}{NIL}")


def array(item: Write, name: str) -> Write:
    """An element around an element for each item."""

    def write(value: Any, attributes: str = "") -> str:
        if value is None:
            return f"<{name}{attributes}{NIL}"
        return f"<{name}{attributes}>{''.join([item(each) for each in value])}</{name}>"

    return write


def mapping(
    members: tuple[tuple[str, Write], ...], name: str, in_tag: Text | None, others: Text | None
) -> Write:
    """An element around those of the members, in their order and not that of the value.

    `in_tag` makes the attributes that a value has, `others` the elements for its other members.
    """

    # Most members are scalars.
    split = [
        (key, *(element if isinstance(element, _Scalar) else (None, "", "", "")), element)
        for key, element in members
    ]

    def write(value: Any, attributes: str = "") -> str:
        if value is None:
            return f"<{name}{attributes}{NIL}"
        if in_tag is not None:
            attributes += in_tag(value)
        parts = []
        for key, text, start, end, nil, element in split:
            if key in value:
                item = value[key]
                if text is None:
                    parts.append(element(item))
                else:
                    parts.append(nil if item is None else f"{start}{text(item)}{end}")
        if others is not None and len(value) > len(parts):
            parts.append(others(value))
        return f"<{name}{attributes}>{''.join(parts)}</{name}>"

    return write


def document(write: Write, head: str, attributes: str, value: Any) -> bytes:
    """What stands before the root, and the root, in UTF-8."""
    return (head + write(value, attributes)).encode()


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
            text = "".join([free(ENTRY, each, in_tag(KEY, key)) for key, each in value.items()])
        case _:
            kind, text = "array", "".join([free(ITEM, each) for each in value])
    return f"<{name}{attributes}{in_tag(TYPE, kind)}>{text}</{name}>"


def in_tag(name: str, text: str) -> str:
    """An attribute, as it stands in a tag."""
    return f' {name}="{attribute(text)}"'
