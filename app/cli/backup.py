"""Commands that take a copy of a SQLite database and put it back."""

import sqlite3
from pathlib import Path

import click
from flask import Blueprint, current_app
from sqlalchemy import make_url

from app.cli.database import fail
from models.backup import Damaged, InUse, back_up
from models.backup import restore as put_back

commands = Blueprint("backup", __name__, cli_group=None)
FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@commands.cli.command("clientxcms:backup")
@FILE
def backup(file: Path) -> None:
    """Write a copy of the database to FILE, which must not exist. The server may go on running."""
    database = _database()
    if not database.is_file():
        fail(f"There is no database {database}.")
    try:
        back_up(database, file)
    except FileExistsError:
        fail(f"{file} exists already.")
    except Damaged as error:
        fail(f"The database {database} is damaged: {error}.")
    except (OSError, sqlite3.Error) as error:
        fail(f"The copy {file} cannot be written: {error}.")
    click.echo(f"{file}: {file.stat().st_size:,} bytes, checked.")


@commands.cli.command("clientxcms:restore")
@FILE
@click.option("--replace", is_flag=True, help="Replace a database that is there.")
def restore(file: Path, replace: bool) -> None:
    """Put the copy FILE in the place of the database. The server has to be stopped."""
    database = _database()
    if database.exists() and not replace:
        fail(f"The database {database} would be lost. Back it up, then use --replace.")
    try:
        put_back(file, database)
    except FileNotFoundError:
        fail(f"There is no file {file}.")
    except Damaged as error:
        fail(f"{file} is no whole copy of a database: {error}. Nothing was changed.")
    except InUse:
        fail(f"The database {database} is in use. Stop the server first. Nothing was changed.")
    except (OSError, sqlite3.Error) as error:
        fail(f"{file} cannot be restored: {error}.")
    click.echo(f"{database} is as {file} was. Run: flask --app app clientxcms:migrate")


def _database() -> Path:
    address = make_url(current_app.config["SETTINGS"].database_url)
    if address.get_backend_name() != "sqlite":
        fail("These commands are for SQLite. docs/operations.md shows those of servers.")
    return Path(address.database or "")
