"""The database of a running server: where work is done, and how it learns of changes."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Protocol, TypeVar, TypeVarTuple

import asyncpg
from sqlalchemy import Engine, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import greenlet_spawn

from models.engine import make_engine
from models.errors import BUSY, OutOfReach
from models.reads import LocalReader, Reader, RemoteReader
from models.sqlite import PATIENCE, connect_to_read

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

# How each connection is set up: who waits for another longer than that (milliseconds) gives up,
# and statements as short as ours are not worth compiling.
SESSION = {"application_name": "clientxcms", "lock_timeout": str(PATIENCE), "jit": "off"}
# What the triggers of the migrations notify when keys or their owners change.
CHANNEL = "clientxcms_keys"
# How often the listener is asked whether it still listens, and how long it may take, in seconds.
HEARTBEAT, SILENCE = 0.4, 0.4


class Database(Protocol):
    """What the pipeline needs of a database. `engine` may only be used by work that it runs."""

    engine: Engine

    async def write(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Do work that may change something."""

    async def read(
        self, work: Callable[[Reader, *Arguments], Result], *arguments: *Arguments
    ) -> Result:
        """Do work that changes nothing, and that may therefore be done twice."""

    async def close(self) -> None:
        """Let go of all connections. Nothing is asked of it afterwards."""

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
        self._reader = LocalReader(partial(connect_to_read, self.engine.url), self.engine.dialect)
        self._watch: Any = None

    async def write(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        return work(*arguments)

    async def read(
        self, work: Callable[[Reader, *Arguments], Result], *arguments: *Arguments
    ) -> Result:
        return work(self._reader, *arguments)

    async def close(self) -> None:
        self._reader.close()
        self.engine.dispose()

    def version(self) -> object | None:
        """SQLite counts the commits of all connections but the one that asks."""
        if self._watch is None:
            self._watch = self.engine.raw_connection().cursor()
        version: object = self._watch.execute("PRAGMA data_version").fetchone()
        return version


class RemoteDatabase:
    """PostgreSQL: work runs in the event loop until it waits, and others run meanwhile.

    The work itself is plain synchronous code; a greenlet lets it wait for the asynchronous
    driver. Reads have a pool of their own, of connections that SQLAlchemy knows nothing of.
    """

    def __init__(self, url: str) -> None:
        address = make_url(url)
        self._engine = create_async_engine(
            address.set(drivername="postgresql+asyncpg"),
            pool_size=10,
            max_overflow=10,
            pool_timeout=PATIENCE / 1000,
            pool_reset_on_return=None,
            connect_args={"prepared_statement_cache_size": 1000, "server_settings": SESSION},
        )
        self.engine: Engine = self._engine.sync_engine
        self._address = address.set(drivername="postgresql").render_as_string(hide_password=False)
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()
        self._listener: asyncio.Task[None] | None = None
        self._is_listening = False
        self._version = 0

    async def write(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        result: Result = await greenlet_spawn(work, *arguments)
        return result

    async def read(
        self, work: Callable[[Reader, *Arguments], Result], *arguments: *Arguments
    ) -> Result:
        try:
            return await self._read(work, *arguments)
        except OutOfReach as error:
            if isinstance(error.__cause__, TimeoutError):
                raise
        # While nobody used the connection it was lost, after a restart of the database perhaps.
        return await self._read(work, *arguments)

    async def _read(self, work: Callable[..., Result], *arguments: Any) -> Result:
        try:
            pool = self._pool or await self._open_pool()
            async with pool.acquire(timeout=PATIENCE / 1000) as connection:
                reader = RemoteReader(connection, self.engine.dialect)
                result: Result = await greenlet_spawn(work, reader, *arguments)
                return result
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if not _is_out_of_reach(error):
                raise
            raise OutOfReach from error

    async def _open_pool(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._address, min_size=0, max_size=20, timeout=PATIENCE / 1000,
                    statement_cache_size=1000, server_settings=SESSION,
                    init=_understand, reset=_keep,
                )  # fmt: skip
        return self._pool

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener
        if self._pool is not None:
            self._pool.terminate()
        await self._engine.dispose()

    def version(self) -> object | None:
        """A notification counts as a change. Without a living listener, nobody can tell."""
        if self._listener is None:
            self._listener = asyncio.get_running_loop().create_task(self._listen_for_ever())
        return self._version if self._is_listening else None

    async def _listen_for_ever(self) -> None:
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._listen()
            await asyncio.sleep(HEARTBEAT)

    async def _listen(self) -> None:
        """Listen to the triggers until the connection is lost, which raises an error."""
        connection = await asyncpg.connect(self._address, timeout=5)
        try:
            connection.add_termination_listener(self._distrust)
            await connection.add_listener(CHANNEL, self._notice)
            # What happened before is not known.
            self._version += 1
            self._is_listening = True
            while True:
                await asyncio.sleep(HEARTBEAT)
                await connection.execute("SELECT 1", timeout=SILENCE)
        finally:
            self._distrust()
            connection.terminate()

    def _distrust(self, *connection: object) -> None:
        self._is_listening = False

    def _notice(self, *notification: object) -> None:
        self._version += 1


def open_database(url: str) -> Database:
    """The database of an address, for the event loop of a server."""
    if make_url(url).get_backend_name() == "postgresql":
        return RemoteDatabase(url)
    return LocalDatabase(url)


def _is_out_of_reach(error: Exception) -> bool:
    """Whether the database, and not what was asked of it, is the trouble."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(BUSY)
    # What asyncpg finds wrong with a value is an error of its interface, and a ValueError.
    return not isinstance(error, ValueError)


async def _keep(connection: object) -> None:
    """Reads leave nothing behind in a session that the next one would have to be kept from."""


async def _understand(connection: Any) -> None:
    """Let JSON come as what it says; SQLAlchemy expects that of this driver."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
    )
