"""One connection that stays open. The usual pool of `requests` takes as long as the server."""

import time
from http.client import HTTPConnection
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

# Servers hang up on who says nothing for five seconds.
PATIENCE = 3


class Line(BaseAdapter):
    """Sends the requests of a session, one after the other."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._last = 0.0

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        if time.monotonic() - self._last > PATIENCE:
            self._connection.close()
        self._connection.request(
            str(request.method), request.path_url, request.body, dict(request.headers)
        )
        got = self._connection.getresponse()
        response = requests.Response()
        response.status_code = got.status
        response.reason = got.reason
        response.url = str(request.url)
        response.request = request
        response.raw = HTTPResponse(
            BytesIO(got.read()), got.getheaders(), got.status, preload_content=False
        )
        response.headers.update(response.raw.headers)
        self._last = time.monotonic()
        return response

    def close(self) -> None:
        self._connection.close()


def open_session(url: str) -> requests.Session:
    """A session for one server, which knows nothing of proxies."""
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", Line(url))
    return session
