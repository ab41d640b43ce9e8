"""The command that looks after an installation."""

from collections import Counter

import click
from flask import Blueprint, current_app

from app.deployment import ERROR, WARNING, findings

commands = Blueprint("check", __name__, cli_group=None)


@commands.cli.command("clientxcms:check")
@click.option("--strict", is_flag=True, help="Count warnings as errors.")
@click.pass_context
def check(context: click.Context, strict: bool) -> None:
    """Look for unsafe settings, a database that is not migrated, a wrong clock, a full disk,
    mail that does not go out. Ends with status 1 on errors."""
    counts: Counter[str] = Counter()
    for level, subject, text in findings(current_app.config["SETTINGS"]):
        counts[level] += 1
        click.echo(f"{level:<8} {subject}: {text}")
    click.echo(f"{counts[ERROR]} errors, {counts[WARNING]} warnings.")
    context.exit(1 if counts[ERROR] or (strict and counts[WARNING]) else 0)
