"""Passwords of customers. Only argon2 hashes are kept."""

import secrets
import string
from collections.abc import Mapping
from typing import Any

from argon2 import PasswordHasher

# The least that OWASP's password storage cheat sheet asks for, in KiB and passes.
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)

ALPHABET = string.ascii_letters + string.digits


def hash_password(password: str) -> str:
    """What is stored of a password."""
    return _hasher.hash(password)


def hash_of(body: Mapping[str, Any]) -> str | None:
    """What is stored of the password in a body; None if there is none."""
    password = body.get("password")
    return hash_password(password) if password else None


def hash_of_any(body: Mapping[str, Any]) -> str:
    """The same, but where there is none, of a password that nobody knows."""
    return hash_of(body) or hash_password(random_password())


def random_password() -> str:
    """A password that nobody knows, for who is still to choose one."""
    return "".join(secrets.choice(ALPHABET) for _ in range(20))
