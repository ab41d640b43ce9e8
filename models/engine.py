"""The database connection and the unit of work: the only commit there is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.orm import Session

from models.sqlite import AT_ONCE, DRIVER, IMMEDIATE

# Options of a connection that writes on SQLite.
WRITE = {"isolation_level": IMMEDIATE}
WRITE_AT_ONCE = {"isolation_level": AT_ONCE}


def make_engine(url: str) -> Engine:
    """An engine for a `sqlite:///` address. The folder of its file is made if need be."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        raise ValueError(f"unsupported database: {address.get_backend_name()}")
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    # Whoever takes a connection ends its transaction; the pool need not do it once more.
    return create_engine(address.set(drivername=DRIVER), pool_reset_on_return=None)


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
            options: Mapping[str, Any] = WRITE if patient else WRITE_AT_ONCE
            session.connection(execution_options=options)
        yield session
        if write:
            session.commit()
