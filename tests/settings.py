"""How servers of tests run."""

from pathlib import Path
from typing import Any

from app.settings import Settings
from tests.databases import new_database

# In milliseconds: nobody is refused because the machine that runs the tests is slow.
UNHURRIED = 60_000
# Where answers shall have the headers that tell of a limit, one that no test comes near.
RATE_LIMIT = 1_000_000_000


def unhurried(folder: Path, **others: Any) -> Settings:
    """A database and files in a folder, and no limits but those that are given."""
    given = {"data": folder / "storage", "rate_limit": 0, "wrong_key_limit": 0, **others}
    if "database_url" not in given:
        given["database_url"] = new_database(folder)
    return Settings(max_wait=UNHURRIED, **given)
