"""The database fails: clear answers, nothing lost, and service returns by itself."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

import models.sqlite
from models.engine import make_engine
from models.migrate import is_current, upgrade
from tests.conftest import run
from tests.factories import a_group, a_key
from tests.http import open_client
from tests.settings import unhurried


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A server of its own on a SQLite file: a client, and the path of the file."""
    monkeypatch.setattr(models.sqlite, "PATIENCE", 200)
    file = tmp_path / "shop.db"
    for running in run(unhurried(tmp_path, database_url=f"sqlite:///{file}")):
        with Session(running.engine) as session:
            a_group(session, name="Before", slug="before")
            headers = {"Authorization": f"Bearer {a_key(session)}"}
        running.engine.dispose()
        url = f"{running.url}/api/application"
        with open_client(url, headers=headers) as client:
            assert client.get("/groups").json()["total"] == 1
            yield client, file


# As many pages as SQLite ever takes.
ROOMY = 1_073_741_823
GROUP = {"name": "New", "description": "x", "status": "active", "sort_order": 0}


def create(client, slug):
    return client.post("/groups", json={**GROUP, "slug": slug})


def assert_unavailable(answer):
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["type"] == "/api/problems/unavailable"
    assert "sqlite" not in answer.text.lower()


def slugs(client):
    return sorted(group["slug"] for group in client.get("/groups?per_page=1000").json()["data"])


def test_while_another_process_locks_the_database_reads_go_on_and_writes_wait(shop):
    client, file = shop
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert_unavailable(create(client, "locked"))
    assert slugs(client) == ["before"]
    other.execute("ROLLBACK")
    other.close()
    assert create(client, "after").status_code == 201
    assert slugs(client) == ["after", "before"]


@pytest.fixture
def pragma():
    """A function that sets what SQLite is told by each who begins a transaction."""
    told = {}

    def tell(connection):
        for name, value in told.items():
            connection.connection.dbapi_connection.execute(f"PRAGMA {name} = {value}")

    event.listen(Engine, "begin", tell)
    yield told.__setitem__
    event.remove(Engine, "begin", tell)


def test_on_a_full_disk_nothing_is_half_written_and_with_room_it_goes_on(shop, pragma):
    client, file = shop
    made = []
    with closing(sqlite3.connect(file)) as check:
        room = check.execute("PRAGMA page_count").fetchone()[0] + 4
    pragma("max_page_count", room)
    for number in range(400):
        body = {**GROUP, "slug": f"full{number}", "description": "x" * 4000}
        answer = client.post("/groups", json=body)
        if answer.status_code != 201:
            break
        made.append(f"full{number}")
    assert_unavailable(answer)
    assert slugs(client) == sorted(["before", *made])
    pragma("max_page_count", ROOMY)
    assert create(client, "after").status_code == 201
    assert slugs(client) == sorted(["after", "before", *made])
    with sqlite3.connect(file) as check:
        assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_on_a_disk_that_became_read_only_reads_go_on_and_writes_do_again_later(shop, pragma):
    client, _ = shop
    pragma("query_only", True)
    assert_unavailable(create(client, "refused"))
    assert slugs(client) == ["before"]
    pragma("query_only", False)
    assert create(client, "after").status_code == 201
    assert slugs(client) == ["after", "before"]


def test_a_migration_that_stops_half_way_leaves_nothing_and_can_be_run_again(tmp_path):
    file = tmp_path / "shop.db"
    engine = make_engine(f"sqlite:///{file}")

    def stop(connection, cursor, statement, *_):
        if "CREATE TABLE invoices" in statement:
            raise OSError("pulled out")

    event.listen(engine, "before_cursor_execute", stop)
    with pytest.raises(OSError, match="pulled out"):
        upgrade(engine)
    event.remove(engine, "before_cursor_execute", stop)
    with sqlite3.connect(file) as check:
        assert check.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    assert not is_current(engine)
    upgrade(engine)
    assert is_current(engine)
    engine.dispose()
