"""A server that is told to stop ends what it has begun, and begins nothing."""

import json
import os
import socket
import time
from signal import SIGINT, SIGKILL, SIGQUIT, SIGTERM
from threading import Thread

import httpx
import pytest
from sqlalchemy import text

from models.engine import make_engine
from tests.http import request
from tests.processes import children
from tests.serving import served
from tests.waiting import wait_until

pytestmark = pytest.mark.needs("minutes")

BODY = json.dumps(
    {"name": "Slow", "slug": "slow", "description": "x", "status": "active", "sort_order": 0}
).encode()
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


def slowly(process):
    """A request that has begun: the server waits for the rest of its body."""
    connection = socket.create_connection(("127.0.0.1", process.port), timeout=20)
    connection.sendall(
        b"POST /api/application/groups HTTP/1.1\r\nHost: localhost\r\n"
        b"Authorization: Bearer " + process.key.encode() + b"\r\n"
        b"Content-Type: application/json\r\nExpect: 100-continue\r\n"
        b"Content-Length: %d\r\n\r\n" % len(BODY)
    )
    assert connection.recv(len(GO_ON)) == GO_ON
    connection.sendall(BODY[:5])
    return connection


def received(connection):
    return b"".join(iter(lambda: connection.recv(65536), b""))


def groups(process):
    engine = make_engine(process.database_url)
    with engine.connect() as connection:
        names = connection.execute(text("SELECT name FROM groups")).scalars().all()
    engine.dispose()
    return names


def is_refused(process):
    try:
        socket.create_connection(("127.0.0.1", process.port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("signal", [SIGTERM, SIGINT])
def test_what_has_begun_ends_and_nothing_new_begins(tmp_path, workers, signal):
    with served(tmp_path, WORKERS=workers) as process:
        idle = socket.create_connection(("127.0.0.1", process.port), timeout=20)
        with slowly(process) as connection, idle:
            stopping = Thread(target=process.stop, args=(signal,))
            start = time.monotonic()
            stopping.start()
            wait_until(lambda: is_refused(process), seconds=5)
            with pytest.raises(httpx.TransportError):
                request("GET", process.url)
            connection.sendall(BODY[5:])
            answer = received(connection)
            assert answer.startswith(b"HTTP/1.1 201 "), answer
            assert b"connection: close" in answer
            stopping.join(20)
            assert process.popen.poll() is not None
            assert time.monotonic() - start < 10
        assert groups(process) == ["Slow"]


def test_who_never_ends_holds_up_nobody_longer_than_ten_seconds(tmp_path):
    with served(tmp_path) as process, slowly(process):
        assert process.stop() < 10
        assert groups(process) == []


@pytest.mark.once
def test_a_process_can_be_stopped_from_its_first_moment_on(tmp_path):
    with served(tmp_path, WORKERS="2") as process:

        def both():
            found = set(children(process.popen.pid))
            return found if len(found) == 2 else None

        # How the watcher tells its processes to stop, after SIGTERM and after Ctrl-C.
        for signal in (SIGTERM, SIGQUIT) * 6:
            known = wait_until(both)
            os.kill(min(known), SIGKILL)
            while not (begun := set(children(process.popen.pid)) - known):
                pass
            os.kill(*begun, signal)
            wait_until(lambda begun=begun: begun.isdisjoint(children(process.popen.pid)))
