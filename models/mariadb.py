"""MariaDB: tables, sessions and texts that behave as in the other databases.

A table has whole moments, room for long texts, and a collation that compares characters by their
number, trailing spaces too. Definitions of tables take effect at once, so all say IF [NOT] EXISTS:
a migration that was interrupted is run again from its beginning.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncmy
from asyncmy import errors
from asyncmy.pool import Pool
from sqlalchemy import URL, Engine, Table, event, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.mysql.asyncmy import MySQLDialect_asyncmy
from sqlalchemy.dialects.mysql.base import MySQLDDLCompiler, MySQLTypeCompiler
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect
from sqlalchemy.dialects.mysql.pymysql import MySQLDialect_pymysql
from sqlalchemy.exc import DisconnectionError, InvalidRequestError

from models.connections import Connections
from models.errors import UnsupportedServer, is_busy
from models.reads import Reader, RemoteReader
from models.remote import READERS, RemoteDatabase
from models.sqlite import PATIENCE

# What a command, a page of Flask or a migration talks with, and what the event loop does.
COMMANDS, LOOP = "mariadb+commands", "mariadb+loop"
OLDEST = (10, 11)
# Letters are equal to themselves only, and sorted by their code points, as in the others.
CHARACTERS = "utf8mb4"
COLLATION = "utf8mb4_nopad_bin"
ISOLATION = "READ COMMITTED"
# How each connection is set up. TRADITIONAL refuses what does not fit instead of cutting it; who
# waits for another longer than that gives up; what lies idle is kept for eight hours.
SESSION = (
    f"SET NAMES {CHARACTERS} COLLATE {COLLATION}, sql_mode = 'TRADITIONAL', time_zone = '+00:00', "
    f"innodb_lock_wait_timeout = {PATIENCE // 1000}, lock_wait_timeout = {PATIENCE // 1000}, "
    f"wait_timeout = 28800"
)
# What the event loop does has an end (seconds), so that it is true that nothing was changed; a
# migration may take longer.
LIMITS = (
    f", max_statement_time = {PATIENCE // 500}, idle_transaction_timeout = {PATIENCE * 6 // 1000}"
)
# How many statements each connection for reads keeps prepared; a server has 16,382 by default.
PREPARED = 100
# How often the counter of changed keys is read, and how long that may take, in seconds.
HEARTBEAT, SILENCE = 0.1, 0.4
# Triggers count changes of keys and their owners under this name (migration 0007).
KEYS = "clientxcms_keys"
_CHANGES = f"SELECT SUM(difference) FROM row_counts WHERE table_name = '{KEYS}'"  # noqa: S608  # nosec B608


class Definitions(MySQLDDLCompiler):
    """Definitions of tables that may be given twice."""

    def post_create_table(self, table: Table) -> str:
        return f"ENGINE=InnoDB DEFAULT CHARSET={CHARACTERS} COLLATE={COLLATION}"

    def process(self, obj: Any, **options: Any) -> str:
        # Also those of alembic, for columns.
        for condition in ("if_not_exists", "if_exists"):
            if hasattr(obj, condition):
                setattr(obj, condition, True)
        return super().process(obj, **options)


class Types(MySQLTypeCompiler):
    """Types that hold what those of the other databases do."""

    def visit_DATETIME(self, type_: Any, **options: Any) -> str:
        return "DATETIME(6)"

    def visit_TEXT(self, type_: Any, **options: Any) -> str:
        # A TEXT has room for 16,383 characters of four bytes; the contract allows more.
        return "MEDIUMTEXT"

    def visit_JSON(self, type_: Any, **options: Any) -> str:
        # A JSON is a text with a check that takes nothing deeper than 32 levels.
        return "LONGTEXT"


class MariaDBCommands(MariaDBDialect, MySQLDialect_pymysql):
    """MariaDB for threads and commands."""

    supports_statement_cache = True
    ddl_compiler = Definitions
    type_compiler_cls = Types

    def create_connect_args(self, url: URL, *_: Any, **__: Any) -> Any:
        arguments, options = super().create_connect_args(url)
        password = url.password or ""
        return arguments, {
            "connect_timeout": PATIENCE // 1000,
            **options,
            "charset": CHARACTERS,
            "init_command": SESSION,
            # The drivers would encode a text as Latin-1.
            "password": str(password).encode(),
        }

    def on_connect(self) -> Any:
        # SQLAlchemy would choose the character set once more, with another collation.
        return None

    def initialize(self, connection: Any) -> None:
        """Look at the server, once. Raises UnsupportedServer if it is another or too old."""
        try:
            super().initialize(connection)
        except InvalidRequestError as error:
            raise UnsupportedServer(f"This needs MariaDB. {error}") from error
        found = self.server_version_info or ()
        if found < OLDEST:
            raise UnsupportedServer(
                f"This needs MariaDB {'.'.join(map(str, OLDEST))} or later, "
                f"not {'.'.join(map(str, found))}."
            )


class MariaDBLoop(MariaDBCommands, MySQLDialect_asyncmy):
    """MariaDB for the event loop."""

    supports_statement_cache = True

    def create_connect_args(self, url: URL, *_: Any, **__: Any) -> Any:
        arguments, options = super().create_connect_args(url)
        return arguments, {**options, "init_command": SESSION + LIMITS}


registry.register(COMMANDS.replace("+", "."), __name__, "MariaDBCommands")
registry.register(LOOP.replace("+", "."), __name__, "MariaDBLoop")


class MariaDB(RemoteDatabase):
    """A MariaDB database. Nobody tells of changed keys, so a counter of them is read."""

    errors = (errors.Error,)
    pause = HEARTBEAT

    def __init__(self, url: str, longest: float) -> None:
        super().__init__(make_url(url).set(drivername=LOOP), longest, isolation_level=ISOLATION)
        _look_before_use(self.engine)
        arguments = self.engine.dialect.create_connect_args(self.engine.url)[1]
        self._arguments = {**arguments, "autocommit": True, "stmt_cache_size": PREPARED}

    async def open_pool(self) -> Pool:
        return Pool(0, READERS, pool_recycle=-1, **self._arguments)

    async def close_pool(self, pool: Pool) -> None:
        pool.terminate()
        await pool.wait_closed()

    @asynccontextmanager
    async def reader(self, pool: Pool) -> AsyncIterator[Reader]:
        async with asyncio.timeout(PATIENCE / 1000):
            connection = await pool.acquire()
        try:
            yield RemoteReader(_Statements(connection), self.engine.dialect)
        finally:
            pool.release(connection)

    def readers(self, pool: Pool) -> Connections:
        return Connections(pool.size, pool.size - pool.freesize)

    def is_out_of_reach(self, error: Exception) -> bool:
        return isinstance(error, OSError | errors.InterfaceError) or is_busy(error)

    async def watch(self) -> None:
        connection = await asyncmy.connect(**self._arguments)
        try:
            while True:
                async with asyncio.timeout(SILENCE):
                    (changes,), *_ = await _Statements(connection).fetch(_CHANGES)
                self.trust(changes)
                await asyncio.sleep(HEARTBEAT)
        finally:
            connection.close()


class _Statements:
    """A connection of the driver, with the method that readers use."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self, statement: str, *arguments: Any) -> Any:
        async with self._connection.cursor() as cursor:
            await cursor.execute(statement, arguments)
            return await cursor.fetchall()


def _look_before_use(engine: Engine) -> None:
    """Replace connections that the server has closed meanwhile, without asking it."""

    @event.listens_for(engine, "checkout")
    def look(dbapi_connection: Any, record: Any, proxy: Any) -> None:
        if dbapi_connection.driver_connection._stream_broken:
            raise DisconnectionError
