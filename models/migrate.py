"""Bring a database to the schema of this version."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, inspect, text

from models.base import Base
from models.engine import write_options

MIGRATIONS = Path(__file__).parent / "migrations"
# How long a migration of MariaDB waits for another one to end, in seconds.
PATIENCE = 60

# No tables yet; the tables of this version, of an earlier one (or of a migration that was
# interrupted, or others beside which there is room), of a later one; or tables of another program
# that have our names.
State = Literal["empty", "current", "old", "new", "foreign"]


class Foreign(Exception):
    """The database is not one that migrations of this version can be run on."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that are missing, up to a revision, all or none of them.

    MariaDB keeps what an interrupted migration has done; it is then run again from its beginning.
    Raises Foreign if the database belongs to a later version or to another program.
    """
    if (state := state_of(engine)) in REFUSALS:
        raise Foreign(REFUSALS[state])
    _migrate(engine, "upgrade", revision)


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take migrations back, down to a revision, with the data that only they have room for."""
    _migrate(engine, "downgrade", revision)


REFUSALS = {
    "new": "The database was migrated by a later version of this program.",
    "foreign": "The database holds tables of another program with the same names.",
}
UNMIGRATED = "The database is not migrated. Run: flask --app app clientxcms:migrate"


def refusal(engine: Engine) -> str | None:
    """Why a server cannot work on this database, and what to do; None if it can."""
    state = state_of(engine)
    if state != "current":
        return REFUSALS.get(state, UNMIGRATED)
    file = Path(engine.url.database or "")
    if engine.dialect.name == "sqlite" and file.is_file() and not os.access(file, os.W_OK):
        return f"Whoever runs this may not write to {file}."
    return None


@cache
def heads() -> frozenset[str]:
    """The revisions that a database of this version is at."""
    return frozenset(_scripts().get_heads())


def is_current(engine: Engine) -> bool:
    """Whether the database has the schema of this version."""
    return state_of(engine) == "current"


def state_of(engine: Engine) -> State:
    """Whose tables the database has."""
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        found = set(MigrationContext.configure(connection).get_current_heads())
    if "alembic_version" not in tables:
        if tables and not Base.metadata.tables.keys().isdisjoint(tables):
            return "foreign"
        return "old" if tables else "empty"
    if found == heads():
        return "current"
    known = {script.revision for script in _scripts().walk_revisions()}
    return "old" if found <= known else "new"


def _scripts() -> Any:
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(MIGRATIONS))


def _migrate(engine: Engine, direction: str, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    options = write_options(engine)
    with (
        engine.connect().execution_options(**options) as connection,
        connection.begin(),
        _alone(connection),
    ):
        config.attributes["connection"] = connection
        getattr(command, direction)(config, revision)


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Keep others from migrating at the same time; only MariaDB has to be asked for that."""
    if connection.dialect.name != "mariadb":
        yield
        return
    lock = text("SELECT GET_LOCK(DATABASE(), :patience)")
    if not connection.scalar(lock, {"patience": PATIENCE}):
        raise TimeoutError("another migration does not end")
    try:
        yield
    finally:
        connection.execute(text("DO RELEASE_LOCK(DATABASE())"))
