"""Clients that write HTTP by hand, to take memory, time or rights: one of them harms nobody."""

import json
import socket
import subprocess
import time
from contextlib import suppress

import httpx
import pytest

from tests.processes import memory
from tests.serving import served
from tests.test_graceful_stop import received
from tests.waiting import wait_until

pytestmark = pytest.mark.once

MEGABYTE = 1024 * 1024
# What a server may take while one client does its worst, in bytes.
MEMORY = 200 * MEGABYTE
CHUNKED = (
    b"POST /api/application/groups HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
)
GET = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    with served(tmp_path_factory.mktemp("raw"), REQUEST_TIMEOUT="2") as process:
        yield process


def connect(process):
    return socket.create_connection(("127.0.0.1", process.port), timeout=30)


def sockets(process):
    """How many sockets the server has open."""
    found = subprocess.run(
        ["ls", "-l", f"/proc/{process.popen.pid}/fd"], capture_output=True, check=False
    )
    return found.stdout.count(b"-> socket:")


def answers(process, request):
    with connect(process) as connection:
        connection.sendall(request)
        return connection.recv(65536)


def authorization(process):
    return b"Authorization: Bearer %b\r\n" % process.key.encode()


ENDLESS = {
    "lines": (b"0\r\n", b"X-A: b\r\n" * 1000),
    "one value": (b"0\r\nX-A: ", b"b" * 8000),
    "one name": (b"0\r\n", b"b" * 8000),
    "the extension of a chunk": (b"1", b";a=b" * 2000),
    "the size of a chunk": (b"", b"0" * 8000),
}


@pytest.mark.parametrize(("start", "piece"), ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("is_known", [True, False], ids=["with a key", "without a key"])
def test_trailers_and_framing_have_the_limit_of_a_head(process, start, piece, is_known):
    head = CHUNKED + b"Content-Type: application/json\r\n"
    before = memory(process.popen.pid)
    with connect(process) as connection:
        connection.sendall(head + authorization(process) * is_known + b"\r\n" + start)
        with suppress(ConnectionError):
            for sent in range(0, 32 * MEGABYTE, len(piece)):
                connection.sendall(piece)
                if sent % (MEGABYTE // 4) < len(piece):
                    time.sleep(0.005)
        assert memory(process.popen.pid) < before + 16 * MEGABYTE
        answer = b""
        with suppress(ConnectionError):
            answer = connection.recv(65536)
    if is_known:
        assert answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))


def test_a_trailer_is_no_header(process):
    """Not even one that comes in the same packet as the head."""
    body = b'{"name":"New","slug":"new","description":"x","status":"active","sort_order":0}'
    request = CHUNKED + b"\r\n%x\r\n%b\r\n0\r\n" % (len(body), body)
    typed = b"Content-Type: application/json\r\n"
    assert answers(process, request + authorization(process) + typed + b"\r\n")[9:12] == b"401"
    named = request.replace(b"\r\n\r\n", b"\r\n" + authorization(process) + typed + b"\r\n", 1)
    trailers = b"X-Forwarded-Host: evil.example\r\nHost: evil.example\r\nX-Request-Id: mine\r\n"
    answer = answers(process, named + trailers + b"\r\n")
    assert answer[9:12] == b"201"
    assert b"evil" not in answer
    assert b"mine" not in answer


def test_requests_wait_unread_for_the_responses_before_them(process):
    """A client that reads nothing: neither its requests nor their responses pile up."""
    with connect(process) as connection:
        connection.settimeout(0.5)
        with suppress(TimeoutError, ConnectionError):
            for _ in range(25 * MEGABYTE // (1000 * len(GET))):
                connection.sendall(GET * 1000)
        assert memory(process.popen.pid) < MEMORY
        assert answers(process, GET).startswith(b"HTTP/1.1 200 ")


def test_all_requests_of_a_pipeline_get_their_responses_in_their_order(process):
    number = 3000
    requests = b"".join(
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: n%d\r\n\r\n" % each
        for each in range(number)
    )
    with connect(process) as connection:
        connection.sendall(requests)
        answer = b""
        while answer.count(b'{"status":"ok"}') < number:
            part = connection.recv(65536)
            assert part
            answer += part
    ids = [line for line in answer.split(b"\r\n") if line.startswith(b"x-request-id")]
    assert ids == [b"x-request-id: n%d" % each for each in range(number)]


def test_a_pipeline_with_bodies_is_read_as_it_was_sent(process):
    head = b"POST /api/application/groups HTTP/1.1\r\nHost: localhost\r\n" + authorization(process)
    head += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    body = json.dumps({"name": "x" * 30_000}).encode()
    with connect(process) as connection:
        connection.sendall(
            (head % len(body) + body) * 20
            + GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        )
        answer = received(connection)
    assert answer.count(b"HTTP/1.1 422 ") == 20
    assert answer.count(b"HTTP/1.1 200 ") == 1


def test_a_client_that_takes_no_response_is_cut_off(process):
    before = sockets(process)
    with connect(process) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
        wait_until(lambda: sockets(process) > before)
        wait_until(lambda: sockets(process) == before)


@pytest.mark.needs("minutes")
def test_a_client_that_takes_its_response_slowly_gets_all_of_it(process):
    """A second for each megabyte, while nothing may rest for two."""
    request, number = b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n", 40
    size = rested = 0
    with connect(process) as connection:
        connection.sendall((request + b"\r\n") * (number - 1))
        connection.sendall(request + b"Connection: close\r\n\r\n")
        while part := connection.recv(65536):
            size += len(part)
            if size > rested + MEGABYTE:
                rested = size
                time.sleep(1)
    assert size > number * len(httpx.get(f"{process.url}/api/openapi.json").content)


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.2", b"HTTP/9.9"])
def test_another_version_of_http_is_refused(process, version):
    answer = answers(process, b"GET /livez %b\r\nHost: localhost\r\n\r\n" % version)
    assert answer.startswith(b"HTTP/1.1 400 ")


LONG = b"/" + b"a" * 40_000
MALFORMED = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00", 400, ""),
    "another version": (b"GET /livez HTTP/2.0\r\nHost: localhost\r\n\r\n", 400, "/livez"),
    "a long address": (b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % LONG, 414, LONG[:300].decode()),
    "a long head": (b"GET /livez HTTP/1.1\r\nX: " + b"a" * 90_000, 431, "/livez"),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "status", "path"), MALFORMED.values(), ids=MALFORMED)
def test_what_is_refused_before_it_is_a_request_is_found_in_the_log(
    process, request_, status, path
):
    answer = answers(process, request_)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    head, _, body = answer.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    (line,) = process.logged(headers["x-request-id"])
    assert (line["status"], line["path"], line["client"]) == (status, path, "127.0.0.1")
    assert line["bytes"] == len(body)
