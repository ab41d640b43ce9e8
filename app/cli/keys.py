"""Commands for API keys."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any

import click
from flask import Blueprint, current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cli.contract import contract
from app.cli.database import database, fail
from app.pipeline.reasons import reasons
from app.settings import Settings
from app.usecases import api_keys
from app.usecases.permissions import canonical
from models import Admin, Customer, PersonalAccessToken
from models.base import HELD
from models.errors import Invalid

commands = Blueprint("keys", __name__, cli_group=None)

OWNERS: dict[str, type[Any]] = {"application": Admin, "customer": Customer}
KEY_ID = click.IntRange(1, 2**63 - 1)


def fields_of(body: str) -> dict[str, Any]:
    """The schemas of the fields of a body of the contract."""
    fields: dict[str, Any] = contract().document["components"]["schemas"][body]["properties"]
    return fields


def check_fields(body: str, values: dict[str, Any]) -> None:
    """End with one line if values do not fit the fields of that body of the contract."""
    validator = contract().validator({"type": "object", "properties": fields_of(body)})
    if wrong := reasons(validator, values):
        fail(str(next(iter(wrong.values()))[0]))


def checked_permissions(texts: Sequence[str]) -> list[str]:
    """The permissions of `--permissions` options, in the published vocabulary."""
    known = contract().permissions
    asked = [part.strip() for text in texts for part in text.split(",") if part.strip()]
    for permission in asked:
        if canonical(permission) not in known:
            near = get_close_matches(canonical(permission), known, n=1, cutoff=0)
            fail(f"There is no permission {permission}. Did you mean {near[0]}?")
    return list(map(canonical, asked))


def owner_of(session: Session, kind: str, email: str) -> Admin | Customer:
    """Whoever has an address. Ends with one line if nobody has."""
    model = OWNERS[kind]
    owner: Admin | Customer | None = session.scalars(
        select(model).where(func.lower(model.email) == email.strip().lower(),
                            model.deleted_at.is_(None))
    ).first()  # fmt: skip
    if owner is None:
        who = "administrator" if model is Admin else "customer"
        fail(f"There is no {who} with the address {email}.")
    return owner


@commands.cli.command("clientxcms:create-api-key")
@click.argument("name")
@click.argument("email")
@click.option("--permissions", multiple=True, help="Repeat, or separate with commas; * is all.")
@click.option("--type", "kind", default="application", type=click.Choice(list(OWNERS)))
@click.option("--expires-at", type=click.DateTime(), help="A date or date and time, in UTC.")
@click.option("--network", "networks", multiple=True,
              help="Repeat; where requests may come from, such as 192.0.2.0/24.")  # fmt: skip
@click.option("--rate-limit", type=int, help="Requests a minute, in place of the server's limit.")
def create_api_key(
    name: str, email: str, permissions: Sequence[str], kind: str, expires_at: datetime | None,
    networks: Sequence[str], rate_limit: int | None,
) -> None:  # fmt: skip
    """Make an API key called NAME for the owner with the address EMAIL."""
    values: dict[str, Any] = {
        "name": name, "allowed_networks": list(networks), "rate_limit": rate_limit,
    }  # fmt: skip
    check_fields("ApiKeyCreate", values)
    abilities = checked_permissions(permissions)
    if not abilities:
        abilities = ["*"] if kind == "application" else ["customer:*"]
    with database(write=True) as session:
        owner = owner_of(session, kind, email)
        try:
            _, token = api_keys.create_api_key(
                session, owner=owner, abilities=abilities,
                expires_at=expires_at and expires_at.replace(tzinfo=UTC),
                now=datetime.now(UTC), **values,
            )  # fmt: skip
        except Invalid as error:
            fail(str(error.detail))
    click.echo("The API key was created. Its token is shown this once.")
    click.echo(f"Name: {name}")
    click.echo(f"Email: {owner.email}")
    click.echo(f"Token: {token}")
    settings: Settings = current_app.config["SETTINGS"]
    # With PORT=0, only the server knows where it listens.
    if settings.port:
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
        click.echo("ID\tNAME\tPERMISSIONS\tLAST USED\tEXPIRES\tNETWORKS\tRATE LIMIT")
        for key in keys:
            dates = (str(moment or "never")[:19] for moment in (key.last_used_at, key.expires_at))
            limits = ",".join(key.allowed_networks or ["all"]), str(key.rate_limit or "server's")
            click.echo("\t".join([str(key.id), key.name, ",".join(key.abilities), *dates, *limits]))


@commands.cli.command("clientxcms:rotate-api-key")
@click.argument("key_id", type=KEY_ID)
@click.option("--overlap", type=int, help="Seconds that the secret before is still good for.")
def rotate_api_key(key_id: int, overlap: int | None) -> None:
    """Give the key with the id KEY_ID a new secret."""
    if overlap is None:
        overlap = fields_of("ApiKeyRotate")["overlap"]["default"]
    check_fields("ApiKeyRotate", {"overlap": overlap})
    with database(write=True) as session:
        key = key_with(session, key_id)
        token = api_keys.rotate(
            session, key, overlap=timedelta(seconds=overlap), now=datetime.now(UTC)
        )
    click.echo("The API key has a new secret. Its token is shown this once.")
    click.echo(f"Name: {key.name}")
    click.echo(f"Token: {token}")
    click.echo(f"The secret before it ends: {str(key.previous_expires_at)[:19]}")


@commands.cli.command("clientxcms:revoke-api-key")
@click.argument("key_id", type=KEY_ID)
def revoke_api_key(key_id: int) -> None:
    """Revoke the key with the id KEY_ID at once, and the tokens it was traded for."""
    with database(write=True) as session:
        key = key_with(session, key_id)
        api_keys.revoke(session, key)
    click.echo(f"API key {key_id} ({key.name}) was revoked.")


def key_with(session: Session, key_id: int) -> PersonalAccessToken:
    """The key with an id, to change it. Ends with one line if there is none."""
    key = session.get(PersonalAccessToken, key_id, with_for_update=HELD)
    if key is None:
        fail(f"There is no API key {key_id}.")
    return key
