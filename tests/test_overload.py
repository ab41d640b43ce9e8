"""Asked for more than it can do, the server says so at once, and does what it can."""

import socket
import sqlite3
import threading
from contextlib import ExitStack
from signal import SIGCONT, SIGSTOP

import pytest

from app.pipeline.overload import PATIENCE
from tests.processes import labels, started_server

WRITE = '{"name": "New name"}'


def request(method, path, key, body=""):
    return (
        f"{method} /api/application{path} HTTP/1.1\r\nHost: shop.example\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    ).encode()


def answer(connection):
    """The status, the head and the body of the answer that comes."""
    received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode().lower(), body.decode()


def ask(port, sent):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(sent)
        return answer(connection)


@pytest.fixture
def database(tmp_path):
    """A file: whoever waits for another writer of SQLite lets all others wait as well."""
    return tmp_path / "crowded.db"


@pytest.fixture
def locked(database):
    """A function that holds the write lock of the database for some seconds, in the background."""
    held = []

    def hold(seconds):
        connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        connection.execute("BEGIN IMMEDIATE")
        held.append(threading.Timer(seconds, connection.close))
        held[0].start()

    yield hold
    for each in held:
        each.join()


def test_who_has_waited_too_long_is_told_to_come_back_and_the_next_is_served(
    tmp_path, database, locked
):
    settings = {"DATABASE_URL": f"sqlite:///{database}", "RATE_LIMIT": "0"}
    with started_server(tmp_path, **settings) as (url, printed, process), ExitStack() as stack:
        key = labels(printed.read_text())["Token"]
        port = int(url.rpartition(":")[2])
        crowd = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(50)
        ]
        # Whoever comes last has been let in after all others.
        assert ask(port, request("GET", "/products/3", key))[0] == 200
        locked(2 * PATIENCE)
        # While it is stopped, requests gather that it then finds all at once, the writer first.
        process.send_signal(SIGSTOP)
        crowd[0].sendall(request("PATCH", "/products/3", key, WRITE))
        for each in crowd[1:]:
            each.sendall(request("GET", "/products/3", key))
        process.send_signal(SIGCONT)
        answers = [answer(each) for each in crowd]
        assert [status for status, _, _ in answers] == [200] + [503] * 49
        for _, head, body in answers[1:]:
            assert "retry-after: 1" in head
            assert "asked for more than it can do" in body
        assert ask(port, request("GET", "/products/3", key))[0] == 200
