"""Who takes part, and how each is started as its own documentation says."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.extract import extract
from benchmarks.work import Work

FASTIFY = Path(__file__).parent / "peers" / "fastify"

Started = tuple[list[str], Mapping[str, str]]


@dataclass(frozen=True)
class Contender:
    """`start` gives command and environment for a database, a port, a number of processes and a
    folder for files. `skips` are kinds of work that it has no operation for, `refusal` is how it
    answers to a bad body. A bound is no competitor: it shows how far one could get.
    """

    name: str
    title: str
    start: Callable[[str, int, int, Path], Started]
    databases: frozenset[str] = frozenset({"sqlite", "postgresql"})
    skips: frozenset[str] = frozenset()
    refusal: int = 422
    is_bound: bool = False

    def does(self, work: Work) -> Work:
        """The same work, with the status that is right for this contender."""
        return replace(work, status=self.refusal) if work.status == 422 else work


def _this_server(database: str, port: int, processes: int, folder: Path) -> Started:
    environment = {
        "DATABASE_URL": database,
        "PORT": str(port),
        "WORKERS": str(processes),
        # Never reached, so that every request is counted and none refused.
        "RATE_LIMIT": "1000000000",
        "DEMO_DATA": "0",
        "DATA_DIR": str(folder / "storage"),
        "MAIL_URL": f"file://{folder / 'mail'}",
    }
    return [sys.executable, "-m", "flask", "--app", "app", "clientxcms:serve"], environment


def _uvicorn(module: str) -> Callable[[str, int, int, Path], Started]:
    def start(database: str, port: int, processes: int, folder: Path) -> Started:
        command = [
            sys.executable, "-m", "uvicorn", f"benchmarks.peers.{module}:create_app", "--factory",
            "--port", str(port), "--workers", str(processes), "--loop", "uvloop",
            "--http", "httptools", "--no-access-log", "--log-level", "warning",
        ]  # fmt: skip
        return command, {"DATABASE_URL": database}

    return start


def _fastify(database: str, port: int, processes: int, folder: Path) -> Started:
    document = folder / "extract.json"
    document.write_text(json.dumps(extract()))
    environment = {
        "DATABASE_URL": database,
        "PORT": str(port),
        "PROCESSES": str(processes),
        "DOCUMENT": str(document),
        "NODE_ENV": "production",
    }
    return ["node", str(FASTIFY / "server.mjs")], environment


NO_LIFE = frozenset({"suspend"})
ALL = (
    Contender("clientxcms", "this server", _this_server),
    Contender("connexion", "Connexion 3.3, responses validated", _uvicorn("connexion_app"),
              skips=NO_LIFE, refusal=400),
    Contender("fastapi", "FastAPI, SQLAlchemy, Pydantic", _uvicorn("fastapi_app"), skips=NO_LIFE),
    Contender("fastify", "Fastify, fastify-openapi-glue, pg", _fastify,
              frozenset({"postgresql"}), NO_LIFE, refusal=400),
    Contender("limit", "no framework: ASGI, SQLAlchemy Core", _uvicorn("limit"),
              skips=frozenset({"422"}), is_bound=True),
    Contender("driver", "no framework, the driver alone", _uvicorn("driver"),
              skips=frozenset({"422"}), is_bound=True),
)  # fmt: skip
BY_NAME = {contender.name: contender for contender in ALL}
