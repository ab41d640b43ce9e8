"""What hangs on the items of a page: read for all of them at once."""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Table, func, select

from app.schemas.compiler import Item, Serialiser
from models.any_of import any_of
from models.reads import Reader


class Relation(Protocol):
    """What an include adds. Both methods cost the same number of statements for any page."""

    def load(self, reader: Reader, items: Sequence[Item], site: str) -> list[Any]:
        """The related value of each item, in the order of the items."""

    def count(self, reader: Reader, items: Sequence[Item]) -> list[int]:
        """How many related rows each item has."""


class Many:
    """The rows of `table` whose column `key` holds the id of the owner."""

    def __init__(
        self, table: Table, key: str, serialiser: Serialiser, *criteria: ColumnElement[bool]
    ) -> None:
        owned = (any_of(table.c[key], "owners"), *criteria)
        self._key = key
        self._serialiser = serialiser
        self._rows = select(*serialiser.columns).where(*owned).order_by(table.c.id)
        self._counts = select(table.c[key], func.count()).where(*owned).group_by(table.c[key])

    def load(self, reader: Reader, items: Sequence[Item], site: str) -> list[Any]:
        found: dict[int, list[Item]] = {item["id"]: [] for item in items}
        rows = reader.rows(self._rows, {"owners": list(found)})
        for related in self._serialiser.items(rows):
            found[related[self._key]].append(related)
        return [found[item["id"]] for item in items]

    def count(self, reader: Reader, items: Sequence[Item]) -> list[int]:
        found = reader.rows(self._counts, {"owners": [item["id"] for item in items]})
        counts: dict[int, int] = {owner: number for owner, number in found}  # noqa: C416
        return [counts.get(item["id"], 0) for item in items]


class One:
    """The row of `table` whose id the owner holds in its column `key`, deleted or not."""

    def __init__(self, table: Table, key: str, serialiser: Serialiser) -> None:
        self._key = key
        self._serialiser = serialiser
        self._rows = select(*serialiser.columns).where(any_of(table.c.id, "ids"))

    def load(self, reader: Reader, items: Sequence[Item], site: str) -> list[Any]:
        ids = {item[self._key] for item in items} - {None}
        rows = reader.rows(self._rows, {"ids": list(ids)})
        found = {related["id"]: related for related in self._serialiser.items(rows)}
        return [found.get(item[self._key]) for item in items]

    def count(self, reader: Reader, items: Sequence[Item]) -> list[int]:
        return [int(item[self._key] is not None) for item in items]
