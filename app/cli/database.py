"""What all commands share: the database of the settings, and one line for what went wrong."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click
from flask import current_app
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.settings import Settings
from models.engine import make_engine, unit_of_work


def fail(text: str) -> NoReturn:
    """End a command with one line on standard error and exit status 1."""
    click.echo(f"Error: {text}", err=True)
    sys.exit(1)


@contextmanager
def opened(settings: Settings) -> Iterator[Engine]:
    """The engine of the settings. A database that cannot be used ends the command."""
    try:
        engine = make_engine(settings.database_url)
        try:
            yield engine
        finally:
            engine.dispose()
    except (DBAPIError, OSError) as error:
        reason = getattr(error, "orig", error)
        fail(f"The database {settings.database_url} cannot be opened: {reason}.")


@contextmanager
def database(*, write: bool = False) -> Iterator[Session]:
    """A unit of work on the migrated database of the settings."""
    from models.migrate import is_current

    with opened(current_app.config["SETTINGS"]) as engine:
        if not is_current(engine):
            fail("The database is not migrated. Run: flask --app app clientxcms:migrate")
        with unit_of_work(engine, write=write) as session:
            yield session
