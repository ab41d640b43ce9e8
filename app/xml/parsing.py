"""Bodies as elements, with limits: what a document about values has no use for is refused."""

import codecs
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from xml.parsers import expat

from app.xml.text import FORBIDDEN
from models.sentence import Sentence, say

# Elements and attributes in a body. The largest configuration that is taken has a tenth of them.
ITEMS = 10_000
# How long a tag or a comment may be, in bytes. expat holds all of it in memory, several times.
TAG = 65_536
_FORBIDDEN = re.compile(f"[{FORBIDDEN}]")
_BAD_REFERENCE = expat.errors.codes[expat.errors.XML_ERROR_BAD_CHAR_REF]
_ENCODINGS = say("A body in XML is sent in UTF-8, or in UTF-16 with a mark.")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
)


class Malformed(Exception):
    """A body that is not XML, or not the XML that is taken here. `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


class ForeignCharacter(Exception):
    """A body with a character that XML 1.0 does not have."""


class Element(NamedTuple):
    """An element. It has a text or children, never both; names of a namespace hold a blank."""

    name: str
    attributes: Mapping[str, str]
    children: list["Element"]
    text: list[str]


def parse(body: bytes, depth: int, charset: str = "", items: int = ITEMS) -> Element:
    """The root element of a document, with at most `depth` elements in each other, and as many
    elements and attributes as `items`.

    The text is UTF-8, or UTF-16 with a mark; `charset` is what the request says of it, if anything.
    Raises Malformed or ForeignCharacter.
    """
    text, encodings = _decoded(body)
    if charset and charset not in encodings:
        raise Malformed(_ENCODINGS)
    reader = _Reader(depth, encodings, items)
    try:
        feed(text.encode(), reader.parser.Parse, lambda: reader.parser.CurrentByteIndex)
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        if error.code == _BAD_REFERENCE or _FORBIDDEN.search(text):
            raise ForeignCharacter from None
        raise Malformed(
            say(
                "The body is not XML: line {line}, column {column}.",
                line=error.lineno,
                column=error.offset + 1,
            )
        ) from None
    assert reader.root is not None
    return reader.root


def feed(document: bytes, parse: Callable[[bytes], object], place: Callable[[], int]) -> None:
    """Hand a document to a parser in parts, as long as it follows.

    `place` says how far it has come. Raises Malformed where a tag or comment does not end.
    """
    for start in range(0, len(document), TAG):
        part = document[start : start + TAG]
        parse(part)
        if start + len(part) - place() > TAG:
            raise Malformed(say("A tag or comment is longer than {limit} bytes.", limit=TAG))


def _decoded(body: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a body, and what the encoding may be called."""
    # UTF-16 without a mark, or UTF-32.
    if b"\0" in body[:2] or b"\0\0" in body[:4]:
        raise Malformed(_ENCODINGS)
    mark, encoding = next((each for each in _MARKS if body.startswith(each[0])), (b"", "utf-8"))
    names = (
        ("utf-8", "us-ascii") if encoding == "utf-8" else ("utf-16", encoding[:8] + encoding[8:])
    )
    try:
        return body[len(mark) :].decode(encoding), names
    except UnicodeDecodeError as error:
        place = error.start + len(mark)
        raise Malformed(
            say(
                "The body is not UTF-8, nor UTF-16 with a mark: byte {place} is wrong.", place=place
            )
        ) from None


class _Reader:
    """Builds the elements of a document while expat reads it."""

    def __init__(self, depth: int, encodings: tuple[str, ...], items: int) -> None:
        self.root: Element | None = None
        self._depth = depth
        self._encodings = encodings
        self._open: list[Element] = []
        self._items = items
        # The text is UTF-8 by now, whatever it was sent in and calls itself.
        self.parser = parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.buffer_size = TAG
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if version != "1.0":
            raise Malformed(
                say("The body says it is XML {version}, not 1.0.", version=ascii(version[:20]))
            )
        if encoding and encoding.lower() not in self._encodings:
            raise Malformed(_ENCODINGS)

    def _doctype(self, *_: Any) -> None:
        raise Malformed(say("A body in XML has no document type."))

    def _instruction(self, *_: Any) -> None:
        raise Malformed(say("A body in XML has no processing instructions."))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._items -= 1 + len(attributes)
        if self._items < 0:
            raise Malformed(
                say("The body has more than {limit} elements and attributes.", limit=ITEMS)
            )
        if len(self._open) == self._depth:
            raise Malformed(
                say("The body is nested more than {limit} levels deep.", limit=self._depth)
            )
        element = Element(name, attributes, [], [])
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _text(self, text: str) -> None:
        self._open[-1].text.append(text)

    def _end(self, name: str) -> None:
        element = self._open.pop()
        if element.children and "".join(element.text).strip(" \t\r\n"):
            raise Malformed(
                say("The element {name} has a text beside elements.", name=ascii(name[:50]))
            )
