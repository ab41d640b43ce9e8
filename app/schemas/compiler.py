"""A marshmallow schema as the columns of a SELECT, whose rows are items of an answer as they come.

`Schema.dump` decides for every field of every row how to read and convert it. All of that is
known when the server starts. So the statement asks for the properties in their order, with types
whose values are what stands in the answer, and a row needs no more than its names.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import Column, ColumnElement, Table, type_coerce
from sqlalchemy.engine import Dialect
from sqlalchemy.types import UserDefinedType

from app.moments import read_moment, write_moment
from models.base import UTCDateTime

Item = dict[str, Any]


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
        return None if value is None else write_moment(value)

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


class AmountOut(UserDefinedType[Any]):
    """A column of money, read as the number of an answer."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return _from_cents if dialect.name == "sqlite" else amount


class BalanceOut(UserDefinedType[Any]):
    """A column of money, read as a text with two decimals."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return _text_of_cents if dialect.name == "sqlite" else balance


class MomentOut(UserDefinedType[Any]):
    """A column of moments, read as the text of an answer."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return _from_sqlite if dialect.name == "sqlite" else _from_datetime


def _from_cents(value: int | None) -> float | int | None:
    if value is None:
        return None
    whole, cents = divmod(value, 100)
    return value / 100 if cents else whole


def _text_of_cents(value: int | None) -> str | None:
    return None if value is None else balance(Decimal(value).scaleb(-2))


def _from_sqlite(value: str | None) -> str | None:
    # It has 2026-03-02 09:00:00.000000.
    return f"{value[:10]}T{value[11:]}Z" if value else None


def _from_datetime(value: datetime | None) -> str | None:
    return None if value is None else write_moment(value)


# Kinds of field whose column is read with a type of its own.
_OUT: dict[type[fields.Field[Any]], UserDefinedType[Any]] = {
    Money: AmountOut(),
    Balance: BalanceOut(),
    Moment: MomentOut(),
}
# Fields whose value stands in an answer as it is in the row.
_PLAIN = (fields.Integer, fields.String, fields.Boolean, fields.Dict, fields.Raw)


class Serialiser:
    """Reads rows of a table as the items that a schema describes.

    Relations (nested fields) are rows of their own, read with one statement for a whole page and
    added there, as are the values that are computed from them (`metadata={"computed": True}`).
    """

    def __init__(self, schema: Schema, table: Table) -> None:
        own = {
            name: field
            for name, field in schema.dump_fields.items()
            if not isinstance(field, fields.Nested | fields.List)
            and not field.metadata.get("computed")
        }
        self.columns: list[ColumnElement[Any]] = [
            _column(table, field, name) for name, field in own.items()
        ]
        self._names = tuple(own)
        self._others = {
            name: field
            for name, field in own.items()
            if type(field) not in _OUT and type(field) not in _PLAIN
        }

    def items(self, rows: Iterable[Sequence[Any]]) -> list[Item]:
        """The items of rows that were selected by `columns`, and perhaps more behind them."""
        names = self._names
        items = [dict(zip(names, row, strict=False)) for row in rows]
        for name, field in self._others.items():
            for item in items:
                item[name] = field.serialize(name, item)
        return items


def _column(table: Table, field: fields.Field[Any], name: str) -> ColumnElement[Any]:
    column: ColumnElement[Any] = table.c[field.attribute or name]
    out = _OUT.get(type(field))
    return (column if out is None else type_coerce(column, out)).label(name)


def as_shown(column: Column[Any]) -> ColumnElement[Any]:
    """A column of which there is no field, read as an answer would show it."""
    if isinstance(column.type, UTCDateTime):
        return type_coerce(column, MomentOut()).label(column.name)
    return column
