"""Commands here, and in `app.server` all that is served.

Most of what a server imports is of no use to a command, and takes longer than the work of most.
"""

import warnings
from http import HTTPStatus

import click
from flask import Flask, Response
from flask.cli import run_command

from app.cli import backup, check, keys, mail, server, shop
from app.settings import Settings, read_settings

# Connexion imports a test client that warns about its own future; no user can do anything about it.
warnings.filterwarnings("ignore", module=r"connexion\.|starlette\.testclient")

# By its name, `server` is another module as soon as `app.server` is imported.
COMMANDS = [each.commands for each in (backup, check, keys, mail, server, shop)]
# The server is an ASGI application, in app.server; `flask run` and WSGI servers have only this.
START = "The server is started by another command: flask --app app clientxcms:serve"


def create_app(settings: Settings | None = None) -> Flask:
    """What `flask --app app` finds: the commands. They open the database of the settings.

    Variables of the environment that seem to be misspelt settings are named on standard error.
    """
    context = click.get_current_context(silent=True)
    if context and context.command is run_command:
        raise click.ClickException(START)
    settings = settings or read_settings()
    for name, setting in settings.misspelt:
        click.echo(f"Warning: {name} is ignored; the setting is {setting}.", err=True)
    app = Flask(__name__, static_folder=None)
    app.config["SETTINGS"] = settings
    app.before_request(
        lambda: Response(START, HTTPStatus.SERVICE_UNAVAILABLE, mimetype="text/plain")
    )
    for each in COMMANDS:
        app.register_blueprint(each)
    return app
