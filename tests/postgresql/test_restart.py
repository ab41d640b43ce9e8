"""PostgreSQL itself crashes and comes back while clients write: they are told to wait, no more."""

import asyncio
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
from sqlalchemy.orm import Session

from models.engine import make_engine
from tests.databases import new_database
from tests.durability.writers import check, write_until
from tests.factories import a_group
from tests.processes import labels, serving

SECONDS = float(os.environ.get("DURABILITY_SECONDS", "10"))
UP, DOWN = 1.5, 0.5
CONTROL = os.environ.get("TEST_POSTGRESQL_CONTROL", "")


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
    end = asyncio.Event()
    told, _ = await asyncio.gather(write_until(url, key, end), restart_again_and_again(end))
    return told


def test_a_crash_of_the_database_loses_nothing_and_service_returns_by_itself(tmp_path):
    with serving(tmp_path, WORKERS="2", RATE_LIMIT="0") as (url, printed):
        key = labels(printed.read_text())["Token"]
        told = asyncio.run(write_while_restarting(url, key))
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=url, headers=headers) as http:
            statuses = [http.get("/api/application/products").status_code for _ in range(20)]
    assert statuses[-10:] == [200] * 10
    assert told.refused.keys() == {503}
    # The server itself has not gone away for anybody.
    assert told.lost == 0
    assert len(told.kept) > SECONDS
    engine = make_engine(new_database(tmp_path))
    with Session(engine) as session:
        check(session, told)
    engine.dispose()


SLOW_COMMIT = """
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER dawdling AFTER INSERT ON products
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle();
"""


@pytest.fixture
def database(server):
    """A connection to the database of the server, where commits of new products take forever."""
    with psycopg.connect(server.settings.database_url, autocommit=True) as connection:
        connection.execute(SLOW_COMMIT)
        yield connection
        connection.execute("DROP TRIGGER dawdling ON products; DROP FUNCTION dawdle")


def end_the_commit(database):
    ended = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND query LIKE 'COMMIT%'
    """
    while not database.execute(ended).fetchall():
        time.sleep(0.01)


def test_a_change_that_was_cut_off_while_it_was_kept_is_in_doubt(client, session, database):
    body = {"name": "VPS", "description": "VPS", "status": "active", "stock": -1,
            "group_id": a_group(session).id, "type": "none"}  # fmt: skip
    with ThreadPoolExecutor() as pool:
        sent = pool.submit(client.post, "/products", json=body)
        end_the_commit(database)
        answer = sent.result()
    assert answer.status_code == 503
    assert answer.json()["type"] == "/api/problems/in-doubt"
    assert "may have been kept" in answer.json()["detail"]
    # This time it was not.
    assert client.get("/products").json()["total"] == 0
