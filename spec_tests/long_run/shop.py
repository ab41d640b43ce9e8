"""A server with a demo shop that is put back to its beginning, and keys of every kind for it."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from app.contract import contract
from app.usecases.api_keys import revoke
from app.usecases.demo import load_demo
from models import PersonalAccessToken
from models.engine import make_engine
from models.migrate import upgrade
from tests.factories import a_key
from tests.keys import number
from tests.processes import free_port, memory, until_it_listens
from tests.settings import RATE_LIMIT, UNHURRIED

ROOT = Path(__file__).parent.parent.parent
BEGINNING, LIVE = "beginning.db", "shop.db"


@dataclass(frozen=True)
class Keys:
    """One that opens everything, one for each permission, and those that open nothing."""

    full: str
    of: Mapping[str, str]
    closed: str
    expired: str
    revoked: str


@dataclass(frozen=True)
class Shop:
    """A running server of our own."""

    url: str
    keys: Keys
    folder: Path
    process: int

    def reset(self) -> None:
        """Put everything back that was there at the beginning, while the server runs."""
        with (
            closing(sqlite3.connect(self.folder / BEGINNING)) as beginning,
            closing(sqlite3.connect(self.folder / LIVE)) as live,
        ):
            beginning.backup(live)
        shutil.rmtree(self.folder / "storage", ignore_errors=True)

    def memory(self) -> float:
        """The memory of the server, in MB."""
        return memory(self.process) / 2**20


def make_keys(session: Session) -> Keys:
    """Keys as somebody might send them."""
    now = datetime.now(UTC)
    revoked = a_key(session)
    revoke(session, session.get_one(PersonalAccessToken, number(revoked)))
    session.commit()
    return Keys(
        full=a_key(session),
        of={scope: a_key(session, scope) for scope in contract().permissions if scope != "*"},
        closed=a_key(session, "nothing"),
        expired=a_key(session, expires_at=now - timedelta(seconds=1)),
        revoked=revoked,
    )


@contextmanager
def open_shop(folder: Path) -> Iterator[Shop]:
    """Start a server on a demo shop of today; it ends with the block."""
    folder.mkdir(parents=True)
    engine = make_engine(f"sqlite:///{folder / BEGINNING}")
    upgrade(engine)
    with Session(engine) as session:
        load_demo(session, now=datetime.now(UTC))
        keys = make_keys(session)
    engine.dispose()
    port = free_port()
    environment = {
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{folder / LIVE}",
        "DEMO_DATA": "0",
        "DATA_DIR": str(folder / "storage"),
        "MAIL_URL": f"file://{folder / 'mail'}",
        "RATE_LIMIT": str(RATE_LIMIT),
        "WRONG_KEY_LIMIT": "0",
        "MAX_WAIT": str(UNHURRIED),
    }
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "clientxcms:serve"],
            cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until_it_listens(process, port, folder / "server.log")
        yield Shop(f"http://127.0.0.1:{port}", keys, folder, process.pid)
    finally:
        process.terminate()
        process.wait(10)
