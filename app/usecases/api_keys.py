"""API keys, for people who run the shop and for programs that have a key of theirs."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.usecases.permissions import published
from app.usecases.rights import Principal, Rights, check_within, is_within, parsed, rights_of
from models import Admin, Customer, PersonalAccessToken
from models.base import living, missing
from models.errors import Invalid
from models.personal_access_token import hash_secret, new_secret
from models.sentence import field, say


def create_api_key(
    session: Session,
    *,
    name: str,
    owner: Admin | Customer,
    abilities: Sequence[str],
    expires_at: datetime | None = None,
    allowed_networks: Sequence[str] | None = None,
    rate_limit: int | None = None,
    within: Rights | None = None,
    now: datetime,
) -> tuple[PersonalAccessToken, str]:
    """A new key of `owner` and its token `<id>|<secret>`, which cannot be read again later.

    `abilities` are permissions in the published vocabulary, `allowed_networks` in CIDR notation;
    the caller has checked them. Raises BeyondKey if the key would go beyond the rights `within`,
    and Invalid for an end that is not to come.
    """
    secret = new_secret()
    key = PersonalAccessToken(
        tokenable_type=owner.CLASS_NAME,
        tokenable_id=owner.id,
        name=name,
        token=hash_secret(secret),
        created_at=now,
        updated_at=now,
    )
    _set(
        key,
        {
            "abilities": abilities,
            "expires_at": expires_at,
            "allowed_networks": allowed_networks,
            "rate_limit": rate_limit,
        },
        now,
    )
    if within is not None:
        check_within(rights_of(key), within)
    session.add(key)
    session.flush()
    return key, f"{key.id}|{secret}"


def change(
    session: Session,
    key: PersonalAccessToken,
    values: Mapping[str, Any],
    *,
    within: Rights,
    now: datetime,
) -> None:
    """Set columns of a key. Raises BeyondKey if it went or would go beyond the rights `within`.

    Tokens that it was traded for end where they go beyond it: nothing that was taken away is
    still held by them.
    """
    check_within(rights_of(key), within)
    _set(key, values, now)
    held = rights_of(key)
    check_within(held, within)
    for token in session.scalars(_tokens_of(key)):
        if not is_within(_alone(token), _alone(key)):
            session.delete(token)
    session.flush()


def rotate(
    session: Session,
    key: PersonalAccessToken,
    *,
    overlap: timedelta,
    within: Rights | None = None,
    now: datetime,
) -> str:
    """Give a key a new secret, and return its new token.

    The secret before it is good for `overlap`, and so are the tokens that it was traded for; one
    before that ends at once. Raises BeyondKey if the key goes beyond the rights `within`.
    """
    if within is not None:
        check_within(rights_of(key), within)
    secret = new_secret()
    key.previous_token, key.previous_expires_at = key.token, now + overlap
    key.token = hash_secret(secret)
    tokens = PersonalAccessToken
    session.execute(
        update(tokens)
        .where(tokens.parent_id == key.id, tokens.expires_at > now + overlap)
        .values(expires_at=now + overlap)
    )
    session.flush()
    return f"{key.id}|{secret}"


def revoke(session: Session, key: PersonalAccessToken) -> None:
    """End a key at once. The database removes the short-lived tokens granted for it."""
    session.delete(key)
    session.flush()


def key_beside(session: Session, principal: Principal, key_id: int) -> PersonalAccessToken:
    """A key of the owner of the one that asks, to change it. Raises NotFound for any other id."""
    # Of two rotations at once, the second one has to see the secret of the first.
    key = living(session, PersonalAccessToken, key_id)
    owner = (key.tokenable_type, key.tokenable_id)
    if key.parent_id is not None or owner != (Admin.CLASS_NAME, principal.admin_id):
        raise missing(PersonalAccessToken, key_id)
    return key


def _tokens_of(key: PersonalAccessToken) -> Any:
    return select(PersonalAccessToken).where(PersonalAccessToken.parent_id == key.id)


def _alone(key: PersonalAccessToken) -> Rights:
    """What a token has of its own; networks and rate limit are those of its key."""
    return Rights(frozenset(key.abilities), expires_at=key.expires_at)


def _set(key: PersonalAccessToken, values: Mapping[str, Any], now: datetime) -> None:
    values = dict(values)
    end = values.get("expires_at")
    if end is not None and end != key.expires_at and end <= now:
        raise Invalid({"expires_at": [field("expires_at", say("must be a moment to come"))]})
    if "abilities" in values:
        values["abilities"] = list(dict.fromkeys(values["abilities"]))
        # As they are shown; who sends that back changes nothing.
        if key.abilities and published(key.abilities) == values["abilities"]:
            del values["abilities"]
    if "allowed_networks" in values:
        networks = dict.fromkeys(map(str, parsed(values["allowed_networks"])))
        values["allowed_networks"] = list(networks) or None
    key.change(values)
