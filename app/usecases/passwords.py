"""Passwords of customers. Only argon2 hashes are kept."""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from argon2 import PasswordHasher

# The least that OWASP's password storage cheat sheet asks for, in KiB and passes.
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def hash_password(password: str) -> str:
    """What is stored of a password."""
    return _hasher.hash(password)


def hash_of(body: Mapping[str, Any]) -> str | None:
    """What is stored of the password in a body; None if there is none."""
    password = body.get("password")
    return hash_password(password) if password else None


def hash_of_any(body: Mapping[str, Any]) -> str:
    """The same, but where there is none, what no password is known to have as its hash.

    It is made of dice and not of a password of dice, as argon2 is slow on purpose.
    """
    return hash_of(body) or _hash_of_dice()


def _hash_of_dice() -> str:
    salt, digest = (
        b64encode(secrets.token_bytes(length)).rstrip(b"=").decode()
        for length in (_hasher.salt_len, _hasher.hash_len)
    )
    costs = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"
