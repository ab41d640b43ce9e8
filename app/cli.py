"""Commands of `flask --app app`: keys, administrators, the database, the server."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, NoReturn

import click
from flask import Blueprint, current_app
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.contract import contract
from app.settings import Settings
from app.usecases import api_keys
from app.usecases.permissions import canonical
from models import Admin, Customer, PersonalAccessToken
from models.base import flush
from models.engine import make_engine, unit_of_work
from models.errors import Invalid

commands = Blueprint("commands", __name__, cli_group=None)

OWNERS: dict[str, type[Any]] = {"application": Admin, "customer": Customer}


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


def checked_permissions(texts: Sequence[str]) -> list[str]:
    """The permissions of `--permissions` options, in the published vocabulary."""
    known = contract().permissions
    asked = [part.strip() for text in texts for part in text.split(",") if part.strip()]
    for permission in asked:
        if canonical(permission) not in known:
            near = get_close_matches(canonical(permission), known, n=1, cutoff=0)
            fail(f"There is no permission {permission}. Did you mean {near[0]}?")
    return list(dict.fromkeys(map(canonical, asked)))


@commands.cli.command("clientxcms:create-api-key")
@click.argument("name")
@click.argument("email")
@click.option("--permissions", multiple=True, help="Repeat, or separate with commas; * is all.")
@click.option("--type", "kind", default="application", type=click.Choice(list(OWNERS)))
@click.option("--expires-at", type=click.DateTime(), help="A date or date and time, in UTC.")
def create_api_key(
    name: str, email: str, permissions: Sequence[str], kind: str, expires_at: datetime | None
) -> None:
    """Make an API key called NAME for the owner with the address EMAIL."""
    if not name.strip() or len(name) > 255:
        fail("The name of a key has 1 to 255 characters.")
    now = datetime.now(UTC)
    expires_at = expires_at.replace(tzinfo=UTC) if expires_at else None
    if expires_at and expires_at <= now:
        fail("The key would already be expired.")
    abilities = checked_permissions(permissions)
    model = OWNERS[kind]
    if kind == "application":
        abilities = abilities or ["*"]
    with database(write=True) as session:
        owner = session.scalars(
            select(model).where(func.lower(model.email) == email.strip().lower(),
                                model.deleted_at.is_(None))
        ).first()  # fmt: skip
        if owner is None:
            who = "administrator" if model is Admin else "customer"
            fail(f"There is no {who} with the address {email}.")
        _, token = api_keys.create_api_key(
            session, name=name, owner=owner, abilities=abilities or ["customer:*"],
            expires_at=expires_at, now=now,
        )  # fmt: skip
    click.echo("The API key was created. Its token is shown this once.")
    click.echo(f"Name: {name}")
    click.echo(f"Email: {owner.email}")
    click.echo(f"Token: {token}")
    click.echo(f"Documentation: {address(current_app.config['SETTINGS'])}/api/documentation")


@commands.cli.command("clientxcms:list-api-keys")
def list_api_keys() -> None:
    """Show all keys, never their secrets."""
    with database() as session:
        keys = session.scalars(
            select(PersonalAccessToken)
            .where(PersonalAccessToken.parent_id.is_(None))
            .order_by(PersonalAccessToken.id)
        ).all()
        click.echo("ID\tNAME\tPERMISSIONS\tLAST USED\tEXPIRES")
        for key in keys:
            dates = (str(moment or "never")[:19] for moment in (key.last_used_at, key.expires_at))
            click.echo("\t".join([str(key.id), key.name, ",".join(key.abilities), *dates]))


@commands.cli.command("clientxcms:revoke-api-key")
@click.argument("key_id", type=click.IntRange(1, 2**63 - 1))
def revoke_api_key(key_id: int) -> None:
    """Revoke the key with the id KEY_ID at once, and the tokens it was traded for."""
    with database(write=True) as session:
        key = session.get(PersonalAccessToken, key_id)
        if key is None:
            fail(f"There is no API key {key_id}.")
        api_keys.revoke(session, key)
    click.echo(f"API key {key_id} ({key.name}) was revoked.")


@commands.cli.command("clientxcms:create-admin")
@click.argument("email")
def create_admin(email: str) -> None:
    """Make an administrator with the address EMAIL, who can own API keys."""
    email = email.strip().lower()
    name, _, domain = email.rpartition("@")
    if not name or "." not in domain or len(email) > 255 or any(map(str.isspace, email)):
        fail(f"{email!r} is not an e-mail address.")
    with database(write=True) as session:
        session.add(Admin(username=name, email=email, firstname=name, lastname=""))
        try:
            flush(session)
        except Invalid:
            fail(f"There is already an administrator with the address {email}.")
    click.echo(f"Administrator {email} was created.")


@commands.cli.command("clientxcms:migrate")
def migrate() -> None:
    """Create the database, or bring it up to date."""
    from models.migrate import upgrade

    with opened(current_app.config["SETTINGS"]) as engine:
        upgrade(engine)
    click.echo("The database is up to date.")


def address(settings: Settings) -> str:
    """Where the server listens, as a URL."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


@commands.cli.command("clientxcms:serve")
def serve() -> None:
    """Start the server: migrate the database, fill an empty one with demo data, listen."""
    from app.serve import start

    start(current_app.config["SETTINGS"])


def has_admin(engine: Engine) -> bool:
    """Whether somebody has set this installation up already."""
    with unit_of_work(engine, write=False) as session:
        return session.scalar(select(Admin.id).limit(1)) is not None
