"""The database connection and the unit of work: the only commit there is."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

WRITE = {"write": True}
# How long a writer waits for another one, in milliseconds.
PATIENCE = 5000


def make_engine(url: str) -> Engine:
    """An engine for a `sqlite:///` address. The folder of its file is made if need be."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        raise ValueError(f"unsupported database: {address.get_backend_name()}")
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    # Whoever takes a connection ends its transaction; the pool need not do it once more.
    engine = create_engine(address, pool_reset_on_return=None)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, record: Any) -> None:
    # The driver would open transactions by guesswork; _begin opens them.
    connection.isolation_level = None
    # SQLite's own lower() knows only ASCII.
    connection.create_function("lower", 1, _lower, deterministic=True)
    # The timeout is first: changing the journal mode may meet a lock.
    for pragma in (
        f"busy_timeout = {PATIENCE}",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _begin(connection: Connection) -> None:
    # A writer takes the lock at once: one that reads first could not get it any more after
    # another has written, whatever the timeout.
    options = connection.get_execution_options()
    statement = "BEGIN IMMEDIATE" if options.get("write") else "BEGIN"
    patient = options.get("patient", True)
    # Straight to the driver: a statement of SQLAlchemy's costs ten times as much.
    driver: Any = connection.connection.dbapi_connection
    try:
        if not patient:
            driver.execute("PRAGMA busy_timeout = 0")
        driver.execute(statement)
    except sqlite3.OperationalError as error:
        raise OperationalError(statement, None, error) from error
    finally:
        if not patient:
            driver.execute(f"PRAGMA busy_timeout = {PATIENCE}")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the database, and changes nothing."""
    with engine.connect() as connection:
        yield connection


@contextmanager
def unit_of_work(engine: Engine, *, write: bool, patient: bool = True) -> Iterator[Session]:
    """A session whose changes are kept together or, on any exception, not at all.

    Without `write` it sees one state of the database, and nothing that it changes is kept.
    Raises OperationalError if another writer does not end in time; without `patient`, at once.
    """
    with Session(engine, expire_on_commit=False) as session:
        if write:
            session.connection(execution_options={**WRITE, "patient": patient})
        yield session
        if write:
            session.commit()
