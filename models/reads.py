"""Reading without detours: statements of SQLAlchemy, run by the driver itself.

For each execution, SQLAlchemy looks up, wraps and adapts what is the same each time; that takes
longer than a read of some rows. Here it is done once for each statement: the text for the driver,
the names of its parameters, and the functions that convert values on their way in and out.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from time import monotonic
from typing import Any, Protocol

from sqlalchemy import Dialect, Select
from sqlalchemy.orm import Session
from sqlalchemy.util import await_only

from models.errors import OutOfReach, TooSlow

Rows = Sequence[Sequence[Any]]
Parameters = Mapping[str, Any]
Convert = Callable[[Any], Any]

# How many statements are kept ready. There is one for each shape of query that somebody uses.
CAPACITY = 4096
# The types of numbers that SQLAlchemy asks a driver for; PostgreSQL sends ours as this one, and
# no other driver minds.
NUMERIC = 1700


class Reader(Protocol):
    """Runs statements that read. All raise OutOfReach if the database does not answer."""

    dialect: Dialect

    def rows(self, statement: Select[Any], parameters: Parameters) -> Rows:
        """All rows, each with its values in the order of the columns."""


def items(reader: Reader, statement: Select[Any], parameters: Parameters) -> list[dict[str, Any]]:
    """All rows by the names of their columns."""
    names = statement.selected_columns.keys()
    rows = reader.rows(statement, parameters)
    return [dict(zip(names, row, strict=True)) for row in rows]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as its driver takes it."""

    sql: str
    names: tuple[str, ...]
    defaults: Parameters
    inward: tuple[tuple[str, Convert], ...]
    outward: tuple[tuple[int, Convert], ...]

    def arguments(self, parameters: Parameters) -> list[Any]:
        """The values to hand over, in the order of the places in the text."""
        if self.defaults or self.inward:
            parameters = {**self.defaults, **parameters}
            for name, convert in self.inward:
                parameters[name] = convert(parameters[name])
        return [parameters[name] for name in self.names]

    def converted(self, rows: Rows) -> Rows:
        """Rows of the driver with the values that SQLAlchemy would give."""
        if not self.outward:
            return rows
        found = []
        for row in rows:
            values = list(row)
            for place, convert in self.outward:
                values[place] = convert(values[place])
            found.append(values)
        return found


@lru_cache(CAPACITY)
def prepare(statement: Select[Any], dialect: Dialect) -> Prepared:
    """Compile a statement for a driver whose parameters have places."""
    compiled: Any = statement.compile(dialect=dialect)
    if compiled.post_compile_params:
        raise TypeError("in_() is another statement for each number of values; any_of() is one")
    binds = compiled.binds
    names = tuple(compiled.positiontup)
    inward = ((name, _of(binds[name].type, dialect).bind_processor(dialect)) for name in binds)
    outward = (
        _of(column.type, dialect).result_processor(dialect, NUMERIC)
        for column in statement.selected_columns
    )
    return Prepared(
        sql=str(compiled),
        names=names,
        defaults={name: bind.value for name, bind in binds.items() if not bind.required},
        inward=tuple((name, convert) for name, convert in inward if convert),
        outward=tuple((n, convert) for n, convert in enumerate(outward) if convert),
    )


def _of(kind: Any, dialect: Dialect) -> Any:
    return kind.dialect_impl(dialect)


class SessionReader:
    """Reads what a session has written, in its transaction."""

    def __init__(self, session: Session) -> None:
        self._connection = session.connection()
        self.dialect = self._connection.dialect

    def rows(self, statement: Select[Any], parameters: Parameters) -> Rows:
        return self._connection.execute(statement, parameters).all()


# How many instructions of its virtual machine SQLite does before it looks at the clock: less than a
# millisecond of comparing numbers, some milliseconds of folding texts.
INSTRUCTIONS = 10_000


class LocalReader:
    """Reads a SQLite file by a connection that cannot write. For one thread."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], dialect: Dialect) -> None:
        self.dialect = dialect
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._deadline = inf

    def limited(self, seconds: float) -> "LocalReader":
        """Return this reader, whose statements from now on raise TooSlow after that much time."""
        self._deadline = monotonic() + seconds
        return self

    def rows(self, statement: Select[Any], parameters: Parameters) -> Rows:
        prepared = prepare(statement, self.dialect)
        if self._connection is None:
            self._connection = self._connect()
            self._connection.set_progress_handler(self._is_late, INSTRUCTIONS)
        try:
            cursor = self._connection.execute(prepared.sql, prepared.arguments(parameters))
            return prepared.converted(cursor.fetchall())
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise TooSlow from error
            raise OutOfReach from error

    def _is_late(self) -> bool:
        """Return whether SQLite has to interrupt the statement."""
        return monotonic() > self._deadline

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class RemoteReader:
    """Reads by a connection of an asynchronous driver, in a greenlet that waits for it.

    The connection has a coroutine `fetch(text, *values)`, as those of asyncpg do.
    """

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self.dialect = dialect
        self._connection = connection

    def rows(self, statement: Select[Any], parameters: Parameters) -> Rows:
        prepared = prepare(statement, self.dialect)
        found = self._connection.fetch(prepared.sql, *prepared.arguments(parameters))
        return prepared.converted(await_only(found))
