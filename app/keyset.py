"""Places in a sorted list, and how SQL finds what lies behind one: keyset paging.

An offset counts all rows before a page. A place is found in an index, however far it is, and it
stays where it is while rows are added before it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, and_, bindparam

from app.moments import read_moment
from models.base import Money, UTCDateTime

# The id makes every order total, so that pages never share or lose a row.
ID = "id"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place next to a row: the page `number` lies behind it or, `backwards`, before it.

    `row` holds what the list is sorted by, as an answer would show it, and the id.
    """

    sorts: tuple[str, ...]
    backwards: bool
    number: int
    row: Mapping[str, Any]

    @property
    def nulls(self) -> tuple[bool, ...]:
        """Which properties of the order the row does not have."""
        return tuple(self.row[name.lstrip("-")] is None for name in total(self.sorts))


class Sorted(NamedTuple):
    """A column of an order."""

    column: Column[Any]
    descending: bool


def total(sorts: Sequence[str]) -> tuple[str, ...]:
    """The sorts with the id behind them. It follows the direction of the last one, so that an
    index can be read from one end to the other."""
    return (*sorts, f"-{ID}" if sorts and sorts[-1].startswith("-") else ID)


def next_to(
    row: Mapping[str, Any], sorts: Sequence[str], number: int, *, backwards: bool = False
) -> Cursor:
    """The place next to a row, with the page `number` behind it or, `backwards`, before it."""
    names = [name.lstrip("-") for name in total(sorts)]
    return Cursor(tuple(sorts), backwards, number, {name: row[name] for name in names})


def bound(order: Sequence[Sorted], cursor: Cursor) -> dict[str, Any]:
    """What to bind to the criteria of `behind`."""
    return {
        f"at{n}": _stored(column, cursor.row[column.name]) for n, (column, _) in enumerate(order)
    }


def _stored(column: Column[Any], value: Any) -> Any:
    """A value of an answer as its column has it."""
    if value is None:
        return None
    if isinstance(column.type, UTCDateTime):
        return read_moment(value)
    return Decimal(str(value)) if isinstance(column.type, Money) else value


def behind(
    order: Sequence[Sorted], nulls: Sequence[bool], dialect: str
) -> list[ColumnElement[bool]]:
    """Criteria for the rows behind a place, nearest first.

    All rows of one come before all of the next. Each fixes some columns and opens one, which is
    what an index can find; one criterion for all of them would read the list from its beginning.
    """
    found = []
    for depth in reversed(range(len(order))):
        same = [_same(order[n].column, nulls[n], f"at{n}") for n in range(depth)]
        for further in _further(order[depth], nulls[depth], f"at{depth}", dialect):
            found.append(and_(*same, further))
    return found


def _same(column: Column[Any], is_null: bool, name: str) -> ColumnElement[bool]:
    return column.is_(None) if is_null else column == bindparam(name)


def _further(
    ordered: Sorted, is_null: bool, name: str, dialect: str
) -> Iterator[ColumnElement[bool]]:
    """Criteria for the values that come after one. NULL is the largest to PostgreSQL, and the
    smallest to all others."""
    column, descending = ordered
    nulls_come_first = descending == (dialect == "postgresql")
    if is_null:
        if nulls_come_first:
            yield column.is_not(None)
        return
    yield column < bindparam(name) if descending else column > bindparam(name)
    if column.nullable and not nulls_come_first:
        yield column.is_(None)
