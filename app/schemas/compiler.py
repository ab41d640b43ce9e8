"""A marshmallow schema as one plain function from row to dict.

`Schema.dump` decides for every field of every row how to read and convert it. All of that is
known when the server starts, so it is written out once, as the source of a lambda.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from marshmallow import Schema, fields

from app.moments import read_moment, write_moment

Dump = Callable[[Any], dict[str, Any]]


class Money(fields.Decimal):
    """An exact amount. In an answer it is a JSON number with at most two decimals."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return amount(value)


class Balance(fields.Decimal):
    """An exact amount that an answer writes as a text with two decimals."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return balance(value)


class Moment(fields.DateTime):
    """A moment: in an answer UTC, in a request with any time zone."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return moment(value)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        return read_moment(value)


def amount(value: Decimal | None) -> float | int | None:
    """Whole amounts without a fraction, others with the digits that are stored.

    A float is only the carrier to the JSON encoder: every amount of up to 15 digits comes out of
    it with the digits that went in.
    """
    if value is None:
        return None
    whole = int(value)
    return whole if whole == value else float(value)


def balance(value: Decimal | None) -> str | None:
    """The amount with its two decimals."""
    return None if value is None else f"{value:.2f}"


def moment(value: datetime | None) -> str | None:
    """The text of a moment, if there is one."""
    return None if value is None else write_moment(value)


# Fields whose value stands in an answer as it is in the row.
_PLAIN = (fields.Integer, fields.String, fields.Boolean, fields.Dict)


def compile_dump(schema: Schema) -> Dump:
    """What `schema.dump` gives for a row, without its relations and computed fields.

    Relations (nested fields) are rows of their own, read with one statement for a whole page and
    added there, as are the values that are computed from them (`metadata={"computed": True}`).
    """
    names: dict[str, Any] = {"amount": amount, "balance": balance, "moment": moment}
    entries: list[str] = []
    for name, field in schema.dump_fields.items():
        read = f"row.{field.attribute or name}"
        if isinstance(field, (fields.Nested, fields.List)) or field.metadata.get("computed"):
            continue
        match field:
            case Money():
                value = f"amount({read})"
            case Balance():
                value = f"balance({read})"
            case Moment():
                value = f"moment({read})"
            case _ if type(field) in _PLAIN:
                value = read
            case _:
                names[f"serialize_{name}"] = field.serialize
                value = f"serialize_{name}({name!r}, row)"
        entries.append(f"{name!r}: {value}")
    # Evaluated is only what our own schemas name, and only when the server starts.
    dump: Dump = eval(f"lambda row: {{{', '.join(entries)}}}", names)  # noqa: S307
    return dump
