"""The database connection and the unit of work: the only commit there is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from models.errors import InDoubt, has_gone_away
from models.mariadb import COMMANDS, ISOLATION
from models.postgresql import address_of
from models.sqlite import AT_ONCE, DRIVER, IMMEDIATE

# What a command, a page of Flask or a migration talks to PostgreSQL with.
POSTGRESQL = "postgresql+psycopg"


def make_engine(url: str) -> Engine:
    """An engine for a `sqlite:///`, `postgresql://` or `mariadb://` address, for any thread.

    The folder of a SQLite file is made if need be. Errors do not tell the values of a statement:
    they are personal data and secrets, and errors are logged.
    """
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        address, is_pooled = address_of(url)
        # The driver prepares what is run often, and behind a PgBouncer others would meet that.
        options = {"connect_args": {"prepare_threshold": None}} if is_pooled else {}
        return create_engine(
            address.set(drivername=POSTGRESQL), pool_pre_ping=True, hide_parameters=True, **options
        )
    if address.get_backend_name() in ("mariadb", "mysql"):
        address = address.set(drivername=COMMANDS)
        return create_engine(
            address, pool_pre_ping=True, hide_parameters=True, isolation_level=ISOLATION
        )
    if address.get_backend_name() != "sqlite":
        raise ValueError(f"unsupported database: {address.get_backend_name()}")
    return create_engine(
        local_address(address),
        # Whoever takes a connection ends its transaction; the pool need not do it once more.
        pool_reset_on_return=None,
        hide_parameters=True,
    )


def local_address(address: URL) -> URL:
    """The address of a SQLite file for our dialect, with the folder of the file in place."""
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    return address.set(drivername=DRIVER)


def write_options(engine: Engine, *, patient: bool = True) -> Mapping[str, Any]:
    """The options of a connection that is going to write."""
    if engine.dialect.name == "sqlite":
        return {"isolation_level": IMMEDIATE if patient else AT_ONCE}
    return {}


@contextmanager
def unit_of_work(engine: Engine, *, write: bool, patient: bool = True) -> Iterator[Session]:
    """A session whose changes are kept together or, on any exception, not at all.

    Without `write`, nothing that it changes is kept. Raises OperationalError if another writer
    of SQLite does not end in time; without `patient`, at once. Raises InDoubt if the database went
    away in the moment of keeping the changes.
    """
    with Session(engine, expire_on_commit=False) as session:
        if write:
            session.connection(execution_options=write_options(engine, patient=patient))
        yield session
        if write:
            session.flush()
            _commit(session)


def _commit(session: Session) -> None:
    try:
        session.commit()
    except DBAPIError as error:
        if error.connection_invalidated or has_gone_away(error.orig):
            raise InDoubt from error
        raise
