"""Commands that prepare the database and start the server."""

import click
from flask import Blueprint, current_app

from app.cli.database import fail, opened
from models.migrate import Foreign, upgrade

commands = Blueprint("server", __name__, cli_group=None)


@commands.cli.command("clientxcms:migrate")
def migrate() -> None:
    """Create the database, or bring it up to date."""
    with opened(current_app.config["SETTINGS"]) as engine:
        try:
            upgrade(engine)
        except Foreign as error:
            fail(str(error))
    click.echo("The database is up to date.")


@commands.cli.command("clientxcms:serve")
def serve() -> None:
    """Start the server. An empty database gets its tables and demo data first."""
    # Of the commands, this one alone needs what a server imports.
    from app.cli.serving import start

    start(current_app.config["SETTINGS"])
