"""PostgreSQL: asyncpg for the server, and a listener that hears of changed keys."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import asyncpg
from sqlalchemy import make_url

from models.connections import Connections
from models.errors import is_busy
from models.reads import Reader, RemoteReader
from models.remote import READERS, RemoteDatabase
from models.sqlite import PATIENCE

# How each connection is set up: who waits for another longer than that (milliseconds) gives up, and
# so does who asks for too much at once or forgets a transaction: the server ends them, so that it
# is true that nothing was changed. Statements as short as ours are not worth compiling.
SESSION = {
    "application_name": "clientxcms",
    "lock_timeout": str(PATIENCE),
    "statement_timeout": str(2 * PATIENCE),
    "idle_in_transaction_session_timeout": str(6 * PATIENCE),
    "jit": "off",
}
# What the triggers of the migrations notify when keys or their owners change.
CHANNEL = "clientxcms_keys"
# How often the listener is asked whether it still listens, and how long it may take, in seconds.
HEARTBEAT, SILENCE = 0.4, 0.4


class PostgreSQL(RemoteDatabase):
    """A PostgreSQL database. A notification counts as a change of keys."""

    errors = (asyncpg.PostgresError, asyncpg.InterfaceError)
    pause = HEARTBEAT

    def __init__(self, url: str, longest: float) -> None:
        address = make_url(url)
        super().__init__(
            address.set(drivername="postgresql+asyncpg"),
            longest,
            connect_args={"prepared_statement_cache_size": 1000, "server_settings": SESSION},
        )
        self._address = address.set(drivername="postgresql").render_as_string(hide_password=False)
        self._changes = count(1)

    async def open_pool(self) -> asyncpg.Pool:
        return await asyncpg.create_pool(
            self._address, min_size=0, max_size=READERS, timeout=PATIENCE / 1000,
            statement_cache_size=1000, server_settings=SESSION, init=_understand, reset=_keep,
        )  # fmt: skip

    async def close_pool(self, pool: asyncpg.Pool) -> None:
        pool.terminate()

    @asynccontextmanager
    async def reader(self, pool: asyncpg.Pool) -> AsyncIterator[Reader]:
        async with pool.acquire(timeout=PATIENCE / 1000) as connection:
            yield RemoteReader(connection, self.engine.dialect)

    def readers(self, pool: asyncpg.Pool) -> Connections:
        size = pool.get_size()
        return Connections(size, size - pool.get_idle_size())

    def is_out_of_reach(self, error: Exception) -> bool:
        if isinstance(error, asyncpg.PostgresError):
            return is_busy(error)
        # What asyncpg finds wrong with a value is an error of its interface, and a ValueError.
        return not isinstance(error, ValueError)

    async def watch(self) -> None:
        """Listen to the triggers until the connection is lost, which raises an error."""
        connection = await asyncpg.connect(self._address, timeout=5)
        try:
            connection.add_termination_listener(self.distrust)
            await connection.add_listener(CHANNEL, self._notice)
            # What happened before is not known.
            self.trust(next(self._changes))
            while True:
                await asyncio.sleep(HEARTBEAT)
                await connection.execute("SELECT 1", timeout=SILENCE)
        finally:
            connection.terminate()

    def _notice(self, *notification: object) -> None:
        self._version = next(self._changes)


async def _keep(connection: object) -> None:
    """Reads leave nothing behind in a session that the next one would have to be kept from."""


async def _understand(connection: Any) -> None:
    """Let JSON come as what it says; SQLAlchemy expects that of this driver."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
    )
