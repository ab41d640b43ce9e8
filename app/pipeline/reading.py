"""Read what clients write: one value, many spellings.

Forms and older clients send `"10"`, `"1"` or `" name "` where the contract says integer, boolean
or string. A reader, compiled from a schema, turns each spelling into the one value that is then
validated. What it cannot read stays as it is, for the validator to name; only JSON that nests too
deep is refused, since nothing could go through it.
"""

import json
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.emails import in_ascii
from app.jsonschema import Json, inlined, is_nullable
from app.texts import BLANKS, meant

Reader = Callable[[Any], Any]

# Levels of objects and lists in each other. Deeper values than this are never meant, and every
# recursive reader has an end somewhere.
DEPTH = 64

# File name and content of a part that holds no file.
NO_FILE = ("", b"")

# int() and Decimal() also take "1_0", "+1" and digits of other scripts.
_INTEGER = re.compile(r"-?[0-9]{1,19}")
# A comma before three digits may be meant to separate thousands (docs/decisions/0025).
_NUMBER = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,19}|,[0-9]{1,2})?")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d))?", re.ASCII)
_PLACE = re.compile(r"[0-9]{1,6}")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
# No database and no wire holds these: NUL, and the halves of surrogate pairs.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def reader(document: Json, schema: Json) -> Reader:
    """The reader for values of a schema of the document."""
    schema = inlined(document, schema)
    read = _reader(document, schema)
    is_text = schema.get("type") == "string" and schema.get("format", "") in _WORDS
    return _or_null(read) if is_nullable(schema) and not is_text else read


def _reader(document: Json, schema: Json) -> Reader:
    match schema.get("type"):
        case "integer":
            return _integer
        case "number":
            return _number
        case "boolean":
            return _boolean
        case "string":
            return _STRINGS.get(schema.get("format", ""), _text)
        case "array":
            empty: list[Any] | None = None if is_nullable(schema) else []
            return _array(reader(document, schema.get("items", {})), empty)
        case "object" if "properties" in schema:
            properties = list(schema["properties"].items())
            readers = {name: reader(document, item) for name, item in properties}
            written = ((name, inlined(document, item)) for name, item in properties)
            defaults = {name: item["default"] for name, item in written if "default" in item}
            closed = schema.get("additionalProperties") is False
            return _object(readers, defaults, closed=closed)
        case _:
            return _free_or_json if "x-types" in schema else _free


def _or_null(read: Reader) -> Reader:
    """Forms have no null. Where null is possible and a text is not, its name means it."""

    def read_nullable(value: Any) -> Any:
        is_null = isinstance(value, str) and value.strip(BLANKS).lower() in ("null", "none")
        return None if is_null else read(value)

    return read_nullable


def _password(value: Any) -> Any:
    """Every blank of a password counts."""
    return value


def _file(value: Any) -> Any:
    """Browsers send a part without name and content where no file was chosen."""
    return value or None if isinstance(value, str) else None if value == NO_FILE else value


def _text(value: Any) -> Any:
    """Blanks around a string go, and one that is empty to the eye is null (core contract 1.1)."""
    return meant(value) if isinstance(value, str) else value


def _email(value: Any) -> Any:
    value = _text(value)
    return in_ascii(value) if isinstance(value, str) else value


def _trimmed(value: Any) -> Any:
    """A string of a program: nothing but the blanks around it is taken away."""
    return (value.strip(BLANKS) or None) if isinstance(value, str) else value


def _moment(value: Any) -> Any:
    """A day is its first moment, in UTC; forms leave the T and the time zone out."""
    value = _text(value)
    found = _DAY.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}T{found[2] or '00:00:00'}Z" if found else value


# Formats in which the words null and none may be meant as they are.
_WORDS = frozenset({"", "password", "safe-html"})
_STRINGS: dict[str, Reader] = {
    "password": _password, "binary": _file, "date-time": _moment, "email": _email,
}  # fmt: skip


def _integer(value: Any) -> Any:
    value = _text(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value) if value.adjusted() < 20 else value
    return value


def _number(value: Any) -> Any:
    value = _text(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value.replace(",", "."))
    return value


def _boolean(value: Any) -> Any:
    value = _text(value)
    if isinstance(value, str):
        return _BOOLEANS.get(value.lower(), value)
    # True == 1, so the type has to be looked at before the value.
    return bool(value) if type(value) is int and value in (0, 1) else value


def _array(item: Reader, empty: list[Any] | None) -> Reader:
    def read_array(value: Any) -> Any:
        if isinstance(value, str):
            text = value.strip(BLANKS)
            value = text.split(",") if text else empty
        elif isinstance(value, dict) and value and all(map(_PLACE.fullmatch, value)):
            # In a form x[]=a and x[0]=a are members of x.
            value = list(value.values())
        return [item(each) for each in value] if isinstance(value, list) else value

    return read_array


def _object(readers: dict[str, Reader], defaults: Json, *, closed: bool) -> Reader:
    def read_object(value: Any) -> Any:
        if isinstance(value, str) and value.lstrip().startswith("{"):
            value = _embedded(value)
        if not isinstance(value, dict):
            return _text(value)
        # Fields that the contract does not know are ignored, here and so everywhere; but a closed
        # object keeps them, for the validator to name.
        known = {name: read(value[name]) for name, read in readers.items() if name in value}
        return {**defaults, **(value if closed else {}), **known}

    return read_object


def _embedded(text: str) -> Any:
    """Read JSON in a field of a form: OpenAPI says so of a part that has no other type.

    Raises RecursionError where the body, with the field, nests deeper than DEPTH. Beyond about a
    thousand levels Python cannot tell whether a text is JSON, and it stays a text.
    """
    try:
        # int() refuses NaN and the infinities, which are not JSON.
        value = json.loads(text, parse_float=Decimal, parse_constant=int)
    except (ValueError, ArithmeticError, RecursionError):
        return text
    measure(value, DEPTH - 1)
    return value


def measure(value: Any, depth: int) -> None:
    """Raise RecursionError if objects and lists are in each other deeper than `depth` levels."""
    if not depth:
        raise RecursionError
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            if isinstance(item, (dict, list)):
                measure(item, depth - 1)


def _free_or_json(value: Any) -> Any:
    """A free object or list; in a form it is JSON."""
    is_json = isinstance(value, str) and value.lstrip().startswith(("{", "["))
    return _free(_embedded(value) if is_json else value)


def _free(value: Any) -> Any:
    """A value without a schema, in the types that JSON columns and answers can hold."""
    if isinstance(value, dict):
        return {name: _free(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_free(item) for item in value]
    if isinstance(value, Decimal):
        number = float(value)
        return number if math.isfinite(number) else value
    return _trimmed(value)
