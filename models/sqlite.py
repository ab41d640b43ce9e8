"""SQLite as this server uses it: exact transactions, a write-ahead log, letters of all scripts."""

import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy import URL
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from models.folded import SQLITE, fold

DRIVER = "sqlite+embedded"
# How long a writer waits for another one, in milliseconds.
PATIENCE = 5000

# How transactions begin. A writer takes the lock at once: one that reads first could not get it
# any more after another has written, whatever the timeout. The last one does not wait for it.
DEFERRED, IMMEDIATE, AT_ONCE = "DEFERRED", "IMMEDIATE", "AT ONCE"


class DriverConnection(sqlite3.Connection):
    """A connection of the driver that knows how its next transaction begins."""

    begin_as = DEFERRED


class EmbeddedSQLite(SQLiteDialect_pysqlite):
    """SQLAlchemy's dialect, where the isolation level is how a transaction begins.

    The driver would open transactions by guesswork, and listeners that open them instead would
    slow down every statement.
    """

    supports_statement_cache = True

    def create_connect_args(self, url: URL) -> Any:
        arguments, options = super().create_connect_args(url)
        return arguments, {**options, "factory": DriverConnection, "isolation_level": None}

    def on_connect(self) -> Callable[[Any], None]:
        return _prepare

    def get_isolation_level_values(self, dbapi_conn: Any) -> Any:
        return (DEFERRED, IMMEDIATE, AT_ONCE)

    def get_default_isolation_level(self, dbapi_conn: Any) -> Any:
        return DEFERRED

    def get_isolation_level(self, dbapi_connection: Any) -> Any:
        return dbapi_connection.begin_as

    def set_isolation_level(self, dbapi_connection: Any, level: Any) -> None:
        dbapi_connection.begin_as = level

    def do_begin(self, dbapi_connection: Any) -> None:
        match dbapi_connection.begin_as:
            case "DEFERRED":
                dbapi_connection.execute("BEGIN")
            case "IMMEDIATE":
                dbapi_connection.execute("BEGIN IMMEDIATE")
            case _:
                dbapi_connection.execute("PRAGMA busy_timeout = 0")
                try:
                    dbapi_connection.execute("BEGIN IMMEDIATE")
                finally:
                    dbapi_connection.execute(f"PRAGMA busy_timeout = {PATIENCE}")


registry.register(DRIVER.replace("+", "."), __name__, "EmbeddedSQLite")


def _prepare(connection: Any) -> None:
    # SQLite's own lower() knows only ASCII.
    for name in ("lower", SQLITE):
        connection.create_function(name, 1, fold, deterministic=True)
    # The timeout is first: changing the journal mode may meet a lock.
    for pragma in (
        f"busy_timeout = {PATIENCE}",
        "journal_mode = WAL",
        # What is confirmed is on the disk, also if the machine loses power in the next moment.
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def connect_to_read(address: URL) -> sqlite3.Connection:
    """A connection of the driver that can only read.

    It begins no transactions: each statement sees one state of the database in any case.
    """
    connection = sqlite3.connect(
        str(address.database), isolation_level=None, cached_statements=1000
    )
    _prepare(connection)
    connection.execute("PRAGMA query_only = ON")
    return connection
