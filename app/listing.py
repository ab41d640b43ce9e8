"""Collections: page, filter, sort and include, as the contract declares them.

Which filters, sorts and includes exist, and which values they take, stands in the contract and
has been checked before a query comes here. This module turns the checked names into SQL: one
statement for the rows of a page, one for the total, one for each relation.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from marshmallow import Schema
from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, select

from app.criteria import Filter, Match, criterion, day, literal
from app.relations import Relation
from app.schemas.compiler import Item, Serialiser
from models.base import Base, missing


@dataclass(frozen=True, slots=True)
class Query:
    """The checked query parameters of a request.

    `matches` says for each parameter how a filter of that name compares. `sent` holds the pairs
    as they came, for links to other pages.
    """

    values: Mapping[str, Any]
    matches: Mapping[str, Match]
    sent: tuple[tuple[str, str], ...]


class Page(NamedTuple):
    """One page of a collection. `number` may lie beyond the last page: then it has no items."""

    items: list[Item]
    total: int
    number: int
    per_page: int

    @property
    def last_page(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def first(self) -> int | None:
        """The number of the first item in the whole collection, from 1."""
        return (self.number - 1) * self.per_page + 1 if self.items else None

    @property
    def last(self) -> int | None:
        return (self.number - 1) * self.per_page + len(self.items) if self.items else None


# Filters, sorts and the name of the dialect.
Shape = tuple[tuple[Filter, ...], tuple[str, ...], str]


class Collection:
    """The rows of a model as the API shows them.

    `always` are the relations that every answer holds, `relations` those that `include` may ask
    for. `older` maps list parameters of the first generation to the filters they stand for,
    `implied` those that mean something else besides. `computed` makes items that are more than
    their row.
    """

    def __init__(
        self,
        model: type[Base],
        schema: Schema,
        *,
        relations: Mapping[str, Relation] | None = None,
        always: Mapping[str, Relation] | None = None,
        older: Mapping[str, str] | None = None,
        implied: Mapping[str, Mapping[str, str]] | None = None,
        computed: Callable[[Connection, list[Item], str], list[Item]] | None = None,
    ) -> None:
        self.model = model
        self.table = table = model.__table__
        self.serialiser = Serialiser(schema, table)
        self.relations = relations or {}
        self.always = always or {}
        self.older = older or {}
        self.implied = implied or {}
        self.computed = computed
        columns = self.serialiser.columns
        self._by_id = select(*columns).where(table.c.id == bindparam("key"))
        self._living: dict[type, Select[Any]] = {
            int: self._by_id.where(table.c.deleted_at.is_(None))
        }
        if "uuid" in table.c:
            self._living[str] = select(*columns).where(
                table.c.uuid == bindparam("key"), table.c.deleted_at.is_(None)
            )
        self._statements = lru_cache(512)(self._build)

    def page(self, connection: Connection, query: Query, site: str) -> Page:
        """The page that a query asks for."""
        values = query.values
        filters, parameters = self._filters(query)
        shape = (filters, tuple(values.get("sort", ())), connection.dialect.name)
        rows_statement, total_statement = self._statements(shape)
        number, per_page = values["page"], values["per_page"]
        total = connection.execute(total_statement, parameters).scalar_one()
        window = {"size": per_page, "start": (number - 1) * per_page}
        items: list[Item] = []
        if window["start"] < total:
            rows = connection.execute(rows_statement, {**parameters, **window})
            items = self.complete(connection, rows, self.includes(values), site)
        return Page(items, total, number, per_page)

    def item(
        self, connection: Connection, key: int | str, site: str, query: Query | None = None
    ) -> Item:
        """One item by its id, or by its uuid. Raises NotFound for an unknown or deleted one."""
        rows = connection.execute(self._living[type(key)], {"key": key}).all()
        if not rows:
            raise missing(self.model, key)
        include = self.includes(query.values) if query else ()
        return self.complete(connection, rows, include, site)[0]

    def deleted(self, connection: Connection, item_id: int, site: str) -> Item:
        """One item by its id, deleted or not: the answer of a deletion."""
        rows = connection.execute(self._by_id, {"key": item_id})
        return self.complete(connection, rows, (), site)[0]

    def includes(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """What to include: the names of `include`, and `pricing` when it is asked the old way."""
        asked = [*values.get("include", ())]
        asked += [name for name in ("pricing",) if name in values and name in self.relations]
        return tuple(dict.fromkeys(asked))

    def complete(
        self,
        connection: Connection,
        rows: Iterable[Sequence[Any]],
        include: Sequence[str],
        site: str,
    ) -> list[Item]:
        """Rows of the serialiser's columns as items, with their relations."""
        items = self.serialiser.items(rows)
        if not items:
            return items
        if self.computed:
            items = self.computed(connection, items, site)
        for name, relation in self.always.items():
            _add(items, name, relation.load(connection, items, site))
        for name in include:
            self._include(connection, items, name, site)
        return items

    def _include(self, connection: Connection, items: list[Item], name: str, site: str) -> None:
        if name.endswith("Count"):
            name = name.removesuffix("Count")
            _add(items, f"{name}_count", self.relations[name].count(connection, items))
        elif name.endswith("Exists"):
            name = name.removesuffix("Exists")
            counts = self.relations[name].count(connection, items)
            _add(items, f"{name}_exists", [count > 0 for count in counts])
        elif name not in items[0]:
            _add(items, name, self.relations[name].load(connection, items, site))

    def _filters(self, query: Query) -> tuple[tuple[Filter, ...], dict[str, Any]]:
        """The filters in use, as (column, match, number of values), and the values to bind."""
        filters: list[Filter] = []
        bound: dict[str, Any] = {}
        for name, value in query.values.items():
            if name.startswith("filter["):
                column, values = name[7:-1], value
            elif name in self.older:
                column, values = self.older[name], [value]
                for implied, text in self.implied.get(name, {}).items():
                    bound[f"f{len(filters)}_"] = [text]
                    filters.append((implied, "exact", 1))
            else:
                continue
            start = f"f{len(filters)}_"
            match = query.matches[name]
            if match == "text" and all(text.isascii() for text in values):
                match = "ascii"
            filters.append((column, match, len(values)))
            if match == "exact":
                bound[start] = values
            elif match in ("text", "ascii"):
                bound |= {f"{start}{n}": f"%{literal(text)}%" for n, text in enumerate(values)}
            else:
                for n, text in enumerate(values):
                    bound[f"{start}{n}"], bound[f"{start}{n}end"] = day(text)
        return tuple(filters), bound

    def _build(self, shape: Shape) -> tuple[Select[Any], Select[Any]]:
        """The statements for the rows and the total of one shape of query."""
        filters, sorts, dialect = shape
        criteria: list[ColumnElement[bool]] = [self.table.c.deleted_at.is_(None)]
        for number, (name, match, count) in enumerate(filters):
            criteria.append(criterion(self.table.c[name], match, count, f"f{number}_", dialect))
        columns = [self.table.c[name.lstrip("-")] for name in sorts]
        order = [
            column.desc() if name.startswith("-") else column.asc()
            for name, column in zip(sorts, columns, strict=True)
        ]
        # The id makes every order total, so that pages never share or lose a row. It follows the
        # direction of the last sort, so that an index can be read from one end to the other.
        table_id = self.table.c.id
        order.append(table_id.desc() if sorts and sorts[-1].startswith("-") else table_id.asc())
        rows = (
            select(*self.serialiser.columns)
            .where(and_(*criteria))
            .order_by(*order)
            .limit(bindparam("size"))
            .offset(bindparam("start"))
        )
        return rows, select(func.count()).select_from(self.table).where(and_(*criteria))


def _add(items: list[Item], name: str, values: Sequence[Any]) -> None:
    for item, value in zip(items, values, strict=True):
        item[name] = value
