"""What is too long, too deep or too slow is refused with the status for it."""

import json
import socket

import pytest

from app.cli.protocol import HEAD_LIMIT
from app.contract import contract
from app.pipeline.request import URL_LIMIT
from tests.http import request
from tests.serving import served
from tests.test_graceful_stop import received, slowly

pytestmark = [pytest.mark.once, pytest.mark.needs("minutes")]


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    with served(tmp_path_factory.mktemp("limits"), REQUEST_TIMEOUT="1") as process:
        yield process


@pytest.fixture
def http(process):
    with process.client() as http:
        yield http


def sent(process, *parts):
    """The answer to bytes that are sent as they are, until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", process.port), timeout=20) as connection:
        for part in parts:
            connection.sendall(part)
        answer = received(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["type"].rpartition("/")[2]


def test_an_address_may_be_long_but_not_endless(http, process):
    path = "/api/application/products?filter[name]="
    assert http.get(path + "x" * 20_000).status_code in (200, 400)
    answer = http.get(path + "x" * URL_LIMIT)
    assert answer.status_code == 414
    assert answer.json()["type"] == "/api/problems/uri-too-long"
    assert http.get("/livez").status_code == 200


def test_headers_may_be_long_but_not_endless(http):
    headers = {f"X-{n}": "x" * 1000 for n in range(20)}
    assert http.get("/livez", headers=headers).status_code == 200
    headers = {f"X-{n}": "x" * 1000 for n in range(HEAD_LIMIT // 1000 + 1)}
    assert http.get("/livez", headers=headers).status_code == 431


def test_a_head_that_does_not_end_is_not_kept(process):
    """Neither one header nor many."""
    start = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"
    for part in (b"x" * 100_000, b"X: y\r\n" * 20_000):
        with socket.create_connection(("127.0.0.1", process.port), timeout=20) as connection:
            connection.sendall(start + b"X: ")
            with pytest.raises(ConnectionError):
                connection.sendall(part * 1000)


@pytest.mark.parametrize("start", [b"", b"G", b"\r\n", b"GET /livez HTTP/1.1\r\nHost: local"])
def test_a_head_has_to_arrive_in_time(process, start):
    assert sent(process, start) == (408, "request-timeout")


def test_the_second_head_of_a_connection_has_to_arrive_in_time_too(process):
    with socket.create_connection(("127.0.0.1", process.port), timeout=20) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        first = b""
        while not first.endswith(b'{"status":"ok"}'):
            first += connection.recv(65536)
        connection.sendall(b"GET /liv")
        assert received(connection).startswith(b"HTTP/1.1 408 ")


def test_a_body_has_to_arrive_in_time(process):
    with slowly(process) as connection:
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"/api/problems/request-timeout" in answer


def test_a_body_for_a_page_has_to_arrive_in_time_too(process):
    head = b"POST /api/xmlrpc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
    assert sent(process, head, b"<") == (408, "request-timeout")


def test_who_sends_slowly_to_a_page_holds_no_thread(process):
    head = b"POST /api/xmlrpc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n<"
    held = []
    for _ in range(12):
        held.append(socket.create_connection(("127.0.0.1", process.port), timeout=20))
        held[-1].sendall(head)
    assert request("GET", f"{process.url}/api/problems/conflict").status_code == 200
    for each in held:
        each.close()


def test_a_body_has_a_size(http):
    answer = http.post("/api/application/groups", content=b" " * (contract().body_limit + 1),
                       headers={"Content-Type": "application/json"})  # fmt: skip
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("[" * 65 + "]" * 65, 400),
        ('{"name": ' + '{"a":' * 70 + "1" + "}" * 70 + "}", 400),
        ('{"name": [' + "1," * 10_000 + "1]}", 422),
        ('{"name": [' + "1," * 100_000 + "1]}", 413),
    ],
)
def test_a_value_has_a_depth_and_a_list_an_end(http, body, status):
    headers = {"Content-Type": "application/json"}
    answer = http.post("/api/application/groups", content=body, headers=headers)
    assert answer.status_code == status
