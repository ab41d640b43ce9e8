"""The database connection and the unit of work: the only commit there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session

WRITE = {"write": True}


def make_engine(url: str) -> Engine:
    """An engine for a `sqlite:///` address. The folder of its file is made if need be."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        raise ValueError(f"unsupported database: {address.get_backend_name()}")
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address)
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
        "busy_timeout = 5000",
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
    write = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def unit_of_work(engine: Engine, *, write: bool) -> Iterator[Session]:
    """A session whose changes are kept together or, on any exception, not at all."""
    with Session(engine, expire_on_commit=False) as session:
        try:
            if write:
                session.connection(execution_options=WRITE)
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
