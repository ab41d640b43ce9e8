"""What hangs on the rows of a page: read for all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, Table, bindparam, func, select
from sqlalchemy.orm import Session

from app.schemas.compiler import Dump

Item = dict[str, Any]


class Relation(Protocol):
    """What an include adds. Both methods cost the same number of statements for any page."""

    def load(self, session: Session, rows: Sequence[Any], site: str) -> list[Any]:
        """The related value of each row, in the order of the rows."""

    def count(self, session: Session, rows: Sequence[Any]) -> list[int]:
        """How many related rows each row has."""


@dataclass(frozen=True)
class Many:
    """The rows of `table` whose column `key` holds the id of the owner."""

    table: Table
    key: str
    dump: Dump
    criteria: tuple[ColumnElement[bool], ...] = ()

    def load(self, session: Session, rows: Sequence[Any], site: str) -> list[Any]:
        found: dict[int, list[Item]] = {row.id: [] for row in rows}
        key = self.table.c[self.key]
        statement = _related(self.table, key, self.criteria)
        for related in session.connection().execute(statement, {"owners": list(found)}).all():
            found[getattr(related, self.key)].append(self.dump(related))
        return [found[row.id] for row in rows]

    def count(self, session: Session, rows: Sequence[Any]) -> list[int]:
        key = self.table.c[self.key]
        statement = (
            select(key, func.count())
            .where(key.in_(bindparam("owners", expanding=True)), *self.criteria)
            .group_by(key)
        )
        owners = {"owners": [row.id for row in rows]}
        found = session.connection().execute(statement, owners)
        counts: dict[int, int] = {owner: number for owner, number in found.all()}  # noqa: C416
        return [counts.get(row.id, 0) for row in rows]


@dataclass(frozen=True)
class One:
    """The row of `table` whose id the owner holds in its column `key`, deleted or not."""

    table: Table
    key: str
    dump: Dump

    def load(self, session: Session, rows: Sequence[Any], site: str) -> list[Any]:
        statement = select(self.table).where(self.table.c.id.in_(bindparam("ids", expanding=True)))
        ids = {getattr(row, self.key) for row in rows} - {None}
        found = session.connection().execute(statement, {"ids": list(ids)}).all()
        items = {row.id: self.dump(row) for row in found}
        return [items.get(getattr(row, self.key)) for row in rows]

    def count(self, session: Session, rows: Sequence[Any]) -> list[int]:
        return [int(getattr(row, self.key) is not None) for row in rows]


@lru_cache
def _related(
    table: Table, key: ColumnElement[Any], criteria: tuple[ColumnElement[bool], ...]
) -> Select[Any]:
    owned = key.in_(bindparam("owners", expanding=True))
    return select(table).where(owned, *criteria).order_by(table.c.id)
