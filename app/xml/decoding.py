"""XML as values: a function for each schema, put together once.

It gives an element the value that its schema means. Where the text is something else, the value is
that text, and where elements stand instead of a text, they are read as a free value: the validator
then says what is wrong, in the same words as for JSON.
"""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from app.xml.parsing import Element, Malformed
from app.xml.shape import ENTRY, ITEM, KEY, TYPE, XSI, Array, Object, Root, Scalar, Shape
from app.xml.text import read
from models.sentence import say

Decode = Callable[[Element], Any]
NIL = f"{XSI} nil"
BLANKS = " \t\r\n"
# A number of JSON.
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][+-]?[0-9]+)?")
# More digits than any number has, and fewer than make int() give up.
_DIGITS = 4000
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def decoder(root: Root, readers: "Readers | None" = None) -> Decode:
    """The function from the root element of a document to its value. It raises Malformed.

    Decoders of one namespace that share `readers` share what they have in common.
    """
    decode = (readers or Readers(root.namespace)).element(root.shape)
    name = f"{root.namespace} {root.element}".strip()

    def decode_root(element: Element) -> Any:
        if element.name != name:
            raise Malformed(say("The root element has to be {name}.", name=root.element))
        return decode(element)

    return decode_root


def _text(element: Element) -> str:
    return read("".join(element.text))


def _is_nil(element: Element) -> bool:
    """Whether an element is null. It has nothing in it then (XML Schema 1.0, section 2.6.2)."""
    if _BOOLEANS.get(element.attributes.get(NIL, "").strip(BLANKS)) is not True:
        return False
    if element.children or "".join(element.text).strip(BLANKS):
        raise Malformed(say("The element {name} is nil, but not empty.", name=_shown(element)))
    return True


def _shown(element: Element) -> str:
    return ascii(element.name[:50])


def _number(text: str) -> Any:
    """A number as JSON would be read; any other text as it is."""
    found = _NUMBER.fullmatch(text.strip(BLANKS))
    if not found:
        return text
    try:
        if len(text) > _DIGITS:
            raise InvalidOperation
        return Decimal(found[0]) if found[2] or found[3] else int(found[0])
    except InvalidOperation:
        # Decimal() cannot hold an exponent of 20 digits either.
        raise Malformed(say("The body holds a number that is too long.")) from None


def _boolean(text: str) -> Any:
    return _BOOLEANS.get(text.strip(BLANKS), text)


_SCALARS: dict[str, Callable[[str], Any]] = {
    "string": lambda text: text,
    "integer": _number,
    "number": _number,
    "boolean": _boolean,
}
_TYPES = {"string": str, "integer": int, "number": int | Decimal, "boolean": bool}


class Readers:
    """What reads the elements of a shape. A shape may hold itself."""

    def __init__(self, namespace: str = "") -> None:
        self._namespace = f"{namespace} " if namespace else ""
        self._known: dict[Shape, Decode] = {}

    def element(self, shape: Shape) -> Decode:
        known = self._known
        if shape not in known:
            # Inside itself it is looked up, until it is there.
            known[shape] = lambda element: known[shape](element)
            known[shape] = self._element(shape)
        return known[shape]

    def _element(self, shape: Shape) -> Decode:
        if isinstance(shape, Scalar):
            convert = _SCALARS[shape.type]
            return lambda element: (
                None if _is_nil(element)
                else self._free(element) if element.children
                else convert(_text(element))
            )  # fmt: skip
        if isinstance(shape, Array):
            return self._array(shape)
        return self._object(shape) if isinstance(shape, Object) else self._free

    def _array(self, shape: Array) -> Decode:
        decode = self.element(shape.item)

        def read_array(element: Element) -> Any:
            if _is_nil(element):
                return None
            if not element.children and _text(element).strip(BLANKS):
                return _text(element)
            return [decode(each) for each in self._items(element, shape.item_name)]

        return read_array

    def _items(self, element: Element, name: str) -> list[Element]:
        for each in element.children:
            if self._name(each) != name:
                raise Malformed(
                    say(
                        "The element {name} holds elements {item} only.",
                        name=_shown(element),
                        item=name,
                    )
                )
        return element.children

    def _object(self, shape: Object) -> Decode:
        members = {
            each.element: (each.name, self.element(each.shape))
            for each in shape.members
            if each.attribute_type is None
        }
        in_tag = [
            (each.name, each.element, _SCALARS[each.attribute_type])
            for each in shape.members
            if each.attribute_type
        ]
        other = self.element(shape.others) if shape.others else None
        is_map = not members

        def read_object(element: Element) -> Any:
            if _is_nil(element):
                return None
            if not element.children and _text(element).strip(BLANKS):
                return _text(element)
            sent = element.attributes
            value = {name: text(read(sent[own])) for name, own, text in in_tag if own in sent}
            for each in element.children:
                name = self._name(each)
                if name in members:
                    name, decode = members[name]
                elif other and (is_map or (name == ENTRY and KEY in each.attributes)):
                    name, decode = _key(each, name), other
                else:
                    # To be ignored; or to be refused, if no more members are allowed.
                    if not other:
                        value.setdefault(name, None)
                    continue
                if name in value:
                    raise _twice(name)
                value[name] = decode(each)
            return value

        return read_object

    def _name(self, element: Element) -> str:
        name = element.name.removeprefix(self._namespace)
        if " " in name or (self._namespace and name == element.name):
            raise Malformed(
                say(
                    "The element {name} is in a namespace that is not known here.",
                    name=_shown(element),
                )
            )
        return name

    def _free(self, element: Element) -> Any:
        """A value that says its type; without one it is a text, or what its children make."""
        if _is_nil(element):
            return None
        names = [self._name(each) for each in element.children]
        # An entry without a key is an item as well as any.
        is_list = set(names) == {ITEM} and not any(
            KEY in each.attributes for each in element.children
        )
        guess = ("array" if is_list else "object") if names else "string"
        kind = element.attributes.get(TYPE, guess)
        text = _text(element)
        if kind in ("array", "object") and not text.strip(BLANKS):
            if kind == "array":
                return [self._free(each) for each in self._items(element, ITEM)]
            return self._members(element)
        if kind in _SCALARS and not names:
            value = _SCALARS[kind](text)
            if isinstance(value, _TYPES[kind]):
                return value
        raise Malformed(
            say("The element {name} does not hold what its type says.", name=_shown(element))
        )

    def _members(self, element: Element) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for each in element.children:
            name = _key(each, self._name(each))
            if name in value:
                raise _twice(name)
            value[name] = self._free(each)
        return value


def _key(element: Element, name: str) -> str:
    """The name of a member: what the attribute says, else that of the element."""
    return read(element.attributes.get(KEY, name))


def _twice(name: str) -> Malformed:
    return Malformed(say("The body has the member {name} more than once.", name=ascii(name[:50])))
