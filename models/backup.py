"""Copies of a SQLite database, taken and put back while others may use it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

# How long to wait for somebody who holds a lock, in seconds.
PATIENCE = 5


class Damaged(Exception):
    """A file is no database, or not a whole one."""


class InUse(Exception):
    """Somebody has the database open."""


def back_up(database: Path, target: Path) -> None:
    """Write a copy of the database as it is at one moment. Writers need not wait.

    `target` is there whole, or not at all. Raises FileExistsError if it is there already, Damaged
    if the copy is not whole.
    """
    if target.exists():
        raise FileExistsError(target)
    unfinished = target.with_name(f".{target.name}.part")
    unfinished.unlink(missing_ok=True)
    # Nobody else on this machine may read it.
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(_open(database)) as source, closing(_open(unfinished)) as copy:
            # All pages in one step: otherwise each writer would make it begin anew.
            source.backup(copy)
            # One file that needs no others beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            _check(copy)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        # Unlike a replacement, this fails if somebody was quicker.
        os.link(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(copy: Path, database: Path) -> None:
    """Put a copy in the place of the database, as one transaction: all of it, or nothing.

    Raises Damaged if the copy is not whole, and InUse if anybody has the database open: a server
    would go on with what it has read before.
    """
    if not copy.is_file():
        raise FileNotFoundError(copy)
    with closing(_open(copy, read_only=True)) as source:
        _check(source)
        with closing(_open(database)) as target:
            _take(target)
            source.backup(target)


def _open(file: Path, *, read_only: bool = False) -> sqlite3.Connection:
    mode = "ro&immutable=1" if read_only else "rw"
    if not read_only and not file.exists():
        mode = "rwc"
    address = f"{file.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)


def _take(connection: sqlite3.Connection) -> None:
    """Have a database for oneself. Nobody can leave the write-ahead log while others use it."""
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise InUse from error
    if mode != "delete":
        raise InUse


def _check(connection: sqlite3.Connection) -> None:
    try:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        # An empty file is a database, but no copy of ours.
        tables = connection.execute("SELECT count(*) FROM alembic_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise Damaged(str(error)) from error
    if found != "ok" or not tables:
        raise Damaged(found)
