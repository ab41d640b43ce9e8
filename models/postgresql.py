"""PostgreSQL: asyncpg for the server, and a listener that hears of changed keys.

`?pooled=1` in an address says that a PgBouncer is there, which hands out sessions for a transaction
each: what a session keeps is lost. So statements are not prepared, transactions are set up one by
one, and a listener needs an address of its own.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import asyncpg
from sqlalchemy import URL, Connection, Engine, event, make_url

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
# Of these, what a PgBouncer takes from a client, and how a transaction gets the others through it.
NAME = {"application_name": SESSION["application_name"]}
_SET_UP = "SELECT " + ", ".join(
    f"set_config('{name}', '{value}', true)" for name, value in SESSION.items() if name not in NAME
)
# How many statements each connection keeps prepared.
PREPARED = 1000
# What the triggers of the migrations notify when keys or their owners change.
CHANNEL = "clientxcms_keys"
# How often the listener is asked whether it still listens, and how long it may take, in seconds.
HEARTBEAT, SILENCE = 0.4, 0.4


class PostgreSQL(RemoteDatabase):
    """A PostgreSQL database. A notification counts as a change of keys."""

    # The last one comes of a connection that is lost in the moment in which it is used.
    errors = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
    pause = HEARTBEAT

    def __init__(self, url: str, longest: float, listen_url: str = "") -> None:
        address, is_pooled = address_of(url)
        kept = 0 if is_pooled else PREPARED
        arguments: dict[str, Any] = {"prepared_statement_cache_size": kept}
        if is_pooled:
            # Without a name, a statement is gone before another client can meet it.
            arguments |= {"statement_cache_size": 0, "prepared_statement_name_func": str}
        super().__init__(
            address.set(drivername="postgresql+asyncpg"),
            longest,
            connect_args={**arguments, "server_settings": NAME if is_pooled else SESSION},
        )
        if is_pooled:
            _set_up_transactions(self.engine)
        self._url = url
        self._listen_url = listen_url or ("" if is_pooled else url)
        self._changes = count(1)

    async def open_pool(self) -> asyncpg.Pool:
        return await pool_for_reads(self._url)

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

    def version(self) -> object | None:
        """Where nobody can listen, nobody can tell."""
        return super().version() if self._listen_url else None

    async def watch(self) -> None:
        """Listen to the triggers until the connection is lost, which raises an error."""
        address, _ = address_of(self._listen_url)
        connection = await asyncpg.connect(_text(address), timeout=5)
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


def address_of(url: str) -> tuple[URL, bool]:
    """An address as drivers take it, and whether it is that of a PgBouncer."""
    address = make_url(url)
    return address.difference_update_query(["pooled"]), address.query.get("pooled") == "1"


def _text(address: URL) -> str:
    return address.set(drivername="postgresql").render_as_string(hide_password=False)


async def pool_for_reads(url: str, **options: Any) -> asyncpg.Pool:
    """A pool of connections whose statements are not in a transaction."""
    address, is_pooled = address_of(url)
    if is_pooled:
        # Only transactions can be set up, so it is the driver that ends what takes too long.
        options |= {"statement_cache_size": 0, "command_timeout": 2 * PATIENCE / 1000}
    else:
        options |= {"statement_cache_size": PREPARED}
    return await asyncpg.create_pool(
        _text(address), min_size=0, max_size=READERS, timeout=PATIENCE / 1000,
        server_settings=NAME if is_pooled else SESSION, init=_understand, reset=_keep, **options,
    )  # fmt: skip


def _set_up_transactions(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def set_up(connection: Connection) -> None:
        connection.exec_driver_sql(_SET_UP)


async def _keep(connection: object) -> None:
    """Reads leave nothing behind in a session that the next one would have to be kept from."""


async def _understand(connection: Any) -> None:
    """Let JSON come as what it says; SQLAlchemy expects that of this driver."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
    )
