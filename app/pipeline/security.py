"""Bearer keys and scopes: who is calling, and what the key may do.

Connexion's own bearer handler ignores the scopes of a requirement, so both checks are here.
They are two steps because a request counts against the rate limit before its scope is looked at.
The permissions of includes are a third step, which needs the parameters as the request check has
read them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Engine, bindparam
from sqlalchemy.exc import DBAPIError

from app.contract import Operation
from app.pipeline.call import Answer, Call, Parts, Step, address_of
from app.pipeline.keys import LivingKey
from app.pipeline.problems import Problem
from app.pipeline.ratelimit import count_wrong_key
from app.usecases.permissions import EVERYTHING, canonical
from app.usecases.rights import NOT_FROM_HERE, Principal
from models import PersonalAccessToken
from models.engine import unit_of_work
from models.errors import InDoubt, OAuthError
from models.sentence import Sentence, say

BEARER = re.compile(rb"(?:bearer\s+)+(\S+)\s*", re.IGNORECASE)
# How long `last_used_at` may lag behind: a write for each read would cost more than the read.
USE_NOTED_EVERY = timedelta(minutes=1)

_key = PersonalAccessToken.__table__
_NOTE_USE = _key.update().where(_key.c.id == bindparam("key_id"))


def _note_use(engine: Engine, key: LivingKey, now: datetime) -> None:
    note = _NOTE_USE.values(last_used_at=now, updated_at=_key.c.updated_at)
    # Nobody has to wait for this, or to fail for it: the next request notes it.
    with (
        suppress(DBAPIError, InDoubt),
        unit_of_work(engine, write=True, patient=False) as session,
    ):
        session.execute(note, {"key_id": key.id})
        key.last_used_at = now


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


def bearer_token(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the token of the Authorization header (RFC 6750 section 2.1), or None without one.

    The scheme may be repeated: people paste "Bearer <key>" where Swagger UI adds the scheme itself.
    """
    found = BEARER.fullmatch(headers.get(b"authorization", b""))
    return found[1].decode("latin-1") if found else None


def authentication(operation: Operation, step: Step, parts: Parts) -> Step:
    """Find out whose key it is. Raises a 401 problem if it is nobody's, and a 403 problem if it
    may not come from where it does."""
    if not operation.needs_key:
        return _counting_wrong_clients(step, parts)
    keys, database, clock = parts.keys, parts.database, parts.clock

    async def authenticate(call: Call) -> Answer:
        now = clock()
        token = bearer_token(call.headers)
        key = await keys.find(token, now) if token is not None else None
        if key is None:
            if token is not None:
                await count_wrong_key(call, parts)
            raise _refused(call.headers)
        if not key.rights.open_to(address_of(call.scope)):
            raise Problem("address-not-allowed", NOT_FROM_HERE)
        if key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY:
            await database.attempt(_note_use, database.engine, key, now)
        call.principal = Principal(key.parent_id or key.id, key.admin_id, key.rights)
        return await step(call)

    return authenticate


def _counting_wrong_clients(step: Step, parts: Parts) -> Step:
    """Whoever is refused as an unknown client (RFC 6749 section 5.2) has sent a wrong key."""

    async def ask(call: Call) -> Answer:
        try:
            return await step(call)
        except OAuthError as error:
            if error.code == "invalid_client":
                await count_wrong_key(call, parts)
            raise

    return ask


def authorization(operation: Operation, step: Step, parts: Parts) -> Step:
    """Let pass who has a permission of the operation. Raises a 403 problem for all others."""
    if not operation.scopes:
        return step
    refuse = _scope_check(operation.scopes, needed(operation.scopes))

    async def authorize(call: Call) -> Answer:
        refuse(call)
        return await step(call)

    return authorize


def include_authorization(operation: Operation, step: Step, parts: Parts) -> Step:
    """Reject a request whose key lacks the permission of an include (403).

    The contract declares the permissions at the values of the parameter (`x-permissions`,
    docs/decisions/0030-permissions-of-includes.md). The step follows the request check, so that it
    sees the same values as the handler, however they were spelled; it precedes the first read.
    """
    checks = {
        (parameter.name, value): _scope_check(
            scopes, needed_by_parameter(parameter.name, value, scopes)
        )
        for parameter in operation.query
        for value, scopes in parameter.permissions().items()
        if scopes
    }
    names = {name for name, _ in checks}
    if not checks:
        return step

    async def authorize(call: Call) -> Answer:
        values = call.arguments["query"].values
        for name in names & values.keys():
            sent = values[name] if isinstance(values[name], list) else (None,)
            for value in sent:
                if check := checks.get((name, value)):
                    check(call)
        return await step(call)

    return authorize


def _scope_check(scopes: Sequence[str], refusal: Sentence) -> Callable[[Call], None]:
    """Compile a check that raises a 403 problem for a key that has none of some permissions."""
    accepted = frozenset({EVERYTHING, *scopes})
    challenge = 'Bearer realm="CLIENTXCMS", error="insufficient_scope", '
    challenge += f'scope="{scopes[0]}"'

    def check(call: Call) -> None:
        assert call.principal is not None
        held = call.principal.rights.permissions
        if accepted.isdisjoint(held) and accepted.isdisjoint(map(canonical, held)):
            raise Problem("insufficient-scope", refusal, headers={"WWW-Authenticate": challenge})

    return check


def needed(scopes: Sequence[str]) -> Sentence:
    """What to say to a key that has none of the permissions."""
    if len(scopes) == 1:
        return say("This needs the permission {scope}.", scope=scopes[0])
    first, second = scopes
    return say("This needs the permission {scope} or {other}.", scope=first, other=second)


def needed_by_parameter(name: str, value: str | None, scopes: Sequence[str]) -> Sentence:
    """Return the detail for a key that has none of the permissions of a parameter's value."""
    parameter = name if value is None else f"{name}={value}"
    if len(scopes) == 1:
        return say(
            "The parameter {parameter} needs the permission {scope}.",
            parameter=parameter,
            scope=scopes[0],
        )
    first, second = scopes
    return say(
        "The parameter {parameter} needs the permission {scope} or {other}.",
        parameter=parameter,
        scope=first,
        other=second,
    )
