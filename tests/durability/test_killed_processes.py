"""Processes of the server are killed at random while clients write: nothing is lost.

`DURABILITY_SECONDS` is how long; a few seconds show it, two minutes leave little to chance.
"""

import asyncio
import os
import random
from pathlib import Path
from signal import SIGKILL

from sqlalchemy.orm import Session

from models.engine import make_engine
from tests.databases import new_database
from tests.durability.writers import check, write_until
from tests.processes import labels, started_server

SECONDS = float(os.environ.get("DURABILITY_SECONDS", "10"))
EVERY = 0.2
# As SQLite numbers it: each commit waits until it is on the disk.
FULL = 2


def children(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def kill_at_random(pid, end):
    """Kill one of the processes every now and then; how many there were."""
    chance, killed = random.Random(1), 0
    deadline = asyncio.get_running_loop().time() + SECONDS
    while asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(EVERY)
        if living := children(pid):
            os.kill(chance.choice(living), SIGKILL)
            killed += 1
    end.set()
    return killed


async def write_while_killing(url, key, pid):
    end = asyncio.Event()
    told, killed = await asyncio.gather(write_until(url, key, end), kill_at_random(pid, end))
    return told, killed


def test_what_was_confirmed_is_kept_once_whoever_is_killed(tmp_path):
    with started_server(tmp_path, WORKERS="4", RATE_LIMIT="0") as (url, printed, process):
        key = labels(printed.read_text())["Token"]
        told, killed = asyncio.run(write_while_killing(url, key, process.pid))
    assert killed > SECONDS / EVERY / 2
    assert told.lost > 0
    assert told.kept
    engine = make_engine(new_database(tmp_path))
    with Session(engine) as session:
        check(session, told)
    engine.dispose()


def test_a_commit_is_on_the_disk_before_it_is_confirmed(server):
    with server.engine.connect() as connection:
        match connection.dialect.name:
            case "sqlite":
                assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == FULL
            case "postgresql":
                assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
            # MariaDB decides that for all its sessions; the server of the tests has no disk.
