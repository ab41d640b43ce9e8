"""New databases for tests: files of SQLite, or databases of the server that is named to us."""

import os
from functools import cache
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.orm import Session

from models.base import Base
from models.engine import make_engine
from models.row_count import RowCount

# The address of a PostgreSQL or MariaDB server where databases may be created; none is SQLite.
SERVER = os.environ.get("TEST_POSTGRESQL") or os.environ.get("TEST_MARIADB", "")


def on_server(statement: str) -> None:
    """Do something with databases themselves."""
    engine = create_engine(make_engine(SERVER).url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@cache
def new_database(folder: Path, name: str = "shop") -> str:
    """The address of a database that nobody else has; the same for the same folder and name."""
    if not SERVER:
        return f"sqlite:///{folder / name}.db"
    database = f"{name}_{uuid4().hex}"
    on_server(f"CREATE DATABASE {database}")
    return make_url(SERVER).set(database=database).render_as_string(hide_password=False)


def empty(session: Session) -> None:
    """Remove all rows; new ones are numbered from 1 again."""
    connection = session.connection()
    # Triggers count the rows of all others.
    tables = [
        table.name
        for table in reversed(Base.metadata.sorted_tables)
        if table is not RowCount.__table__
    ]
    match connection.dialect.name:
        case "postgresql":
            _empty_on_postgresql(connection, tables)
        case "mariadb":
            _empty_on_mariadb(connection, tables)
        case _:
            for table in tables:
                connection.exec_driver_sql(f"DELETE FROM {table}")
    session.commit()


def _empty_on_postgresql(connection: Connection, tables: list[str]) -> None:
    """Remove the rows; TRUNCATE would make new files for all tables and indexes."""
    used = connection.exec_driver_sql(
        "SELECT sequencename FROM pg_sequences"
        " WHERE schemaname = current_schema() AND last_value IS NOT NULL"
    )
    statements = [f"DELETE FROM {table}" for table in tables]
    sequences = {f"{table}_id_seq" for table in tables} & set(used.scalars())
    statements += [f"ALTER SEQUENCE {sequence} RESTART" for sequence in sequences]
    connection.exec_driver_sql(";".join(statements))


def _empty_on_mariadb(connection: Connection, tables: list[str]) -> None:
    """Remove the rows of tables that have numbered some; to number them anew takes its time."""
    used = connection.exec_driver_sql(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = DATABASE() AND auto_increment > 1"
    )
    names = set(used.scalars())
    # Or groups could not be deleted together with their parents.
    connection.exec_driver_sql("SET foreign_key_checks = 0")
    for table in (name for name in tables if name in names):
        connection.exec_driver_sql(f"DELETE FROM {table}")
    connection.exec_driver_sql("SET foreign_key_checks = 1")
    for table in (name for name in tables if name in names):
        connection.exec_driver_sql(f"ALTER TABLE {table} AUTO_INCREMENT = 1")
