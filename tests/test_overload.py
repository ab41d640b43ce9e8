"""Asked for more than it can do, the server says so at once, and does what it can."""

import socket
import sqlite3
from contextlib import ExitStack, closing
from signal import SIGCONT, SIGSTOP

import pytest

from tests.http import open_client
from tests.processes import labels, started_server

pytestmark = pytest.mark.needs("minutes")

CROWD = 200
# As much as there is in one answer.
LONG = "/services?per_page=100&include=metadata"
SHORT = "/products/3"


def request(path, key):
    return (
        f"GET /api/application{path} HTTP/1.1\r\nHost: shop.example\r\n"
        f"Authorization: Bearer {key}\r\nConnection: close\r\n\r\n"
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


def test_who_has_waited_too_long_is_told_to_come_back_and_the_next_is_served(tmp_path):
    settings = {"MAX_WAIT": "50", "RATE_LIMIT": "0"}
    with started_server(tmp_path, **settings) as (url, printed, process), ExitStack() as stack:
        key = labels(printed.read_text())["Token"]
        port = int(url.rpartition(":")[2])
        address = ("127.0.0.1", port)
        crowd = [stack.enter_context(socket.create_connection(address)) for _ in range(CROWD)]
        # Whoever comes last has been let in after all others.
        assert ask(port, request(SHORT, key))[0] == 200
        # While it is stopped, requests gather that it then finds all at once.
        process.send_signal(SIGSTOP)
        for each in crowd:
            each.sendall(request(LONG, key))
        process.send_signal(SIGCONT)
        answers = [answer(each) for each in crowd]
        assert {status for status, _, _ in answers} == {200, 503}
        for status, head, body in answers:
            assert status == 200 or "retry-after: 1" in head
            assert status == 200 or "asked for more than it can do" in body
        assert ask(port, request(SHORT, key))[0] == 200


def test_who_is_not_let_in_yet_waits_like_all_others(tmp_path):
    settings = {"MAX_WAIT": "50", "RATE_LIMIT": "0"}
    with started_server(tmp_path, **settings) as (url, printed, process), ExitStack() as stack:
        key = labels(printed.read_text())["Token"]
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        process.send_signal(SIGSTOP)
        crowd = [stack.enter_context(socket.create_connection(address)) for _ in range(CROWD)]
        for each in crowd:
            each.sendall(request(LONG, key))
        process.send_signal(SIGCONT)
        # Let in one by one, each would find an idle server, and nobody would know of the queue.
        assert {answer(each)[0] for each in crowd} == {200, 503}


@pytest.fixture
def database(tmp_path):
    return tmp_path / "shop.db"


def test_a_writer_who_waits_for_another_one_lets_nobody_else_wait(tmp_path, database):
    settings = {"DATABASE_URL": f"sqlite:///{database}", "RATE_LIMIT": "0"}
    with started_server(tmp_path, **settings) as (url, printed, _):
        key = labels(printed.read_text())["Token"]
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        base = f"{url}/api/application"
        with (
            open_client(base, headers=headers) as http,
            closing(sqlite3.connect(database, isolation_level=None)) as other,
            socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as writer,
        ):
            other.execute("BEGIN IMMEDIATE")
            body = b'{"name": "New name"}'
            head = request(SHORT, key).replace(b"GET", b"PATCH").removesuffix(b"\r\n")
            length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.sendall(head + length.encode() + body)
            assert [http.get(SHORT).status_code for _ in range(50)] == [200] * 50
            # All of these came before the answer to the writer, who has to wait.
            writer.setblocking(False)
            with pytest.raises(BlockingIOError):
                writer.recv(1)
            writer.setblocking(True)
            other.execute("ROLLBACK")
            assert answer(writer)[0] == 200
            assert http.get(SHORT).json()["name"] == "New name"
