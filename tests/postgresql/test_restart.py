"""PostgreSQL itself crashes and comes back while clients write: they are told to wait, no more."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.durability.restarting import check_crashes
from tests.factories import a_group


def test_a_crash_of_the_database_loses_nothing_and_service_returns_by_itself(tmp_path):
    check_crashes(tmp_path)


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
