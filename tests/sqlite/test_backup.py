"""Copies of a SQLite database are whole, whatever goes on meanwhile."""

import os
import sqlite3
from contextlib import closing
from threading import Event, Thread

import pytest

from models.backup import back_up
from models.engine import make_engine
from models.migrate import upgrade
from tests.serving import served
from tests.test_commands import ended, refused, run

pytestmark = pytest.mark.needs("minutes")


@pytest.fixture
def database(tmp_path):
    """A migrated database with a group in it."""
    address = f"sqlite:///{tmp_path}/shop.db"
    engine = make_engine(address)
    upgrade(engine)
    engine.dispose()
    add(tmp_path / "shop.db", "first")
    return address


def add(file, name):
    with closing(sqlite3.connect(file, timeout=20)) as connection, connection:
        connection.execute(
            "INSERT INTO groups (name, slug, description, status, sort_order, pinned, created_at,"
            " updated_at) VALUES (?, ?, '', 'active', 0, 0, '2026-01-01', '2026-01-01')",
            (name, name),
        )


def names(file):
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [name for (name,) in connection.execute("SELECT name FROM groups ORDER BY id")]


def test_a_copy_can_be_put_back(database, tmp_path):
    shop, copy = tmp_path / "shop.db", tmp_path / "copy.db"
    assert "checked" in run("backup", str(copy), DATABASE_URL=database)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in tmp_path.glob("*copy*")) == ["copy.db"]
    add(shop, "second")
    run("restore", "--replace", str(copy), DATABASE_URL=database)
    assert names(shop) == ["first"]
    assert run("list-api-keys", DATABASE_URL=database).count("\n") == 1


def test_a_copy_can_be_put_where_nothing_is(database, tmp_path):
    copy = tmp_path / "copy.db"
    run("backup", str(copy), DATABASE_URL=database)
    run("restore", str(copy), DATABASE_URL=f"sqlite:///{tmp_path}/new.db")
    assert names(tmp_path / "new.db") == ["first"]


def test_nothing_is_overwritten_by_mistake(database, tmp_path):
    copy = tmp_path / "copy.db"
    run("backup", str(copy), DATABASE_URL=database)
    before = copy.read_bytes()
    add(tmp_path / "shop.db", "second")
    assert "exists" in refused("backup", str(copy), DATABASE_URL=database)
    assert copy.read_bytes() == before
    assert "--replace" in refused("restore", str(copy), DATABASE_URL=database)
    assert names(tmp_path / "shop.db") == ["first", "second"]


def test_a_copy_that_is_taken_while_others_write_is_of_one_moment(database, tmp_path):
    shop, done = tmp_path / "shop.db", Event()

    def write():
        number = 0
        while not done.is_set():
            number += 1
            add(shop, f"{number:06}")

    writers = Thread(target=write)
    writers.start()
    try:
        for number in range(20):
            back_up(shop, tmp_path / f"copy{number}.db")
    finally:
        done.set()
        writers.join()
    kept = [names(tmp_path / f"copy{number}.db") for number in range(20)]
    assert all(each == names(shop)[: len(each)] for each in kept)
    assert len(kept[-1]) > len(kept[0])


def test_a_running_server_is_copied_and_not_replaced(tmp_path):
    address = f"sqlite:///{tmp_path}/shop.db"
    copy = tmp_path / "copy.db"
    with served(tmp_path, DATABASE_URL=address) as process, process.client() as http:
        assert http.get("/api/application/groups").status_code == 200
        run("backup", str(copy), DATABASE_URL=address)
        assert "in use" in refused("restore", "--replace", str(copy), DATABASE_URL=address)
        assert http.get("/api/application/groups").status_code == 200
        body = {"name": "x", "slug": "x", "description": "x", "status": "active", "sort_order": 0}
        assert http.post("/api/application/groups", json=body).status_code == 201
    run("restore", "--replace", str(copy), DATABASE_URL=address)
    assert names(tmp_path / "shop.db") == []


@pytest.mark.parametrize("damage", ["text", "cut", "zeroes", "empty", "missing"])
def test_a_damaged_copy_is_not_put_back(database, tmp_path, damage):
    copy = tmp_path / "copy.db"
    run("backup", str(copy), DATABASE_URL=database)
    whole = copy.read_bytes()
    if damage == "missing":
        copy.unlink()
    else:
        middle = len(whole) // 2
        copy.write_bytes(
            {"text": b"no database" * 1000, "cut": whole[:middle], "empty": b"",
             "zeroes": whole[:4096] + bytes(middle) + whole[4096 + middle :]}[damage]
        )  # fmt: skip
    refused("restore", "--replace", str(copy), DATABASE_URL=database)
    assert names(tmp_path / "shop.db") == ["first"]


def test_a_place_that_cannot_be_written_to_is_named(database, tmp_path):
    assert "/proc/copy.db" in refused("backup", "/proc/copy.db", DATABASE_URL=database)
    status, _, complaints = ended(
        "backup", "x", settings={"DATABASE_URL": "postgresql://x@127.0.0.1/x"}
    )
    assert (status, "docs/operations.md" in complaints) == (1, True)
    assert not os.path.exists("x")
