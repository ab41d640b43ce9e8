"""The database of a running server: where work is done, and how it learns of changes."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import monotonic
from typing import Any, Protocol, TypeVar, TypeVarTuple

from sqlalchemy import Engine, make_url

from models.connections import Connections, connections_of
from models.engine import make_engine
from models.errors import Overloaded, TooSlow
from models.mariadb import MariaDB
from models.postgresql import PostgreSQL
from models.reads import LocalReader, Reader
from models.sqlite import connect_to_read

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

# How long the statements of a read of SQLite may take in the event loop, where all other requests
# wait for them, and then once more in a thread, while others go on. A page of 1,000 customers with
# what belongs to them takes less than the first.
LOOP_SECONDS, READ_SECONDS = 0.1, 5.0


class Database(Protocol):
    """What the pipeline needs of a database. `engine` may only be used by work that it runs."""

    engine: Engine

    async def write(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Do work that may change something. Raises Overloaded if it cannot begin soon.

        It is begun anew if the database has undone it because it and others waited for each other.
        """

    async def read(
        self, work: Callable[[Reader, *Arguments], Result], *arguments: *Arguments
    ) -> Result:
        """Do work that changes nothing, and that may therefore be done twice. Raises Overloaded if
        it cannot begin soon.
        """

    async def attempt(self, work: Callable[[*Arguments], None], *arguments: *Arguments) -> None:
        """Do work that changes something, and that would rather fail than wait for others."""

    def wait(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """What a coroutine returns to work of `write`, which is no coroutine itself."""

    async def close(self) -> None:
        """Let go of all connections. Nothing is asked of it afterwards."""

    def version(self) -> object | None:
        """A value that stays the same as long as nobody has changed keys or their owners.

        None means that nobody can tell.
        """

    def connections(self) -> Connections:
        """The connections for reads and writes."""


class LocalDatabase:
    """SQLite: reads are done at once, in the event loop, and writes in a thread of their own.

    A local read takes microseconds; handing it to a thread would take longer than the read. One
    that turns out to be slow is interrupted and begun again in another thread, one at a time. A
    write waits for the disk, and for writers of other processes. There is never more than one.
    """

    def __init__(self, url: str, longest: float) -> None:
        self.engine = make_engine(url)
        self._longest = longest
        self._connect = partial(connect_to_read, self.engine.url)
        self._reader = LocalReader(self._connect, self.engine.dialect)
        self._writer = ThreadPoolExecutor(1, "writer")
        # The driver ties a connection to the thread that opened it.
        self._slow_reader = LocalReader(self._connect, self.engine.dialect)
        self._slow = ThreadPoolExecutor(1, "slow-reader")
        self._watch: sqlite3.Connection | None = None
        self._loop: asyncio.AbstractEventLoop

    async def write(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        self._loop = asyncio.get_running_loop()
        return await self._in_turn(self._writer, partial(work, *arguments))

    async def _in_turn(self, thread: ThreadPoolExecutor, work: Callable[[], Result]) -> Result:
        """Do work in a thread. Raises Overloaded if others keep the thread for too long."""
        asked = monotonic()

        def begin() -> Result:
            if monotonic() - asked > self._longest:
                raise Overloaded
            return work()

        return await asyncio.get_running_loop().run_in_executor(thread, begin)

    async def attempt(self, work: Callable[[*Arguments], None], *arguments: *Arguments) -> None:
        # In the thread it would wait for the one who is writing there.
        work(*arguments)

    async def read(
        self, work: Callable[[Reader, *Arguments], Result], *arguments: *Arguments
    ) -> Result:
        try:
            return work(self._reader.limited(LOOP_SECONDS), *arguments)
        except TooSlow:
            pass

        def again() -> Result:
            return work(self._slow_reader.limited(READ_SECONDS), *arguments)

        return await self._in_turn(self._slow, again)

    def wait(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def close(self) -> None:
        # Work that is still done may wait for this event loop.
        await asyncio.to_thread(self._writer.shutdown)
        self._slow.submit(self._slow_reader.close)
        await asyncio.to_thread(self._slow.shutdown)
        self._reader.close()
        if self._watch is not None:
            self._watch.close()
        self.engine.dispose()

    def version(self) -> object | None:
        """SQLite counts the commits of all connections but the one that asks."""
        if self._watch is None:
            # Of its own: what the one that asks has committed does not count.
            self._watch = self._connect()
        version: object = self._watch.execute("PRAGMA data_version").fetchone()
        return version

    def connections(self) -> Connections:
        return connections_of(self.engine)


_REMOTE: Mapping[str, Callable[[str, float], Database]] = {
    "mariadb": MariaDB,
    "mysql": MariaDB,
}


def open_database(url: str, *, longest: float = 2, listen_url: str = "") -> Database:
    """The database of an address, for the event loop of a server.

    Work may wait for its turn for `longest` seconds. `listen_url` is where a server can listen
    to PostgreSQL, if it is not the same.
    """
    if make_url(url).get_backend_name() == "postgresql":
        return PostgreSQL(url, longest, listen_url)
    kind = _REMOTE.get(make_url(url).get_backend_name(), LocalDatabase)
    return kind(url, longest)
