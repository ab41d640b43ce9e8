"""Requests that ask for another protocol go on in HTTP/1.1 (RFC 9110 section 7.8)."""

import json
import socket

import pytest

from tests.serving import served
from tests.test_graceful_stop import received

pytestmark = pytest.mark.once

# As Java's HttpClient sends it with every first request, and browsers for a WebSocket.
HTTP_2 = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAAAAIAAAAB"]
WEBSOCKET = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]  # fmt: skip
GROUPS = "/api/application/groups"


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    with served(tmp_path_factory.mktemp("upgrades")) as process:
        yield process


@pytest.fixture
def connection(process):
    with socket.create_connection(("127.0.0.1", process.port), timeout=60) as connection:
        yield connection


def head(process, method, path, *lines):
    start = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {process.key}"]
    return "\r\n".join([*start, *lines, "", ""]).encode()


def group(slug):
    fields = {"name": "Élite", "slug": slug, "description": "x", "status": "active"}
    return json.dumps({**fields, "sort_order": 0}, ensure_ascii=False).encode()


def answered(connection):
    """One response with Content-Length: its status and its body."""
    file = connection.makefile("rb")
    status = int(file.readline().split()[1])
    headers = dict(line.lower().split(b": ", 1) for line in iter(file.readline, b"\r\n"))
    return status, file.read(int(headers[b"content-length"]))


@pytest.mark.parametrize("pieces", ["whole", "head and body", "bytes"])
@pytest.mark.parametrize("lines", [HTTP_2, WEBSOCKET], ids=["h2c", "websocket"])
@pytest.mark.parametrize("is_chunked", [False, True], ids=["announced", "chunked"])
def test_the_body_of_such_a_request_is_read(process, connection, pieces, lines, is_chunked):
    body = group(f"{pieces.replace(' ', '-')}-{lines is HTTP_2}-{is_chunked}".lower())
    if is_chunked:
        length, sent = "Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    else:
        length, sent = f"Content-Length: {len(body)}", body
    start = head(process, "POST", GROUPS, "Content-Type: application/json", length, *lines)
    parts = {"whole": [start + sent], "head and body": [start, sent],
             "bytes": [bytes([each]) for each in start + sent]}  # fmt: skip
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for part in parts[pieces]:
        connection.sendall(part)
    status, answer = answered(connection)
    assert (status, b"lite" in answer) == (201, True), answer


@pytest.mark.parametrize("lines", [HTTP_2, WEBSOCKET], ids=["h2c", "websocket"])
def test_the_connection_goes_on_in_http_1_1(process, connection, lines):
    for _ in range(3):
        connection.sendall(head(process, "GET", GROUPS, *lines))
        assert answered(connection)[0] == 200
    connection.sendall(head(process, "GET", GROUPS))
    assert answered(connection)[0] == 200


@pytest.mark.parametrize(
    "start",
    [b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n",
     b"CONNECT / HTTP/1.1\r\nHost: a.example\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
)  # fmt: skip
def test_what_is_for_proxies_or_for_http_2_is_refused(process, connection, start):
    connection.sendall(start)
    connection.shutdown(socket.SHUT_WR)
    assert received(connection)[:10] == b"HTTP/1.1 4"
    with process.client() as http:
        assert http.get("/livez").status_code == 200
