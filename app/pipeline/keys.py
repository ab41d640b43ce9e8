"""API keys as the pipeline looks them up: in the database, or from memory while nothing changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, or_, select

from app.usecases.rights import Rights, earliest, parsed
from models import Admin, PersonalAccessToken
from models.database import Database
from models.personal_access_token import hash_secret, is_current_secret
from models.reads import Reader, items

# How many keys are remembered; a shop has a few dozen.
CAPACITY = 4096

_key = PersonalAccessToken.__table__
_admin = Admin.__table__
# The key that a short-lived token was granted for.
_parent = _key.alias("parent")
_living = (
    select(_key.c.id, _key.c.parent_id, _key.c.tokenable_id, _key.c.token, _key.c.abilities,
           _key.c.expires_at, _key.c.last_used_at, _key.c.allowed_networks, _key.c.rate_limit,
           _key.c.previous_token, _key.c.previous_expires_at,
           _parent.c.allowed_networks.label("parent_networks"),
           _parent.c.rate_limit.label("parent_limit"),
           _parent.c.expires_at.label("parent_end"), _admin.c.expires_at.label("owner_end"))
    .outerjoin(_parent, _parent.c.id == _key.c.parent_id)
    .join(
        _admin,
        and_(
            _key.c.tokenable_type == Admin.CLASS_NAME,
            _key.c.tokenable_id == _admin.c.id,
            _admin.c.deleted_at.is_(None),
        ),
    )
)  # fmt: skip
_BY_HASH = _living.where(
    or_(_key.c.token == bindparam("hash"), _key.c.previous_token == bindparam("hash"))
)


@dataclass(slots=True)
class LivingKey:
    """A key that exists and whose owner is a living admin; it may have expired meanwhile.

    Its rights end with the secret by which it was found. `ends_at` is the end of these rights or of
    its owner's access, whichever comes first: the owner may still make keys without an end.
    """

    id: int
    parent_id: int | None
    admin_id: int
    rights: Rights
    last_used_at: datetime | None
    ends_at: datetime | None


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
        if key is None:
            return None
        return None if key.ends_at is not None and key.ends_at <= now else key


def _look_up(reader: Reader, number: str, hashed: str) -> LivingKey | None:
    # Whoever guesses finds nothing in any case, and in the same time, be there a key of that
    # number or not.
    found = items(reader, _BY_HASH, {"hash": hashed})
    if not found:
        return None
    key = found[0]
    is_new = is_current_secret(hashed, key["token"], key["previous_token"])
    if is_new is None:
        return None
    if number and int(number) != key["id"]:
        return None
    rights = Rights(
        frozenset(key["abilities"]),
        parsed(key["parent_networks"] if key["parent_id"] else key["allowed_networks"]),
        key["parent_limit"] if key["parent_id"] else key["rate_limit"],
        earliest(key["expires_at"], key["parent_end"],
                 None if is_new else key["previous_expires_at"]),
    )  # fmt: skip
    ends_at = earliest(rights.expires_at, key["owner_end"])
    return LivingKey(
        key["id"], key["parent_id"], key["tokenable_id"], rights, key["last_used_at"], ends_at
    )
