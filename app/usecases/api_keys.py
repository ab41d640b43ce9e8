"""API keys, for people who run the shop."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models import Admin, Customer, PersonalAccessToken
from models.personal_access_token import hash_secret, new_secret


def create_api_key(
    session: Session,
    *,
    name: str,
    owner: Admin | Customer,
    abilities: Sequence[str],
    expires_at: datetime | None = None,
    now: datetime,
) -> tuple[PersonalAccessToken, str]:
    """A new key of `owner` and its token `<id>|<secret>`, which cannot be read again later.

    `abilities` are permissions in the published vocabulary; the caller has checked them.
    """
    secret = new_secret()
    key = PersonalAccessToken(
        tokenable_type=owner.CLASS_NAME,
        tokenable_id=owner.id,
        name=name,
        token=hash_secret(secret),
        abilities=list(abilities),
        expires_at=expires_at,
        created_at=now,
        updated_at=now,
    )
    session.add(key)
    session.flush()
    return key, f"{key.id}|{secret}"


def revoke(session: Session, key: PersonalAccessToken) -> None:
    """End a key at once. The database removes the short-lived tokens granted for it."""
    session.delete(key)
    session.flush()
