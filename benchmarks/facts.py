"""What the figures depend on: machine, versions, date."""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psycopg

PACKAGES = ("connexion", "fastapi", "pydantic", "SQLAlchemy", "asyncpg", "psycopg", "uvicorn",
            "uvloop", "orjson", "jsonschema_rs")  # fmt: skip


def _said(*command: str) -> str:
    """What a command prints; nothing if it cannot."""
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def facts(command: str, databases: Sequence[str], server: str) -> Mapping[str, str]:
    """Everything that somebody needs who wants to measure it once more."""
    info = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.*)", info.read_text() if info.exists() else "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    found = {
        "command": command,
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "revision": _said("git", "describe", "--always", "--dirty"),
        "processors": f"{os.cpu_count()} x {names[0] if names else platform.processor()}",
        "memory": f"{memory:.0f} GB",
        "system": platform.platform(terse=True),
        "load": "wrk, one thread, 16 connections, on the same machine",
        "Python": platform.python_version(),
        "Node": _said("node", "--version"),
        "SQLite": sqlite3.sqlite_version,
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }
    if "postgresql" in databases:
        with psycopg.connect(server) as connection:
            found["PostgreSQL"] = str(connection.info.server_version / 10_000)
    return {name: text for name, text in found.items() if text}
