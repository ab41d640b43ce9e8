"""XML-RPC on the wire: calls into values, and values into answers (http://xmlrpc.com/spec.md).

What comes out of a call is what JSON can hold, and bytes. What goes into an answer is what JSON
held; its fractions are Decimals, so that no digit changes on the way.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from xml.parsers.expat import ExpatError
from xmlrpc.client import Fault, Marshaller, Unmarshaller  # nosec B411

from defusedxml.common import DTDForbidden
from defusedxml.xmlrpc import DefusedExpatParser

from app.pipeline.problems import Problem
from app.pipeline.reading import DEPTH
from app.xml.parsing import Malformed, feed
from app.xml.text import read as read_text
from app.xml.text import written
from models.sentence import Sentence, say

# A call of a call of a call: the batch, its entry and the list of arguments are around a struct.
NESTING = DEPTH + 4
# What is read before anybody has shown a key must not keep the server busy.
ELEMENTS = 10_000

NO_CALL = say("The body is not an XML-RPC method call.").template

# int() and float() also take "1_0", digits of other scripts, and what is no number at all.
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_DOUBLE = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?")
_COMPACT_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(T.*)", re.ASCII)
INT_32 = range(-(2**31), 2**31)


def _write_integer(writer: "_Writer", value: int, write: Callable[[str], Any]) -> None:
    if value in INT_32:
        writer.dump_int(value, write)
    else:
        # PHP reads <i8> as null, and a double would lose digits. Everybody reads a text.
        writer.dump_unicode(str(value), write)


class _Writer(Marshaller):
    dispatch: Any = {  # noqa: RUF012
        **Marshaller.dispatch,
        int: _write_integer,
        Decimal: lambda writer, value, write: write(f"<value><double>{value:f}</double></value>\n"),
        str: lambda writer, value, write: writer.dump_unicode(value, write, escape=written),
        dict: lambda writer, value, write: writer.dump_struct(value, write, escape=written),
    }


def write_answer(value: Any) -> bytes:
    """The document that answers a call: with a value, or with a Fault."""
    content = _Writer(allow_none=True).dumps(value if isinstance(value, Fault) else (value,))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<methodResponse>\n{content}</methodResponse>\n'
    ).encode()


class _Reader(Unmarshaller):
    """The reader of the standard library, made as strict as the JSON reader of the pipeline."""

    def __init__(self) -> None:
        super().__init__(use_builtin_types=True)
        self._elements = 0

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        super().start(tag, attrs)
        self._elements += 1
        if len(self._marks) > NESTING or self._elements > ELEMENTS:
            raise ValueError

    def end_integer(self, data: str) -> None:
        self._append(int(_matching(_INTEGER, data)))

    def end_number(self, data: str) -> None:
        self._append(float(_matching(_DOUBLE, data)))

    def end_text(self, data: str) -> None:
        self._append(read_text(data))

    def end_moment(self, data: str) -> None:
        """A moment as ISO 8601; whether it is one, the contract decides."""
        found = _COMPACT_MOMENT.fullmatch(data.strip())
        self._append("-".join(found.groups()[:3]) + found[4] if found else data)

    def end_members(self, data: str) -> None:
        items = self._stack[self._marks[-1] :]
        names = items[::2]
        if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
            raise ValueError
        super().end_struct(data)

    def _append(self, value: Any) -> None:
        self.append(value)
        self._value = False

    dispatch: Any = {  # noqa: RUF012
        **Unmarshaller.dispatch,
        **dict.fromkeys(("i1", "i2", "i4", "i8", "int", "biginteger"), end_integer),
        **dict.fromkeys(("double", "float", "bigdecimal"), end_number),
        **dict.fromkeys(("string", "name"), end_text),
        "dateTime.iso8601": end_moment,
        "struct": end_members,
    }
    # What stands in a value without a type is a text, too.
    end_string = end_text


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text.strip()):
        raise ValueError
    return text


def read_call(document: bytes) -> tuple[str, tuple[Any, ...]]:
    """The name of the method and its arguments. Raises a 400 problem if this is no call.

    Document types are refused before anything in them is looked at.
    """
    reader = _Reader()
    parser = DefusedExpatParser(reader, forbid_dtd=True)
    try:
        expat: Any = parser._parser  # type: ignore[attr-defined]
        feed(document, parser.feed, lambda: expat.CurrentByteIndex)
        parser.close()
        arguments = reader.close()
        name = reader.getmethodname()
    except ExpatError as error:
        raise _malformed(
            "The body is not XML: line {line}, column {column}.",
            line=error.lineno,
            column=error.offset + 1,
        ) from None
    except Malformed as error:
        raise Problem("malformed-request", error.sentence) from None
    except DTDForbidden:
        raise _malformed("The body may not have a document type.") from None
    except Exception:
        # The reader raises whatever comes up, and any Fault that the sender wrote.
        raise _malformed(NO_CALL) from None
    if not name:
        raise _malformed(NO_CALL)
    return name, arguments


def _malformed(template: str, **values: Any) -> Problem:
    return Problem("malformed-request", Sentence(template, values))
