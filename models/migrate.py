"""Bring a database to the schema of this version."""

from pathlib import Path

from sqlalchemy import Engine

from models.engine import write_options

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing, all or none of them."""
    _migrate(engine, "upgrade", "head")


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take migrations back, down to a revision, with the data that only they have room for."""
    _migrate(engine, "downgrade", revision)


def _migrate(engine: Engine, direction: str, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    options = write_options(engine)
    with engine.connect().execution_options(**options) as connection, connection.begin():
        config.attributes["connection"] = connection
        getattr(command, direction)(config, revision)


def is_current(engine: Engine) -> bool:
    """Whether the database has the schema of this version."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    heads = ScriptDirectory(str(MIGRATIONS)).get_heads()
    with engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == set(heads)
