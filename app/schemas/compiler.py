"""A marshmallow schema as the columns of a SELECT, whose rows are items of an answer as they come.

`Schema.dump` decides for every field of every row how to read and convert it. All of that is
known when the server starts. So the statement asks for the properties in their order, with types
whose values are what stands in the answer, and a row needs no more than its names.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from marshmallow import Schema, fields
from sqlalchemy import Column, ColumnElement, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
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


class _Converted(UserDefinedType[Any]):
    """What a driver gives for a column, converted by a function unless the database has."""

    cache_ok = True

    def __init__(self, convert: Callable[[Any], Any], databases: tuple[str, ...]) -> None:
        self.convert = convert
        self.databases = databases

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return None if dialect.name in self.databases else self.convert


def _write_moment(value: datetime | None) -> str | None:
    return None if value is None else write_moment(value)


class Shown(FunctionElement[Any]):
    """A column read as an answer shows it. `in_sqlite` and `in_mariadb` are the same in SQL: a
    function called for each value would take longer than all the rest."""

    in_sqlite: ClassVar[str]
    in_mariadb: ClassVar[str] = "{0}"


class shown_amount(Shown):
    """Money as a number, stored by SQLite as cents."""

    inherit_cache = True
    type = _Converted(amount, ("sqlite",))
    in_sqlite = "CASE WHEN {0} % 100 = 0 THEN {0} / 100 ELSE {0} / 100.0 END"


class shown_balance(Shown):
    """Money as a text with two decimals."""

    inherit_cache = True
    type = _Converted(balance, ("sqlite", "mariadb"))
    in_sqlite = "CASE WHEN {0} NOTNULL THEN printf('%.2f', {0} / 100.0) END"
    in_mariadb = "CAST({0} AS CHAR)"


class shown_moment(Shown):
    """A moment, which SQLite and MariaDB write as 2026-03-02 09:00:00.000000."""

    inherit_cache = True
    type = _Converted(_write_moment, ("sqlite", "mariadb"))
    in_sqlite = "replace({0}, ' ', 'T') || 'Z'"
    in_mariadb = "concat(replace({0}, ' ', 'T'), 'Z')"


@compiles(Shown)
def _plain(element: Shown, compiler: Any, **options: Any) -> str:
    text: str = compiler.process(element.clauses, **options)
    return text


@compiles(Shown, "sqlite")
def _converted(element: Shown, compiler: Any, **options: Any) -> str:
    return element.in_sqlite.format(compiler.process(element.clauses, **options))


@compiles(Shown, "mariadb")
def _converted_too(element: Shown, compiler: Any, **options: Any) -> str:
    return element.in_mariadb.format(compiler.process(element.clauses, **options))


# How columns of these kinds of field are read.
_SHOWN: dict[type[fields.Field[Any]], type[Shown]] = {
    Money: shown_amount,
    Balance: shown_balance,
    Moment: shown_moment,
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
            if type(field) not in _SHOWN and type(field) not in _PLAIN
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
    column = table.c[field.attribute or name]
    shown = _SHOWN.get(type(field))
    return (shown(column) if shown else column).label(name)


def as_shown(column: Column[Any]) -> ColumnElement[Any]:
    """A column of which there is no field, read as an answer would show it."""
    if isinstance(column.type, UTCDateTime):
        return shown_moment(column).label(column.name)
    return column
