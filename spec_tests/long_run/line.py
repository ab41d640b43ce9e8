"""One connection that stays open. The usual pool of `requests` takes as long as the server."""

import socket
import time
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
from httptools import HttpResponseParser
from requests.adapters import BaseAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

# Servers hang up on who says nothing for five seconds.
PATIENCE = 3
CHUNK = 256 * 1024


class Answer:
    """What a parser of HTTP tells about one answer."""

    def __init__(self) -> None:
        self.headers = HTTPHeaderDict()
        self.body = b""
        self.is_complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.add(name.decode("latin-1"), value.decode("latin-1"))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_complete = True


class Line(BaseAdapter):
    """Sends the requests of a session, one after the other."""

    def __init__(self, url: str) -> None:
        super().__init__()
        place = urlsplit(url)
        self._host, self._address = place.netloc, (place.hostname, place.port)
        self._connection: socket.socket | None = None
        self._last = 0.0

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        if self._connection is None or time.monotonic() - self._last > PATIENCE:
            self.close()
            self._connection = socket.create_connection(self._address, timeout=60)
        self._connection.sendall(self._written(request))
        answer = Answer()
        parser = HttpResponseParser(answer)
        while not answer.is_complete:
            received = self._connection.recv(CHUNK)
            if not received:
                raise ConnectionError("The server hung up in the middle of an answer.")
            parser.feed_data(received)
        if not parser.should_keep_alive():
            self.close()
        self._last = time.monotonic()
        return self._read(request, parser.get_status_code(), answer)

    def _written(self, request: requests.PreparedRequest) -> bytes:
        """A request in one piece, so that the server is woken up once."""
        lines = [f"{request.method} {request.path_url} HTTP/1.1".encode("latin-1")]
        lines.append(b"Host: " + self._host.encode())
        lines += (_bytes(name) + b": " + _bytes(value) for name, value in request.headers.items())
        return b"\r\n".join([*lines, b"", _bytes(request.body or b"")])

    def _read(
        self, request: requests.PreparedRequest, status: int, answer: Answer
    ) -> requests.Response:
        response = requests.Response()
        response.status_code = status
        response.url = str(request.url)
        response.request = request
        response.raw = HTTPResponse(
            BytesIO(answer.body), answer.headers, status, preload_content=False
        )
        response.headers.update(answer.headers)
        return response

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _bytes(text: Any) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")


def open_session(url: str) -> requests.Session:
    """A session for one server, which knows nothing of proxies."""
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", Line(url))
    return session
