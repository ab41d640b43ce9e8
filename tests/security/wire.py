"""Requests as bytes on the wire, for what no client library would send."""

import socket
from email import message_from_bytes
from typing import NamedTuple
from urllib.parse import urlsplit

# Headers that differ from one answer to the next.
OF_ONE_ANSWER = frozenset({"date", "x-request-id"})


class Answer(NamedTuple):
    """An answer as it came: its status, its headers in their order, its body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for known, value in self.headers if known.lower() == name), None)


def connect(url: str) -> socket.socket:
    """A connection to the server of a URL."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def send(url: str, request: bytes) -> list[Answer]:
    """Send bytes, and read answers until the server closes the connection."""
    with connect(url) as connection:
        connection.sendall(request)
        received = b""
        while part := connection.recv(65536):
            received += part
    return list(_answers(received))


def get(url: str, path: bytes, *lines: bytes) -> Answer:
    """Ask for a path that is sent as it is. Without a Host among the lines, there is one."""
    if not any(line.lower().startswith(b"host:") for line in lines):
        lines = (b"Host: panel.example", *lines)
    head = b"\r\n".join([b"GET " + path + b" HTTP/1.1", *lines, b"Connection: close"])
    (answer,) = send(url, head + b"\r\n\r\n")
    return answer


def _answers(received: bytes):
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        first, _, lines = head.partition(b"\r\n")
        headers = message_from_bytes(lines + b"\r\n\r\n").items()
        length = int({name.lower(): value for name, value in headers}["content-length"])
        yield Answer(int(first.split()[1]), headers, rest[:length])
        received = rest[length:]
