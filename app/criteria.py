"""Filters of a list as SQL: which rows match a text, a value or a day."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Column, ColumnElement, and_, bindparam, func, or_, select

# A part of a text in any case, the same of a text in ASCII, a part as it is, the very value, any
# moment of a day.
Match = Literal["text", "ascii", "part", "exact", "day"]
Filter = tuple[str, Match, int]


class Search(NamedTuple):
    """How a column is searched: which column is looked at, for what a text stands for."""

    column: str
    meant: Callable[[str], str]
    match: Match = "text"


def literal(text: str) -> str:
    """The text in lower case, with the wildcards of LIKE meaning themselves."""
    return text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def day(text: str) -> tuple[datetime, datetime]:
    """The first moment of a day and of the next, in UTC."""
    start = datetime.combine(date.fromisoformat(text), time(), UTC)
    # Nothing is created on the last day of the calendar, which has no next one.
    return start, start + timedelta(days=1) if start.year < 9999 else start


def criterion(
    column: Column[Any], match: Match, count: int, start: str, dialect: str
) -> ColumnElement[bool]:
    """A filter with `count` alternatives, bound by names that begin with `start`."""
    names = [f"{start}{number}" for number in range(count)]
    if match == "exact":
        # As many parameters as values, so that a planner knows how few they are.
        return column.in_([bindparam(name, type_=column.type) for name in names])
    if match == "day":
        return or_(
            *(and_(column >= bindparam(name), column < bindparam(f"{name}end")) for name in names)
        )
    is_sqlite = dialect == "sqlite"
    if match == "part":
        return _containing(column, column, names, is_sqlite)
    # SQLite's LIKE knows no case, but in ASCII only; its lower() knows all letters, at a price.
    text = column if match == "ascii" and is_sqlite else func.lower(column)
    return _containing(column, text, names, is_sqlite)


def _containing(
    column: Column[Any], text: ColumnElement[str], names: list[str], is_sqlite: bool
) -> ColumnElement[bool]:
    """Rows in which the text that is made of a column holds one of the parts."""
    found = or_(*(text.like(bindparam(name), escape="\\") for name in names))
    return _read_in_index(column, found) if is_sqlite and _is_indexed(column) else found


def _is_indexed(column: Column[Any]) -> bool:
    """Whether an index holds the whole column."""
    starts = [next(iter(index.columns)) for index in column.table.indexes]
    return bool(column.unique) or column in starts


def _read_in_index(column: Column[Any], found: ColumnElement[bool]) -> ColumnElement[bool]:
    """A criterion on one column that reads its index, which is smaller than the table."""
    table_id = column.table.c.id
    return table_id.in_(select(table_id).where(found))
