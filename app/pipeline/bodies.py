"""Bodies as values: JSON, XML and the two kinds of form, with their limits."""

import json
import re
from asyncio import timeout
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal, InvalidOperation
from email.message import Message
from itertools import count
from typing import Any, NoReturn
from urllib.parse import unquote_plus, unquote_to_bytes

from app.pipeline.call import Receive
from app.pipeline.media import JSON, XML
from app.pipeline.multipart import NotMultipart, read_parts
from app.pipeline.problems import Disconnected, Problem, invalid
from app.pipeline.reading import DEPTH, measure
from app.xml.decoding import Decode
from app.xml.parsing import ForeignCharacter, Malformed
from app.xml.parsing import parse as parse_xml
from models.sentence import Sentence, field, say

FORM, FILES = "application/x-www-form-urlencoded", "multipart/form-data"
# Fields of a form, and parameters of a query.
FIELDS = 1000
# Commas in a body of JSON, or in a field of a form: between all values of lists and objects,
# and in its texts.
COMMAS = 20_000


def _malformed(template: str, **values: Any) -> Problem:
    return Problem("malformed-request", Sentence(template, values))


async def read_body(
    receive: Receive, headers: dict[bytes, bytes], limit: int, patience: float
) -> bytes:
    """The whole body, chunked or not.

    Raises a 413 problem beyond `limit` bytes, and a 408 problem after `patience` seconds.
    """
    async with arriving(patience):
        return await _read(receive, headers, limit)


@asynccontextmanager
async def arriving(patience: float) -> AsyncGenerator[None]:
    """The arrival of a body. Raises a 408 problem if it takes longer than `patience` seconds."""
    try:
        async with timeout(patience):
            yield
    except TimeoutError:
        raise too_slow(patience) from None


def too_slow(patience: float) -> Problem:
    """The 408 problem of a request that did not arrive within `patience` seconds."""
    return Problem(
        "request-timeout",
        say("A request has to arrive within {limit} s.", limit=round(patience)),
        headers={"Connection": "close"},
    )


async def _read(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    announced = headers.get(b"content-length", b"0")
    # Before the first byte is asked for: who sends `Expect: 100-continue` need not send any.
    if announced.isdigit() and int(announced[:19]) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise _too_large(limit)
        more = message.get("more_body", False)
    return b"".join(chunks)


def _too_large(limit: int) -> Problem:
    return Problem(
        "payload-too-large", say("A body may have at most {limit} bytes.", limit=limit),
        # Clients stop to send upon this, where they listen meanwhile.
        headers={"Connection": "close"},
    )  # fmt: skip


def parse(media_type: str, content_type: str, body: bytes) -> Any:
    """The value of a body. Raises a 400 problem when it cannot be read as its media type."""
    if media_type == FILES:
        try:
            return nested(_fields(read_parts(content_type, body, FIELDS)))
        except NotMultipart as error:
            raise Problem("malformed-request", error.sentence) from None
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed(
            "The body is not UTF-8: byte {place} is wrong.", place=error.start
        ) from None
    if media_type == FORM:
        return nested(_fields(pairs(text)))
    _count_commas(text)
    return _json(text)


def _fields(fields: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    for _, value in fields:
        if isinstance(value, str):
            _count_commas(value)
    return fields


def _count_commas(text: str) -> None:
    """Raise a 413 problem for a text that would become too many values.

    It is counted before it is read, which takes a microsecond for each value.
    """
    if text.count(",") > COMMAS:
        raise Problem(
            "payload-too-large",
            say("A body may hold at most {limit} commas between values.", limit=COMMAS),
        )


# How JSON and XML begin, and the name of no field of a form.
_BEGINNINGS = {b"{": JSON, b"[": JSON, b"<": XML}


def undeclared(body: bytes) -> str | None:
    """Return the media type of JSON or XML that is sent as a form; None for a real form.

    curl sends `-d '{"stock": 45}'` as a form, if no other type is named. A form encodes such a
    beginning; so does a library that takes the whole text for the name of the only field.
    """
    has_fields = b"=" in body.removesuffix(b"=")
    text = body[:100] if has_fields else unquote_to_bytes(body[:100])
    # The BOM, the mark of UTF-8, is no part of the text.
    return _BEGINNINGS.get(text.removeprefix(BOM_UTF8).lstrip()[:1])


def xml_value(body: bytes, content_type: str, decode: Decode) -> Any:
    """The value of a body in XML, which only its schema can tell; problems as for `parse`."""
    options = Message()
    options["content-type"] = content_type
    charset = str(options.get_param("charset", ""))
    # In JSON, what is in the innermost object or list is not one level more.
    try:
        return decode(parse_xml(body, DEPTH + 1, charset.lower()))
    except Malformed as error:
        raise Problem("malformed-request", error.sentence) from None
    except ForeignCharacter:
        reason = say(
            "has a character that XML 1.0 does not have; write _x0001_ for the character 1"
        )
        raise invalid("invalid-body", {"body": [field("body", reason)]}) from None


def _json(text: str) -> Any:
    try:
        value = json.loads(
            text.removeprefix("\ufeff"),
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_unique,
        )
        measure(value, DEPTH)
    except json.JSONDecodeError as error:
        raise _malformed(
            "The body is not JSON: line {line}, column {column}.",
            line=error.lineno,
            column=error.colno,
        ) from None
    except RecursionError:
        raise too_deep() from None
    except (ValueError, InvalidOperation):
        raise _malformed("The body holds a number that is too long.") from None
    return value


def _no_constant(name: str) -> NoReturn:
    raise _malformed("The body is not JSON: {name} is not a JSON number.", name=name)


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) != len(members):
        names = Counter(name for name, _ in members)
        twice = next(name for name, number in names.items() if number > 1)
        raise _malformed("The body has the member {name} more than once.", name=ascii(twice[:50]))
    return value


def too_deep() -> Problem:
    """The 400 problem of a body that nests deeper than DEPTH."""
    return _malformed("The body is nested more than {limit} levels deep.", limit=DEPTH)


def pairs(text: str) -> list[tuple[str, str]]:
    """The pairs of a query string or form. Raises a 400 problem on bad escapes or too many."""
    parts = [part for part in text.split("&") if part]
    if len(parts) > FIELDS:
        raise _malformed("More than {limit} fields or parameters.", limit=FIELDS)
    try:
        return [
            (unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict"))
            for name, _, value in (part.partition("=") for part in parts)
        ]
    except UnicodeDecodeError:
        raise _malformed("A field or parameter is not percent-encoded UTF-8.") from None


def _both(name: str) -> Problem:
    return _malformed("The field {name} is both a value and an object.", name=ascii(name[:50]))


def _next_place(entries: dict[str, Any]) -> str:
    """Return the key of a new entry, such as that of `x[]=a` in x."""
    return next(key for key in map(str, count(len(entries))) if key not in entries)


_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


def nested(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Form fields as an object: `pricing[monthly][price]=9` is a field in a field in a field."""
    result: dict[str, Any] = {}
    for name, value in fields:
        head, bracket, rest = name.partition("[")
        steps = [head, *_BRACKETS.findall(bracket + rest)] if bracket else [head]
        if len(steps) > DEPTH:
            raise _malformed("A field is nested more than {limit} levels deep.", limit=DEPTH)
        target = result
        for step in steps[:-1]:
            below = target.setdefault(step, {})
            if not isinstance(below, dict):
                raise _both(step)
            target = below
        last = (steps[-1] or _next_place(target)) if bracket else head
        if isinstance(target.get(last), dict):
            raise _both(last)
        target[last] = value
    return result
