"""A database server crashes and comes back, again and again, while clients write."""

import asyncio
import os
import subprocess

from sqlalchemy.orm import Session

from models.engine import make_engine
from tests.databases import new_database
from tests.durability.writers import Told, check, write_until
from tests.http import open_client
from tests.processes import labels, serving

SECONDS = float(os.environ.get("DURABILITY_SECONDS", "10"))
UP, DOWN = 1.5, 0.5
CONTROL = os.environ.get("TEST_POSTGRESQL_CONTROL") or os.environ.get("TEST_MARIADB_CONTROL", "")


async def control(word):
    await asyncio.to_thread(subprocess.run, [CONTROL, word], check=True)


async def restart_again_and_again(end):
    deadline = asyncio.get_running_loop().time() + SECONDS
    while asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(UP)
        await control("stop")
        await asyncio.sleep(DOWN)
        await control("start")
    end.set()


async def write_while_restarting(url, key):
    end, told = asyncio.Event(), Told()
    await asyncio.gather(write_until(end, url, key, told), restart_again_and_again(end))
    return told


def check_crashes(tmp_path):
    """Nothing is lost, clients are told to wait and no more, and service returns by itself."""
    with serving(tmp_path, WORKERS="2", RATE_LIMIT="0") as (url, printed):
        key = labels(printed.read_text())["Token"]
        told = asyncio.run(write_while_restarting(url, key))
        headers = {"Authorization": f"Bearer {key}"}
        with open_client(url, headers=headers) as http:
            statuses = [http.get("/api/application/products").status_code for _ in range(20)]
    assert statuses[-10:] == [200] * 10
    assert told.refused.keys() == {503}
    # The server itself has not gone away for anybody.
    assert told.lost == 0
    assert told.kept
    engine = make_engine(new_database(tmp_path))
    with Session(engine) as session:
        check(session, told)
    engine.dispose()
