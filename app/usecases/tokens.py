"""Short-lived tokens for a part of a key's permissions (RFC 6749 section 4.4)."""

from base64 import b64decode
from collections.abc import Callable, Container, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from app.usecases.permissions import EVERYTHING, canonical
from app.usecases.rights import NOT_FROM_HERE, earliest, rights_of
from models import Admin, PersonalAccessToken
from models.base import SHARED
from models.errors import OAuthError
from models.personal_access_token import hash_secret, is_current_secret, new_secret
from models.sentence import Sentence, say

LIFETIME = timedelta(hours=1)


def client_credentials(body: Mapping[str, Any], authorization: bytes) -> tuple[str, str]:
    """The id and secret of a client, from HTTP Basic or from the body (RFC 6749 2.3.1)."""
    scheme, _, encoded = authorization.partition(b" ")
    if scheme.lower() == b"basic":
        if "client_secret" in body:
            raise OAuthError(
                "invalid_request", say("Send the client's credentials in one place only.")
            )
        try:
            name, colon, secret = b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            name, colon, secret = "", "", ""
        if not colon:
            raise OAuthError("invalid_client", say("The Basic credentials cannot be read."))
        return unquote_plus(name), unquote_plus(secret)
    if not body.get("client_id") or not body.get("client_secret"):
        raise OAuthError("invalid_client", say("The id and the secret of an API key are needed."))
    return body["client_id"], body["client_secret"]


def grant(
    session: Session, client_id: str, secret: str, body: Mapping[str, Any],
    address: str | None, admit: Callable[[int, int | None], None], declared: Container[str],
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """A new token for the key with that id and secret. Raises OAuthError (RFC 6749 5.2).

    `declared` are the permissions of the contract. `address` is that of the client. `admit` is told
    the id of the key, and its own rate limit, once its secret is known to be right: a guesser uses
    up nobody's requests.
    """
    if body.get("grant_type") is None:
        raise OAuthError("invalid_request", say("The field grant_type is missing."))
    if body["grant_type"] != "client_credentials":
        raise OAuthError(
            "unsupported_grant_type", say("The grant type must be client_credentials.")
        )
    key, ends_at = _key(session, client_id, secret, now)
    rights = rights_of(key)
    if not rights.open_to(address):
        raise OAuthError("unauthorized_client", NOT_FROM_HERE)
    admit(key.id, rights.rate_limit)
    scope = _scope(key, (body.get("scope") or "").split(), declared)
    _remove_ended(session, key, now)
    lifetime = min(LIFETIME, ends_at - now) if ends_at else LIFETIME
    fresh = new_secret()
    token = PersonalAccessToken(
        tokenable_type=key.tokenable_type,
        tokenable_id=key.tokenable_id,
        parent_id=key.id,
        name=key.name,
        token=hash_secret(fresh),
        abilities=scope,
        expires_at=now + lifetime,
    )
    session.add(token)
    session.flush()
    return {
        "access_token": f"{token.id}|{fresh}",
        "token_type": "Bearer",
        "expires_in": int(lifetime.total_seconds()),
        "scope": " ".join(scope),
    }


def _key(
    session: Session, client_id: str, secret: str, now: datetime
) -> tuple[PersonalAccessToken, datetime | None]:
    """The key of a secret, and when the secret, the key or the access of its admin ends."""
    # The printed key is `<id>|<secret>`; who pastes it whole means its second half.
    hashed = hash_secret(secret.rpartition("|")[2])
    # Not by its number: how long that takes would tell a guesser which numbers there are.
    keys = PersonalAccessToken
    key_id = session.scalars(
        select(keys.id).where(or_(keys.token == hashed, keys.previous_token == hashed))
    ).first()
    # What is taken from the key meanwhile must not live on in its token.
    key = session.get(keys, key_id, with_for_update=SHARED) if key_id else None
    unknown = OAuthError("invalid_client", say("The API key is unknown, revoked or expired."))
    if key is None or key.parent_id is not None or client_id.lstrip("0") != str(key.id):
        raise unknown
    is_new = is_current_secret(hashed, key.token, key.previous_token)
    if is_new is None:
        raise unknown
    admin = _living_admin(session, key)
    if admin is None:
        raise unknown
    ends_at = earliest(
        key.expires_at, None if is_new else key.previous_expires_at, admin.expires_at
    )
    if ends_at is not None and ends_at <= now:
        raise unknown
    return key, ends_at


def _remove_ended(session: Session, key: PersonalAccessToken, now: datetime) -> None:
    """Remove the tokens of a key that have ended."""
    # By their ids: while it looks for what to delete, MariaDB would wait for keys that others hold.
    tokens = PersonalAccessToken
    ended = session.scalars(
        select(tokens.id).where(tokens.parent_id == key.id, tokens.expires_at <= now)
    ).all()
    if ended:
        session.execute(delete(tokens).where(tokens.id.in_(ended)))


def _living_admin(session: Session, key: PersonalAccessToken) -> Admin | None:
    if key.tokenable_type != Admin.CLASS_NAME:
        return None
    admin = session.get(Admin, key.tokenable_id)
    return None if admin is None or admin.deleted_at is not None else admin


def _scope(key: PersonalAccessToken, asked: list[str], declared: Container[str]) -> list[str]:
    """Return the permissions of the token: those that were requested, or else all of the key's."""
    wanted = list(dict.fromkeys(map(canonical, asked)))
    # RFC 6749 section 3.3: an unknown scope is refused, also to a key that may do everything.
    if unknown := [scope for scope in wanted if scope not in declared]:
        raise _invalid_scope(say("There are no such permissions: {scopes}.", scopes=_few(unknown)))
    held = [canonical(ability) for ability in key.abilities]
    refused = [scope for scope in wanted if EVERYTHING not in held and scope not in held]
    if refused:
        raise _invalid_scope(say("This key cannot grant {scopes}.", scopes=_few(refused)))
    return wanted or held


def _few(scopes: list[str]) -> str:
    return ", ".join(scopes)[:200]


def _invalid_scope(detail: Sentence) -> OAuthError:
    return OAuthError("invalid_scope", detail)
