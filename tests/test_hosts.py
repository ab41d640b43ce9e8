"""The Host header: HTTP/1.1 has one (RFC 9112 section 3.2)."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.factories import a_key
from tests.test_graceful_stop import received

pytestmark = pytest.mark.once

LIST = "/api/application/groups"
PATHS = ["/livez", "/nothing", "/api/documentation", LIST]


def ask(server, version, *lines, path=LIST):
    """The response to a request whose head is written by hand."""
    head = [f"GET {path} HTTP/{version}", "Connection: close", *lines, "", ""]
    place = urlsplit(server.url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as sock:
        sock.sendall("\r\n".join(head).encode("latin-1"))
        return received(sock)


@pytest.mark.parametrize("path", PATHS)
def test_http_1_1_without_a_host_is_refused(server, path):
    answer = ask(server, "1.1", path=path)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"/api/problems/malformed-request" in answer


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("path", PATHS)
def test_two_hosts_are_refused(server, version, path):
    for second in ("a.example", "b.example"):
        answer = ask(server, version, "Host: a.example", f"Host: {second}", path=path)
        assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "host",
    ["a b", "a/b", "user@a.example", "user:secret@a.example", "a.example, b.example", "a:b",
     "a:1:2", "a.example:99999", ":80", "[::1", "::1", "[::1]x", "[a.example]", "[:::]",
     "[1.2.3.4]", "h\xe9", "a?b", "a#b", "http://a.example", "<a>", "a" * 254, "a\\b"],
)  # fmt: skip
def test_what_names_no_host_is_refused(server, host):
    for version in ("1.0", "1.1"):
        assert ask(server, version, f"Host: {host}").startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "host",
    ["a.example", "A.Example", "a.example:8443", "a.example:", "localhost", "my_service",
     "a.example.", "127.0.0.1:80", "[::1]", "[::1]:8000", "[2001:db8::1]", "[::ffff:1.2.3.4]",
     "x" * 253],
)  # fmt: skip
def test_links_begin_with_the_host_of_the_request(server, session, host):
    key = f"Authorization: Bearer {a_key(session)}"
    for version in ("1.0", "1.1"):
        answer = ask(server, version, f"Host: {host}", key)
        assert f'"path":"http://{host}{LIST}"'.encode() in answer


@pytest.mark.parametrize(
    ("version", "lines"), [("1.0", []), ("1.0", ["Host:"]), ("1.1", ["Host:"])]
)
def test_without_a_name_links_begin_with_the_address_that_was_connected_to(
    server, session, version, lines
):
    answer = ask(server, version, f"Authorization: Bearer {a_key(session)}", *lines)
    assert f'"path":"{server.url}{LIST}"'.encode() in answer
