"""What hangs on the items of a page: read for all of them at once."""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Table, bindparam, func, select

from app.schemas.compiler import Item, Serialiser


class Relation(Protocol):
    """What an include adds. Both methods cost the same number of statements for any page."""

    def load(self, connection: Connection, items: Sequence[Item], site: str) -> list[Any]:
        """The related value of each item, in the order of the items."""

    def count(self, connection: Connection, items: Sequence[Item]) -> list[int]:
        """How many related rows each item has."""


class Many:
    """The rows of `table` whose column `key` holds the id of the owner."""

    def __init__(
        self, table: Table, key: str, serialiser: Serialiser, *criteria: ColumnElement[bool]
    ) -> None:
        owned = (table.c[key].in_(bindparam("owners", expanding=True)), *criteria)
        self._key = key
        self._serialiser = serialiser
        self._rows = select(*serialiser.columns).where(*owned).order_by(table.c.id)
        self._counts = select(table.c[key], func.count()).where(*owned).group_by(table.c[key])

    def load(self, connection: Connection, items: Sequence[Item], site: str) -> list[Any]:
        found: dict[int, list[Item]] = {item["id"]: [] for item in items}
        rows = connection.execute(self._rows, {"owners": list(found)}).all()
        for related in self._serialiser.items(rows):
            found[related[self._key]].append(related)
        return [found[item["id"]] for item in items]

    def count(self, connection: Connection, items: Sequence[Item]) -> list[int]:
        found = connection.execute(self._counts, {"owners": [item["id"] for item in items]})
        counts: dict[int, int] = {owner: number for owner, number in found}  # noqa: C416
        return [counts.get(item["id"], 0) for item in items]


class One:
    """The row of `table` whose id the owner holds in its column `key`, deleted or not."""

    def __init__(self, table: Table, key: str, serialiser: Serialiser) -> None:
        self._key = key
        self._serialiser = serialiser
        ids: Any = bindparam("ids", expanding=True)
        self._rows = select(*serialiser.columns).where(table.c.id.in_(ids))

    def load(self, connection: Connection, items: Sequence[Item], site: str) -> list[Any]:
        ids = {item[self._key] for item in items} - {None}
        rows = connection.execute(self._rows, {"ids": list(ids)}).all()
        found = {related["id"]: related for related in self._serialiser.items(rows)}
        return [found.get(item[self._key]) for item in items]

    def count(self, connection: Connection, items: Sequence[Item]) -> list[int]:
        return [int(item[self._key] is not None) for item in items]
