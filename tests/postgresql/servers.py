"""Servers beside the one that the tests run on: a replica of it, a PgBouncer in front of it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import psycopg
from sqlalchemy import URL, make_url

from tests.databases import SERVER
from tests.processes import ROOT, children, free_port, until_it_listens

BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin"))


@contextmanager
def folder_of_postgres() -> Iterator[Path]:
    """A folder for servers, which refuse to run as root."""
    folder = Path(tempfile.mkdtemp())
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def run(*command: object) -> None:
    """Run a command as somebody who may run servers."""
    user = "postgres" if os.getuid() == 0 else None
    subprocess.run(
        [*map(str, command)], check=True, cwd="/", user=user, stdout=subprocess.DEVNULL
    )  # fmt: skip


@dataclass
class Replica:
    """A streaming replica of the whole server."""

    folder: Path
    port: int

    def url(self, database_url: str) -> str:
        """Where the replica has a database."""
        address: URL = make_url(database_url).set(host="127.0.0.1", port=self.port)
        return address.render_as_string(hide_password=False)

    def ask(self, statement: str, database_url: str = SERVER) -> list[tuple]:
        with psycopg.connect(self.url(database_url), autocommit=True) as connection:
            return connection.execute(statement).fetchall()

    def start(self) -> None:
        # A replica needs room for as many connections as its primary.
        options = (
            f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
            " -c max_connections=300"
        )
        self._control("start", "-w", "-l", self.folder / "log", "-o", options)

    def crash(self) -> None:
        """Stop without a farewell: who is connected finds the connection broken."""
        self._control("stop", "-m", "immediate")

    def pause(self) -> None:
        """Go on answering, but take in no more changes."""
        self.ask("SELECT pg_wal_replay_pause()")

    def resume(self) -> None:
        self.ask("SELECT pg_wal_replay_resume()")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Meanwhile all its connections are open, and nobody answers."""
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        stopped = [postmaster, *children(postmaster)]
        try:
            for each in stopped:
                os.kill(each, SIGSTOP)
            yield
        finally:
            for each in stopped:
                os.kill(each, SIGCONT)

    def promote(self) -> None:
        self._control("promote", "-w")

    def _control(self, *words: object) -> None:
        run(BINARIES / "pg_ctl", "-D", self.folder / "data", "-s", *words)


@contextmanager
def a_replica() -> Iterator[Replica]:
    with folder_of_postgres() as folder:
        run(
            BINARIES / "pg_basebackup", "-d", SERVER, "-D", folder / "data",
            "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
        )  # fmt: skip
        replica = Replica(folder, free_port())
        replica.start()
        try:
            yield replica
        finally:
            replica.crash()


@contextmanager
def a_pgbouncer(**settings: object) -> Iterator[int]:
    """A PgBouncer as in the documentation, but for these settings, in front of all databases of
    the server; its port."""
    address, port = make_url(SERVER), free_port()
    config = ConfigParser()
    config.read(ROOT / "deploy" / "pgbouncer.ini")
    with folder_of_postgres() as folder:
        config["databases"] = {"*": f"host={address.host} port={address.port}"}
        settings = {
            "listen_port": port, "auth_type": "trust", "auth_file": folder / "users",
            "unix_socket_dir": "", **settings,
        }  # fmt: skip
        config["pgbouncer"].update({name: str(value) for name, value in settings.items()})
        (folder / "users").write_text(f'"{address.username}" ""\n')
        with (folder / "pgbouncer.ini").open("w") as file:
            config.write(file)
        user = "postgres" if os.getuid() == 0 else None
        with (
            (folder / "log").open("w") as log,
            subprocess.Popen(
                ["/usr/sbin/pgbouncer", "-q", folder / "pgbouncer.ini"],
                user=user,
                cwd="/",
                stderr=log,
            ) as process,
        ):
            try:
                until_it_listens(process, port, folder / "log")
                yield port
            finally:
                process.terminate()
