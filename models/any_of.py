"""A column among values, as one parameter: the statement is the same for however many."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, Boolean, Column, Dialect, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class ListOf(TypeDecorator[Sequence[Any]]):
    """Values of a type: an array of PostgreSQL, JSON of SQLite, a list of texts of MariaDB."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        array = dialect.name == "postgresql"
        return dialect.type_descriptor(ARRAY(self.item) if array else Text())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        stored = self.item.dialect_impl(dialect).bind_processor(dialect)
        items = [stored(item) for item in value] if stored else list(value)
        # The drivers of MariaDB write values into the text, tuples with brackets around them;
        # nothing is in an empty one, and nothing equals NULL.
        return tuple(items or [None]) if dialect.name == "mariadb" else json.dumps(items)


class any_of(FunctionElement[bool]):
    """Whether a column has one of the values that are bound to `name`."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Column[Any], name: str) -> None:
        super().__init__(column, bindparam(name, type_=ListOf(column.type)))

    def self_group(self, against: Any = None) -> Any:
        """It is a condition as it is. SQLite would be asked whether it is 1, and read all rows."""
        return self


@compiles(any_of)
def _in_json(element: any_of, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608  # nosec B608


@compiles(any_of, "mariadb")
def _in_list(element: any_of, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN {values}"


@compiles(any_of, "postgresql")
def _in_array(element: any_of, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY ({values})"
