"""Servers as a person starts them: processes of their own, on a free port."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from subprocess import Popen

import httpx
import orjson
from sqlalchemy.orm import Session

from models.engine import make_engine
from models.migrate import upgrade
from tests.databases import new_database
from tests.factories import a_key
from tests.http import open_client
from tests.processes import command, free_port, until_it_answers
from tests.waiting import wait_until


@dataclass
class Process:
    """A server in processes of its own, what it has logged, and a key that may do everything."""

    url: str
    key: str
    database_url: str
    folder: Path
    popen: Popen

    @property
    def port(self):
        return int(self.url.rpartition(":")[2])

    def client(self, **headers) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.key}", **headers}
        return open_client(self.url, headers=headers)

    def lines(self):
        """The lines that the server has logged so far."""
        return [orjson.loads(line) for line in (self.folder / "log").read_bytes().splitlines()]

    def logged(self, request_id):
        """The lines of a request, which come a moment after its answer."""
        return wait_until(
            lambda: [line for line in self.lines() if line.get("request_id") == request_id]
        )

    def stop(self, signal=SIGTERM):
        """Ask it to end, and wait until it has. Returns how long that took, in seconds."""
        start = time.monotonic()
        self.popen.send_signal(signal)
        self.popen.wait(30)
        return time.monotonic() - start


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[Process]:
    """A server on a migrated database without demo data. It is stopped with all its processes."""
    database_url = settings.get("DATABASE_URL", new_database(folder))
    engine = make_engine(database_url)
    upgrade(engine)
    with Session(engine) as session:
        key = a_key(session)
    engine.dispose()
    port = int(settings.get("PORT", 0)) or free_port()
    url, file = f"http://127.0.0.1:{port}", folder / "log"
    settings = {
        "PORT": str(port), "DATABASE_URL": database_url, "DATA_DIR": str(folder / "storage"),
        "MAIL_URL": f"file://{folder}/mail", "DEMO_DATA": "0", **settings,
    }  # fmt: skip
    with (
        file.open("wb") as log,
        (folder / "printed").open("wb") as printed,
        command("serve", settings=settings, stdout=printed, stderr=log,
                start_new_session=True) as popen,
        until_it_answers(popen, url, file),
    ):  # fmt: skip
        process = Process(url, key, database_url, folder, popen)
        yield process
        process.stop()
