"""Bearer keys and scopes: who is calling, and what the key may do.

Connexion's own bearer handler ignores the scopes of a requirement, so both checks are here.
They are two steps because a request counts against the rate limit before its scope is looked at.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from sqlalchemy import Engine, and_, bindparam, select
from sqlalchemy.exc import OperationalError

from app.contract import Operation
from app.pipeline.call import Answer, Call, Parts, Principal, Step
from app.pipeline.problems import Problem
from app.usecases.permissions import EVERYTHING, canonical
from models import Admin, PersonalAccessToken
from models.engine import unit_of_work
from models.personal_access_token import hash_secret
from models.sentence import Sentence, say

# How long `last_used_at` may lag behind: a write for each read would cost more than the read.
USE_NOTED_EVERY = timedelta(minutes=1)

_key = PersonalAccessToken.__table__
_admin = Admin.__table__
_living = (
    select(_key.c.id, _key.c.parent_id, _key.c.tokenable_id, _key.c.token, _key.c.abilities,
           _key.c.expires_at, _key.c.last_used_at)
    .join(
        _admin,
        and_(
            _key.c.tokenable_type == Admin.CLASS_NAME,
            _key.c.tokenable_id == _admin.c.id,
            _admin.c.deleted_at.is_(None),
        ),
    )
)  # fmt: skip
_BY_ID = _living.where(_key.c.id == bindparam("key_id"))
_BY_HASH = _living.where(_key.c.token == bindparam("hash"))
_NOTE_USE = _key.update().where(_key.c.id == bindparam("key_id"))


def find_key(engine: Engine, token: str, now: datetime) -> Any | None:
    """The row of a living key whose owner is a living admin, or None.

    `token` is what stands behind `Bearer`: `<id>|<secret>`, or the secret alone (core contract
    2.1). Unknown, revoked and expired keys look the same.
    """
    number, bar, secret = token.partition("|")
    if bar and not (number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    hashed = hash_secret(secret if bar else token)
    with engine.connect() as connection:
        if bar:
            row = connection.execute(_BY_ID, {"key_id": int(number)}).first()
        else:
            row = connection.execute(_BY_HASH, {"hash": hashed}).first()
    if row is None or not compare_digest(row.token, hashed):
        return None
    return None if row.expires_at is not None and row.expires_at <= now else row


def _note_use(engine: Engine, row: Any, now: datetime) -> None:
    if row.last_used_at is not None and now - row.last_used_at < USE_NOTED_EVERY:
        return
    note = _NOTE_USE.values(last_used_at=now, updated_at=_key.c.updated_at)
    # While somebody else writes, nobody has to wait for this: the next request notes it.
    with (
        suppress(OperationalError),
        unit_of_work(engine, write=True, patient=False) as session,
    ):
        session.execute(note, {"key_id": row.id})


def _refused(headers: dict[bytes, bytes]) -> Problem:
    # RFC 6750 section 3.1: no error code when the request carried no authentication at all.
    challenge = 'Bearer realm="CLIENTXCMS"'
    if b"authorization" in headers:
        challenge += ', error="invalid_token"'
    return Problem(
        "unauthenticated",
        say("The API key is missing, unknown, revoked or expired."),
        headers={"WWW-Authenticate": challenge},
    )


def authentication(operation: Operation, step: Step, parts: Parts) -> Step:
    """Find out whose key it is. Raises a 401 problem if it is nobody's."""
    if not operation.scopes:
        return step

    async def authenticate(call: Call) -> Answer:
        scheme, _, token = call.headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        now = parts.clock()
        row = None
        if scheme.lower() == "bearer":
            row = find_key(parts.engine, token.strip(), now)
        if row is None:
            raise _refused(call.headers)
        _note_use(parts.engine, row, now)
        call.principal = Principal(
            row.parent_id or row.id, row.tokenable_id, frozenset(row.abilities)
        )
        return await step(call)

    return authenticate


def authorization(operation: Operation, step: Step, parts: Parts) -> Step:
    """Let pass who has a permission of the operation. Raises a 403 problem for all others."""
    if not operation.scopes:
        return step
    accepted = frozenset({EVERYTHING, *operation.scopes})
    refusal = needed(operation.scopes)
    challenge = 'Bearer realm="CLIENTXCMS", error="insufficient_scope", '
    challenge += f'scope="{operation.scopes[0]}"'

    async def authorize(call: Call) -> Answer:
        principal = call.principal
        assert principal is not None
        if accepted.isdisjoint(principal.abilities) and accepted.isdisjoint(
            map(canonical, principal.abilities)
        ):
            raise Problem(
                "insufficient-scope",
                refusal,
                headers={"WWW-Authenticate": challenge},
            )
        return await step(call)

    return authorize


def needed(scopes: Sequence[str]) -> Sentence:
    """What to say to a key that has none of the permissions."""
    if len(scopes) == 1:
        return say("This needs the permission {scope}.", scope=scopes[0])
    first, second = scopes
    return say("This needs the permission {scope} or {other}.", scope=first, other=second)
