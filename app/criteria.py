"""Filters of a list as SQL: which rows match a text, a value or a day."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    String,
    and_,
    bindparam,
    func,
    or_,
    select,
)

from models.folded import folded

# A part of a text in any case, the same of a text in ASCII, a part as it is, the very value, any
# moment of a day.
Match = Literal["text", "ascii", "part", "exact", "day"]
# The one letter beyond ASCII that is folded to one of ASCII, if texts are composed.
DOTTED_I = "İ"
Filter = tuple[str, Match, int]


class Search(NamedTuple):
    """How a column is searched: which column is looked at, for what a text stands for."""

    column: str
    meant: Callable[[str], str]
    match: Match = "text"


def literal(text: str) -> str:
    """The text, with the wildcards of LIKE meaning themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


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
    found = or_(
        *(_contains(column, bindparam(name, type_=String()), match, dialect) for name in names)
    )
    return _read_in_index(column, found) if dialect == "sqlite" and _is_indexed(column) else found


def _contains(
    column: Column[Any], part: BindParameter[Any], match: Match, dialect: str
) -> ColumnElement[bool]:
    """Whether a column holds a part of a text. To fold each row has its price, so it is done where
    nothing else would find the same."""
    if match == "part":
        return column.like(part, escape="\\")
    by_fold = folded(column).like(folded(part), escape="\\")
    if match == "text" or dialect == "postgresql":
        # PostgreSQL has an index of folded texts.
        return by_fold
    if dialect == "mariadb":
        return func.lower(column).like(func.lower(part), escape="\\")
    # SQLite's LIKE knows no case of ASCII.
    has_dotted_i = func.instr(column, DOTTED_I) > 0
    return or_(column.like(part, escape="\\"), and_(has_dotted_i, by_fold))


def _is_indexed(column: Column[Any]) -> bool:
    """Whether an index holds the whole column."""
    starts = [next(iter(index.columns)) for index in column.table.indexes]
    return bool(column.unique) or column in starts


def _read_in_index(column: Column[Any], found: ColumnElement[bool]) -> ColumnElement[bool]:
    """A criterion on one column that reads its index, which is smaller than the table."""
    table_id = column.table.c.id
    return table_id.in_(select(table_id).where(found))
