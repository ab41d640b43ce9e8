"""Collections: page, filter, sort and include, as the contract declares them.

Which filters, sorts and includes exist, and which values they take, stands in the contract and
has been checked before a query comes here. This module turns the checked names into SQL: one
statement for the rows of a page and the total, and one for each relation.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from marshmallow import Schema
from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select

from app.criteria import Filter, Match, Search, criterion, day, literal
from app.keyset import Cursor, Sorted, behind, bound, next_to, total
from app.relations import Relation
from app.schemas.compiler import Item, Serialiser, as_shown
from models.base import Base, missing
from models.reads import Reader
from models.row_count import living_rows


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
    """One page of a collection. `number` may lie beyond the last page: then it has no items.

    `before` and `after` are the places where the pages next to it are, if there are any. A page
    that was found by a cursor counts its number from where the walk began.
    """

    items: list[Item]
    total: int
    number: int
    per_page: int
    before: Cursor | None = None
    after: Cursor | None = None
    by_cursor: bool = False

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


class Shape(NamedTuple):
    """All of a query that its statements depend on. `nulls` and `backwards` are of a cursor."""

    filters: tuple[Filter, ...]
    sorts: tuple[str, ...]
    dialect: str
    nulls: tuple[bool, ...] = ()
    backwards: bool = False


class Statements(NamedTuple):
    """The statements of a shape. Those for the rows are asked in turn until a page is full; the
    last column of each row is the total."""

    rows: tuple[Select[Any], ...]
    names: tuple[str, ...]
    total: Select[Any]
    order: tuple[Sorted, ...]


class Collection:
    """The rows of a model as the API shows them.

    `always` are the relations that every answer holds, `relations` those that `include` may ask
    for. `older` maps list parameters of the first generation to the filters they stand for,
    `implied` those that mean something else besides. `searched` says how columns are searched that
    hold more spellings of a value than one. `computed` makes items that are more than
    their row. `living` says which rows are there, if others than those that are not deleted; the
    values of its parameters are given with each request.
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
        searched: Mapping[str, Search] | None = None,
        living: ColumnElement[bool] | None = None,
        computed: Callable[[Reader, list[Item], str], list[Item]] | None = None,
    ) -> None:
        self.model = model
        self.table = table = model.__table__
        self.serialiser = Serialiser(schema, table)
        self.relations = relations or {}
        self.always = always or {}
        self.older = older or {}
        self.implied = implied or {}
        self.searched = searched or {}
        self.computed = computed
        # Triggers count the rows that are not deleted, and no others.
        self._is_counted = living is None
        self._is_living = table.c.deleted_at.is_(None) if living is None else living
        columns = self.serialiser.columns
        self._by_id = select(*columns).where(table.c.id == bindparam("key"))
        self._living: dict[type, Select[Any]] = {int: self._by_id.where(self._is_living)}
        if "uuid" in table.c:
            self._living[str] = select(*columns).where(
                table.c.uuid == bindparam("key"), self._is_living
            )
        self._statements = lru_cache(512)(self._build)

    def page(self, reader: Reader, query: Query, site: str, **given: Any) -> Page:
        """The page that a query asks for, by its number or by a cursor."""
        values = query.values
        size, cursor = values["per_page"], values.get("cursor")
        filters, parameters = self._filters(query)
        parameters |= given
        shape = Shape(filters, tuple(values.get("sort", ())), reader.dialect.name)
        number = values["page"]
        if cursor is not None:
            number = cursor.number
            shape = shape._replace(
                sorts=cursor.sorts, nulls=cursor.nulls, backwards=cursor.backwards
            )
        statements = self._statements(shape)
        if cursor is None:
            parameters["start"] = (number - 1) * size
        else:
            parameters |= bound(statements.order, cursor)
        # One row more than asked for tells whether there is another page.
        rows = _fetch(reader, statements.rows, parameters, size + 1)
        count = rows[0][-1] if rows else reader.rows(statements.total, parameters)[0][0]
        more = len(rows) > size
        rows = rows[size - 1 :: -1] if shape.backwards else rows[:size]
        before = after = None
        if rows:
            first, last = (dict(zip(statements.names, rows[n], strict=True)) for n in (0, -1))
            has_previous, has_next = cursor is not None or number > 1, more
            if shape.backwards:
                has_previous, has_next = more, True
            if has_previous:
                before = next_to(first, shape.sorts, max(1, number - 1), backwards=True)
            if has_next:
                after = next_to(last, shape.sorts, number + 1)
        items = self.serialiser.items(rows)
        items = self.complete(reader, items, self.includes(values), site)
        return Page(items, count, number, size, before, after, by_cursor=cursor is not None)

    def item(
        self, reader: Reader, key: int | str, site: str, query: Query | None = None, **given: Any
    ) -> Item:
        """One item by its id, or by its uuid. Raises NotFound for an unknown or deleted one."""
        rows = reader.rows(self._living[type(key)], {"key": key, **given})
        if not rows:
            raise missing(self.model, key)
        include = self.includes(query.values) if query else ()
        return self.complete(reader, self.serialiser.items(rows), include, site)[0]

    def deleted(self, reader: Reader, item_id: int, site: str) -> Item:
        """One item by its id, deleted or not: the answer of a deletion."""
        rows = reader.rows(self._by_id, {"key": item_id})
        return self.complete(reader, self.serialiser.items(rows), (), site)[0]

    def includes(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """What to include: the names of `include`, and `pricing` when it is asked the old way."""
        asked = [*values.get("include", ())]
        asked += [name for name in ("pricing",) if name in values and name in self.relations]
        return tuple(dict.fromkeys(asked))

    def complete(
        self,
        reader: Reader,
        items: list[Item],
        include: Sequence[str],
        site: str,
    ) -> list[Item]:
        """Items as they came from their rows, with what is computed and their relations."""
        if not items:
            return items
        if self.computed:
            items = self.computed(reader, items, site)
        for name, relation in self.always.items():
            _add(items, name, relation.load(reader, items, site))
        for name in include:
            self._include(reader, items, name, site)
        return items

    def _include(self, reader: Reader, items: list[Item], name: str, site: str) -> None:
        if name.endswith("Count"):
            name = name.removesuffix("Count")
            _add(items, f"{name}_count", self.relations[name].count(reader, items))
        elif name.endswith("Exists"):
            name = name.removesuffix("Exists")
            counts = self.relations[name].count(reader, items)
            _add(items, f"{name}_exists", [count > 0 for count in counts])
        elif name not in items[0]:
            _add(items, name, self.relations[name].load(reader, items, site))

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
                    bound[f"f{len(filters)}_0"] = text
                    filters.append((implied, "exact", 1))
            else:
                continue
            start = f"f{len(filters)}_"
            match = query.matches[name]
            if column in self.searched:
                column, meant, match = self.searched[column]
                values = list(map(meant, values))
            if match == "text" and all(text.isascii() for text in values):
                match = "ascii"
            filters.append((column, match, len(values)))
            if match == "exact":
                bound |= {f"{start}{n}": value for n, value in enumerate(values)}
            elif match in ("text", "ascii", "part"):
                bound |= {f"{start}{n}": f"%{literal(text)}%" for n, text in enumerate(values)}
            else:
                for n, text in enumerate(values):
                    bound[f"{start}{n}"], bound[f"{start}{n}end"] = day(text)
        return tuple(filters), bound

    def _build(self, shape: Shape) -> Statements:
        """The statements of one shape of query."""
        columns = self.table.c
        criteria: list[ColumnElement[bool]] = [self._is_living]
        for number, (name, match, count) in enumerate(shape.filters):
            criteria.append(criterion(columns[name], match, count, f"f{number}_", shape.dialect))
        counted = select(func.count()).select_from(self.table).where(and_(*criteria))
        is_counted = self._is_counted and not shape.filters
        size = living_rows(self.table) if is_counted else counted.scalar_subquery()
        order = tuple(
            Sorted(columns[name.lstrip("-")], name.startswith("-") != shape.backwards)
            for name in total(shape.sorts)
        )
        # What a list is sorted by marks a place in it, whether it is shown or not.
        shown = {column.name for column in self.serialiser.columns}
        hidden = [as_shown(each.column) for each in order if each.column.name not in shown]
        rows = (
            select(*self.serialiser.columns, *hidden, size.label("total"))
            .where(and_(*criteria))
            .order_by(*(each.column.desc() if each.descending else each.column for each in order))
            .limit(bindparam("size"))
        )
        if shape.nulls:
            parts = tuple(rows.where(each) for each in behind(order, shape.nulls, shape.dialect))
        else:
            parts = (rows.offset(bindparam("start")),)
        return Statements(parts, tuple(rows.selected_columns.keys()), select(size), order)


def _fetch(
    reader: Reader,
    statements: Sequence[Select[Any]],
    parameters: Mapping[str, Any],
    size: int,
) -> list[Sequence[Any]]:
    """Rows of one statement after the other, up to `size`."""
    rows: list[Sequence[Any]] = []
    for statement in statements:
        window = {**parameters, "size": size - len(rows)}
        rows += reader.rows(statement, window)
        if len(rows) == size:
            break
    return rows


def _add(items: list[Item], name: str, values: Sequence[Any]) -> None:
    for item, value in zip(items, values, strict=True):
        item[name] = value
