"""The command that sends what is in the outbox."""

import time
from datetime import UTC, datetime

import click
from flask import Blueprint, current_app

from app.cli.database import opened
from app.outbox import deliver, sender
from app.settings import Settings

commands = Blueprint("mail", __name__, cli_group=None)


@commands.cli.command("clientxcms:deliver-mail")
@click.option("--watch", type=click.IntRange(1, 3600), help="Go on, looking every N seconds.")
def deliver_mail(watch: int | None) -> None:
    """Send the e-mails that are due, each once. What fails is tried again later."""
    settings: Settings = current_app.config["SETTINGS"]
    send = sender(settings.mail_url, settings.mail_from)
    with opened(settings) as engine:
        while True:
            sent, failed = deliver(engine, send, lambda: datetime.now(UTC))
            if sent or failed or not watch:
                click.echo(f"Sent: {sent}. Failed: {failed}.")
            if not watch:
                break
            time.sleep(watch)
