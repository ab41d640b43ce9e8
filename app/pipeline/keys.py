"""API keys as the pipeline looks them up: in the database, or from memory while nothing changed."""

from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from sqlalchemy import and_, bindparam, select

from models import Admin, PersonalAccessToken
from models.database import Database
from models.personal_access_token import hash_secret
from models.reads import Reader, items

# How many keys are remembered; a shop has a few dozen.
CAPACITY = 4096

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
_BY_HASH = _living.where(_key.c.token == bindparam("hash"))


@dataclass(slots=True)
class LivingKey:
    """A key that exists and whose owner is a living admin; it may have expired meanwhile."""

    id: int
    parent_id: int | None
    admin_id: int
    abilities: frozenset[str]
    expires_at: datetime | None
    last_used_at: datetime | None


class Keys:
    """Finds keys. What was found is remembered until the database has changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version: object | None = None
        self._found: dict[tuple[str, str], LivingKey] = {}

    async def find(self, token: str, now: datetime) -> LivingKey | None:
        """The living key behind a token: `<id>|<secret>`, or the secret alone (contract 2.1).

        Unknown, revoked and expired keys look the same: None. Only a hash is remembered.
        """
        number, bar, secret = token.partition("|")
        if not bar:
            number, secret = "", token
        elif not (number.isascii() and number.isdigit() and len(number) <= 18):
            return None
        place = (number, hash_secret(secret))
        version = self._database.version()
        if version is None or version != self._version:
            self._found.clear()
            self._version = version
        key = self._found.get(place)
        if key is None:
            key = await self._database.read(_look_up, *place)
            # Others may have noticed a change meanwhile, of this very key perhaps.
            is_current = version is not None and version == self._version
            if key is not None and is_current and len(self._found) < CAPACITY:
                self._found[place] = key
        if key is None or (key.expires_at is not None and key.expires_at <= now):
            return None
        return key


def _look_up(reader: Reader, number: str, hashed: str) -> LivingKey | None:
    # Whoever guesses finds nothing in any case, and in the same time, be there a key of that
    # number or not.
    found = items(reader, _BY_HASH, {"hash": hashed})
    if not found or not compare_digest(found[0]["token"], hashed):
        return None
    key = found[0]
    if number and int(number) != key["id"]:
        return None
    return LivingKey(
        key["id"], key["parent_id"], key["tokenable_id"], frozenset(key["abilities"]),
        key["expires_at"], key["last_used_at"],
    )  # fmt: skip
