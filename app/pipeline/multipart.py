"""Bodies in multipart/form-data (RFC 7578), whose parts python-multipart finds."""

import logging
import re
from codecs import lookup
from typing import TYPE_CHECKING, NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from werkzeug.http import parse_options_header as parse_extended_options

from models.sentence import Sentence, say

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

# Charsets of text parts, by Python's names, which stand for all their aliases. Python knows many
# more; the time to decode some of them (punycode) grows with the square of the length.
CHARSETS = frozenset({"ascii", "cp1252", "iso8859-1", "utf-8"})
# Transfer encodings that leave bytes as they are. RFC 7578 section 4.7 has given up the others.
_IDENTITY = frozenset({b"", b"7bit", b"8bit", b"binary"})


# The library logs a warning for each body that it cannot read, which is a mistake of the client.
logging.getLogger("python_multipart").setLevel(logging.ERROR)


class Upload(NamedTuple):
    """A file part: the name the client gave it, which nothing trusts, and its bytes."""

    filename: str
    content: bytes


class NotMultipart(Exception):
    """A body that is not multipart/form-data. `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


_MALFORMED = say("The body is not multipart/form-data, or its boundary is wrong.")


def read_parts(content_type: str, body: bytes, limit: int) -> list[tuple[str, str | Upload]]:
    """Return the name and the value of each part of a body, in their order.

    `content_type` is the header of the request. Raises NotMultipart for a body that is cut off,
    malformed or has more parts than `limit`.
    """
    options = parse_options_header(content_type)[1]
    boundary = options.get(b"boundary", b"")
    parts = _Parts(limit)
    try:
        MultipartParser(boundary, parts.callbacks()).write(_without_preamble(boundary, body))
    except FormParserError:
        raise NotMultipart(_MALFORMED) from None
    if not parts.is_complete:
        raise NotMultipart(say("The body ends before its closing boundary."))
    charset = options.get(b"charset", b"utf-8")
    return [_value(head, bytes(content), charset) for head, content in parts.found]


def _without_preamble(boundary: bytes, body: bytes) -> bytes:
    """Return the body from its first boundary on, without blanks behind that boundary.

    RFC 2046 section 5.1.1 allows both, and python-multipart neither.
    """
    delimiter = b"--" + boundary
    first = re.compile(rb"(?:\A|\r\n)%s(?:(?=--)|[ \t]*(?=\r\n))" % re.escape(delimiter))
    found = first.search(body)
    if not found or not boundary:
        raise NotMultipart(_MALFORMED)
    return delimiter + body[found.end() :]


Head = dict[bytes, bytes]


class _Parts:
    """Heads and contents of the parts that a parser has found so far."""

    def __init__(self, limit: int) -> None:
        self.found: list[tuple[Head, bytearray]] = []
        self.is_complete = False
        self._limit = limit
        self._name = self._value = b""

    def callbacks(self) -> "MultipartCallbacks":
        """Return the functions that python-multipart calls; data is a slice of a buffer."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._data,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.found) == self._limit:
            raise NotMultipart(say("More than {limit} fields or parameters.", limit=self._limit))
        self.found.append(({}, bytearray()))

    def _header_name(self, buffer: bytes, start: int, end: int) -> None:
        self._name += buffer[start:end].lower()

    def _header_value(self, buffer: bytes, start: int, end: int) -> None:
        self._value += buffer[start:end]

    def _header_end(self) -> None:
        self.found[-1][0][self._name] = self._value
        self._name = self._value = b""

    def _data(self, buffer: bytes, start: int, end: int) -> None:
        self.found[-1][1].extend(buffer[start:end])

    def _end(self) -> None:
        self.is_complete = True


def _value(head: Head, content: bytes, charset: bytes) -> tuple[str, str | Upload]:
    """Return the name of a part, and its text or the file in it."""
    disposition = head.get(b"content-disposition", b"")
    options = parse_options_header(disposition)[1]
    if b"name" not in options:
        raise NotMultipart(_MALFORMED)
    if head.get(b"content-transfer-encoding", b"").strip().lower() not in _IDENTITY:
        raise NotMultipart(say("A part of the body is sent as it is, without a transfer encoding."))
    name = _decoded(options[b"name"], charset)
    filename = _filename(disposition, options)
    if filename is not None:
        return name, Upload(filename, content)
    own = parse_options_header(head.get(b"content-type"))[1]
    return name, _decoded(content, own.get(b"charset", charset))


def _filename(disposition: bytes, options: dict[bytes, bytes]) -> str | None:
    """Return the name of the file in a part; None if the part holds a text.

    RFC 7578 section 4.2 forbids `filename*` (RFC 8187), which clients made for e-mail and for
    responses send all the same.
    """
    if b"filename" in options:
        return options[b"filename"].decode("utf-8", "replace")
    return parse_extended_options(disposition.decode("latin-1"))[1].get("filename")


def _decoded(text: bytes, charset: bytes) -> str:
    """Return text that was sent in a charset. Raises NotMultipart if it is not in it."""
    name = charset.decode("latin-1")
    try:
        encoding = lookup(name).name
        if encoding not in CHARSETS:
            raise LookupError
        return text.decode(encoding)
    except (LookupError, ValueError):
        raise NotMultipart(
            say("A part of the body is not in the charset {charset}.", charset=ascii(name[:50]))
        ) from None
