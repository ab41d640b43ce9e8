"""Commands here, and in `app.server` all that is served.

Most of what a server imports is of no use to a command, and takes longer than the work of most.
"""

import warnings

from flask import Flask

from app.cli import backup, check, keys, mail, server, shop
from app.settings import Settings, read_settings

# Connexion imports a test client that warns about its own future; no user can do anything about it.
warnings.filterwarnings("ignore", module=r"connexion\.|starlette\.testclient")


def create_app(settings: Settings | None = None) -> Flask:
    """What `flask --app app` finds: the commands. They open the database of the settings."""
    app = Flask(__name__, static_folder=None)
    app.config["SETTINGS"] = settings or read_settings()
    for each in (backup, check, keys, mail, server, shop):
        app.register_blueprint(each.commands)
    return app
