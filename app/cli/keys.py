"""Commands for API keys."""

from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

import click
from flask import Blueprint, current_app
from sqlalchemy import func, select

from app.cli.database import database, fail
from app.contract import contract
from app.settings import Settings
from app.usecases import api_keys
from app.usecases.permissions import canonical
from models import Admin, Customer, PersonalAccessToken

commands = Blueprint("keys", __name__, cli_group=None)

OWNERS: dict[str, type[Any]] = {"application": Admin, "customer": Customer}


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
    settings: Settings = current_app.config["SETTINGS"]
    click.echo(f"Documentation: {settings.address}/api/documentation")


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
