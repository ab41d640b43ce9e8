"""New databases for tests: files of SQLite, or databases of the PostgreSQL server named to us."""

import os
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import Engine, make_url
from sqlalchemy.orm import Session

from models.base import Base
from models.row_count import RowCount

# The address of a PostgreSQL server where databases may be created; none is SQLite.
SERVER = os.environ.get("TEST_POSTGRESQL", "")


@cache
def new_database(folder: Path, name: str = "shop") -> str:
    """The address of a database that nobody else has; the same for the same folder and name."""
    if not SERVER:
        return f"sqlite:///{folder / name}.db"
    database = f"{name}_{uuid4().hex}"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}")
    return make_url(SERVER).set(database=database).render_as_string(hide_password=False)


def empty(session: Session) -> None:
    """Remove all rows; new ones are numbered from 1 again."""
    engine: Engine = session.get_bind()
    # Triggers count the rows of all others.
    tables = [
        table.name
        for table in reversed(Base.metadata.sorted_tables)
        if table is not RowCount.__table__
    ]
    if engine.dialect.name == "sqlite":
        for table in tables:
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
    else:
        names = ", ".join(tables)
        session.connection().exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    session.commit()
