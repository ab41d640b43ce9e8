"""API keys. Only a hash of the secret is kept; the secret is shown once."""

import secrets
import string
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import ClassVar
from zlib import crc32

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamps
from models.sentence import Sentence, say

PREFIX = "CLIENTXCMS"
ALPHABET = string.ascii_letters + string.digits


class PersonalAccessToken(Base, Timestamps):
    """A key of the row `tokenable_id` of the class `tokenable_type` (a CLASS_NAME).

    `parent_id` is set for short-lived tokens: the key that they were granted for, and die with.
    `allowed_networks` are in CIDR notation, None for everywhere; `rate_limit` is in requests a
    minute, None for that of the server. After a rotation `previous_token` is the hash of the
    secret before, which is good until `previous_expires_at`.
    """

    __tablename__ = "personal_access_tokens"
    __table_args__ = (Index(None, "tokenable_type", "tokenable_id"),)
    NOUN: ClassVar[Sentence] = say("API key")

    tokenable_type: Mapped[str] = mapped_column(String(255))
    tokenable_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(255))
    token: Mapped[str] = mapped_column(String(64), unique=True)
    abilities: Mapped[list[str]]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("personal_access_tokens.id", ondelete="CASCADE"), index=True
    )
    allowed_networks: Mapped[list[str] | None]
    rate_limit: Mapped[int | None]
    previous_token: Mapped[str | None] = mapped_column(String(64), index=True)
    previous_expires_at: Mapped[datetime | None]


def new_secret() -> str:
    """What follows the `|` of a key: 40 random characters between the prefix and a checksum.

    The checksum lets scanners tell a leaked key from a chance match (core contract 2.1).
    """
    random = "".join(secrets.choice(ALPHABET) for _ in range(40))
    return f"{PREFIX}{random}{crc32(random.encode()):08x}"


def hash_secret(secret: str) -> str:
    """What is stored of a secret."""
    return sha256(secret.encode()).hexdigest()


def is_current_secret(hashed: str, token: str, previous_token: str | None) -> bool | None:
    """Whether a hash is that of the secret of a key, or of the one before; None if of neither.

    It takes the same time wherever they differ.
    """
    if compare_digest(token, hashed):
        return True
    return False if compare_digest(previous_token or "", hashed) else None
