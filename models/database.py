"""The database of a running server: where work is done, and how it learns of changes."""

from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeVar

from sqlalchemy import Engine

from models.engine import make_engine

P = ParamSpec("P")
Result = TypeVar("Result")


class Database(Protocol):
    """What the pipeline needs of a database. `engine` may only be used by work that it runs."""

    engine: Engine

    async def run(self, work: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
        """Do work that waits for the database."""

    def version(self) -> object | None:
        """A value that stays the same as long as nobody has changed keys or their owners.

        None means that nobody can tell.
        """


class LocalDatabase:
    """SQLite: work is done at once, in the event loop.

    A local read takes microseconds; handing it to a thread would take longer than the read.
    """

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self._watch: Any = None

    async def run(self, work: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
        return work(*args, **kwargs)

    def version(self) -> object | None:
        """SQLite counts the commits of all connections but the one that asks."""
        if self._watch is None:
            self._watch = self.engine.raw_connection().cursor()
        version: object = self._watch.execute("PRAGMA data_version").fetchone()
        return version


def open_database(url: str) -> Database:
    """The database of an address."""
    return LocalDatabase(url)
