"""What all commands share: the database of the settings, and one line for what went wrong."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click
from flask import current_app
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.settings import Settings
from models.engine import make_engine, unit_of_work
from models.errors import UnsupportedServer
from models.migrate import refusal


def fail(text: str) -> NoReturn:
    """End a command with one line on standard error and exit status 1."""
    click.echo(f"Error: {text}", err=True)
    sys.exit(1)


@contextmanager
def opened(settings: Settings) -> Iterator[Engine]:
    """The engine of the settings. A database that cannot be used ends the command."""
    # As it may be shown, without its password.
    address = make_url(settings.database_url).render_as_string()
    try:
        engine = make_engine(settings.database_url)
        try:
            yield engine
        finally:
            engine.dispose()
    except (DBAPIError, OSError) as error:
        reason = " ".join(str(getattr(error, "orig", error)).split())
        fail(f"The database {address} cannot be opened: {reason}.")
    except UnsupportedServer as error:
        fail(f"The database {address} cannot be used. {error}")


@contextmanager
def database(*, write: bool = False) -> Iterator[Session]:
    """A unit of work on the migrated database of the settings."""
    with opened(current_app.config["SETTINGS"]) as engine:
        if reason := refusal(engine):
            fail(reason)
        with unit_of_work(engine, write=write) as session:
            yield session
