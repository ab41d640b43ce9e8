"""How much of the handlers generated requests reach, by themselves: a server that counts lines."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from uuid import uuid4

from slipcover import merge_coverage

from app.settings import Settings
from spec_tests.recording import FOLDER
from tests.processes import ROOT, free_port, until_it_listens

SOURCE = "app/handlers"


@dataclass(frozen=True)
class Reached:
    """`percent` is of the lines of all handlers; `missed` are the others, as "services.py 44"."""

    percent: float
    missed: list[str]


@contextmanager
def measured(settings: Settings) -> Iterator[str]:
    """Serve in a process of its own, as people start it, on a database that is up to date; the
    address. Which lines it ran is kept until `reached` is asked."""
    port = free_port()
    # SlipCover writes the counting into the code of the handlers alone. On Python before 3.12,
    # coverage.py is called for each line of everything: the server takes twice as long.
    command = [
        sys.executable, "-m", "slipcover", "--source", SOURCE,
        "--json", "--out", str(Path(os.environ[FOLDER]) / f"{uuid4()}.lines"),
        "-m", "flask", "--app", "app", "clientxcms:serve",
    ]  # fmt: skip
    environment = {
        "PORT": str(port),
        "DATABASE_URL": settings.database_url,
        "DATA_DIR": str(settings.data),
        "MAIL_URL": f"file://{settings.data}/mail",
        "RATE_LIMIT": str(settings.rate_limit),
        "WRONG_KEY_LIMIT": str(settings.wrong_key_limit),
        "MAX_WAIT": str(settings.max_wait),
        "DEMO_DATA": "0",
    }
    log = settings.data / "server.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=file, stderr=file
        )
    try:
        until_it_listens(process, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        # As by Ctrl+C; whoever is terminated keeps nothing.
        process.send_signal(signal.SIGINT)
        process.wait(30)


def reached() -> Reached | None:
    """What all servers that were measured have run together; None if there were none."""
    files = sorted(Path(os.environ[FOLDER]).glob("*.lines"))
    if not files:
        return None
    lines = reduce(merge_coverage, (json.loads(file.read_text()) for file in files))
    missed = [f"{Path(path).name} {', '.join(map(str, found['missing_lines']))}"
              for path, found in sorted(lines["files"].items())
              if found["missing_lines"]]  # fmt: skip
    return Reached(lines["summary"]["percent_covered"], missed)
