"""Connections that are ended by somebody else."""

from sqlalchemy.exc import OperationalError

from models.engine import make_engine
from models.errors import number_of
from tests.databases import SERVER

# What the server says of a connection that has ended by itself meanwhile.
UNKNOWN = 1094


def kill_all(database: str) -> None:
    """End all connections with a database."""
    engine = make_engine(f"{SERVER}mysql")
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT id FROM information_schema.processlist WHERE db = %s", (database,)
        )
        for thread in found.scalars().all():
            try:
                connection.exec_driver_sql(f"KILL {thread}")
            except OperationalError as error:
                if number_of(error.orig) != UNKNOWN:
                    raise
    engine.dispose()
