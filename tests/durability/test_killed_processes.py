"""Processes of the server are killed at random while clients write: nothing is lost.

`DURABILITY_SECONDS` is how long; a few seconds show it, two minutes leave little to chance.
"""

import asyncio
import os
import random
from signal import SIGKILL

import pytest
from sqlalchemy.orm import Session

from models.engine import make_engine
from tests.databases import new_database
from tests.durability.writers import Told, check, write_until
from tests.processes import children, labels, started_server

pytestmark = pytest.mark.needs("minutes")

SECONDS = float(os.environ.get("DURABILITY_SECONDS", "10"))
EVERY = 0.2
# A slow machine needs more than that to start a process; how long writes may be refused at most.
RECOVERED = 60
# As SQLite numbers it: each commit waits until it is on the disk.
FULL = 2


async def kill_at_random(pid, told, end):
    """Kill one of the processes every now and then, if something was confirmed meanwhile."""
    chance, kept = random.Random(1), 0
    for _ in range(round(SECONDS / EVERY)):
        await asyncio.sleep(EVERY)
        async with asyncio.timeout(RECOVERED):
            while len(told.kept) == kept or not (living := children(pid)):
                await asyncio.sleep(0.01)
        kept = len(told.kept)
        os.kill(chance.choice(living), SIGKILL)
    end.set()


async def write_while_killing(url, key, pid):
    end, told = asyncio.Event(), Told()
    await asyncio.gather(write_until(end, url, key, told), kill_at_random(pid, told, end))
    return told


def test_what_was_confirmed_is_kept_once_whoever_is_killed(tmp_path):
    with started_server(tmp_path, WORKERS="4", RATE_LIMIT="0") as (url, printed, process):
        key = labels(printed.read_text())["Token"]
        told = asyncio.run(write_while_killing(url, key, process.pid))
    assert told.lost > 0
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
