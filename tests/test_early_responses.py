"""A response that goes out before the body has come is read by clients that send it all first."""

import json
import socket
import time
from contextlib import suppress

import pytest
from sqlalchemy.orm import Session

from app.cli.closing import DRAIN_LIMIT
from models.engine import make_engine
from tests.factories import a_group, a_product
from tests.serving import served
from tests.test_graceful_stop import received

pytestmark = pytest.mark.once

SMALL, LARGE = 3_000_000, 8_000_000


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    with served(tmp_path_factory.mktemp("early"), REQUEST_TIMEOUT="20") as process:
        engine = make_engine(process.database_url)
        with Session(engine) as session:
            group = a_group(session, id=1)
            a_product(session, id=3, group=group)
        engine.dispose()
        yield process


def connect(process):
    return socket.create_connection(("127.0.0.1", process.port), timeout=60)


def head(path, *lines, method="POST"):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def sent(process, path, size, *lines, method="POST"):
    """The status and body of the response to a request that is sent as a whole before any reading.

    The client ends its half when it has sent everything, as those do that make one request.
    """
    with connect(process) as connection:
        connection.sendall(
            head(path, *lines, f"Content-Length: {size}", "Connection: close", method=method)
        )
        connection.sendall(b" " * size)
        answer = received(connection)
    first, _, body = answer.partition(b"\r\n\r\n")
    return int(first.split()[1]), body


def taken(connection, piece, *, pause=0):
    """Send again and again until the server cuts the connection; how many bytes went out."""
    count = 0
    with suppress(ConnectionError):
        while True:
            connection.sendall(piece)
            count += len(piece)
            time.sleep(pause)
    return count


PRODUCT = "/api/application/products/3"


@pytest.mark.parametrize("size", [SMALL, LARGE, 30_000_000])
@pytest.mark.parametrize(
    ("path", "method", "lines", "status"),
    [
        (PRODUCT, "POST", [], 401),
        (PRODUCT, "POST", ["Authorization: Bearer 1|wrong"], 401),
        ("/api/application/nothing", "POST", [], 404),
        ("/nothing", "POST", [], 404),
        (PRODUCT, "PUT", ["{key}"], 405),
        ("/livez", "POST", [], 405),
        ("/api/openapi.json", "POST", [], 405),
        (PRODUCT, "POST", ["{key}", "Accept: image/png"], 406),
        (PRODUCT, "POST", ["{key}", "Content-Type: text/plain"], 415),
        (PRODUCT, "POST", ["{key}", "Content-Encoding: gzip"], 415),
        (f"{PRODUCT}?{'x' * 40_000}", "POST", [], 414),
        (PRODUCT, "POST", [f"X: {'x' * 70_000}"], 431),
        (PRODUCT, "POST", ["Host: other"], 400),
    ],
)
def test_a_refusal_is_read_behind_a_body_that_nobody_wanted(
    process, path, method, lines, status, size
):
    key = f"Authorization: Bearer {process.key}"
    lines = [line.format(key=key) for line in lines]
    found, body = sent(process, path, size, *lines, method=method)
    assert (found, json.loads(body)["status"]) == (status, status)


def test_a_refusal_of_a_key_without_the_permission_is_read(process):
    with process.client() as http:
        body = {"name": "Reader", "permissions": ["products:index"]}
        key = http.post("/api/application/api_keys", json=body).json()["token"]
    for size in (SMALL, LARGE):
        found, _ = sent(process, PRODUCT, size, f"Authorization: Bearer {key}")
        assert found == 403


@pytest.mark.parametrize("media_type", ["application/json", "application/xml",
                                        "multipart/form-data; boundary=x",
                                        "application/x-www-form-urlencoded"])  # fmt: skip
@pytest.mark.parametrize("ending", ["Connection: close", "Connection: keep-alive"])
def test_the_413_of_a_body_over_the_limit_is_read(process, media_type, ending):
    lines = [f"Authorization: Bearer {process.key}", f"Content-Type: {media_type}", ending]
    found, body = sent(process, PRODUCT, LARGE, *lines)
    assert (found, json.loads(body)["type"]) == (413, "/api/problems/payload-too-large")


def test_the_413_of_a_body_in_pieces_is_read(process):
    """Chunked, so that the server learns only on the way that it is too large."""
    key = f"Authorization: Bearer {process.key}"
    lines = [key, "Content-Type: application/json", "Transfer-Encoding: chunked"]
    with connect(process) as connection:
        connection.sendall(head(PRODUCT, *lines))
        for _ in range(LARGE // 100_000):
            connection.sendall(b"%x\r\n" % 100_000 + b" " * 100_000 + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"payload-too-large" in answer


@pytest.mark.parametrize(("size", "status"), [(LARGE, b"413"), (SMALL, b"400"), (SMALL, b"401")])
def test_the_fault_of_a_call_over_the_limit_is_read(process, size, status):
    lines = ["Content-Type: text/xml", f"Authorization: Bearer {process.key}"]
    found, body = sent(process, "/api/xmlrpc", size, *lines[: 1 if status == b"401" else 2])
    assert found == 200
    assert b"<fault>" in body


def test_a_client_that_asks_first_is_not_told_to_send_a_body_over_the_limit(process):
    lines = [f"Authorization: Bearer {process.key}", "Content-Type: application/json",
             f"Content-Length: {LARGE}", "Expect: 100-continue"]  # fmt: skip
    with connect(process) as connection:
        connection.sendall(head(PRODUCT, *lines))
        assert received(connection).startswith(b"HTTP/1.1 413 ")


def test_a_connection_is_used_again_after_a_body_that_nobody_wanted(process):
    with connect(process) as connection:
        for _ in range(3):
            connection.sendall(head(PRODUCT, f"Content-Length: {LARGE}") + b" " * LARGE)
            answer = b""
            while not answer.endswith(b"}"):
                answer += connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 401 ")
            assert b"connection: close" not in answer.lower()


def test_an_idle_connection_is_closed_after_a_body_that_nobody_wanted(process):
    with connect(process) as connection:
        connection.sendall(head(PRODUCT, f"Content-Length: {SMALL}") + b" " * 1000)
        while not connection.recv(65536).endswith(b"}"):
            pass
        connection.sendall(b" " * (SMALL - 1000))
        assert connection.recv(65536) == b""


@pytest.mark.parametrize("ending", ["close", "keep-alive"])
def test_a_client_that_never_stops_is_cut_off(process, ending):
    with connect(process) as connection:
        connection.sendall(head(PRODUCT, "Transfer-Encoding: chunked", f"Connection: {ending}"))
        piece = b"%x\r\n" % 1_000_000 + b" " * 1_000_000 + b"\r\n"
        assert LARGE < taken(connection, piece) < 4 * DRAIN_LIMIT


def test_a_client_that_neither_sends_nor_leaves_is_cut_off(tmp_path):
    with served(tmp_path, REQUEST_TIMEOUT="1") as process, connect(process) as connection:
        connection.sendall(
            head(PRODUCT, f"Content-Length: {LARGE}", "Connection: close") + b" " * SMALL
        )
        assert received(connection).startswith(b"HTTP/1.1 401 ")
        taken(connection, b" ", pause=0.05)
