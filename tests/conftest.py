"""A real server on a real socket with a real database, empty at the start of each test."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
import uvicorn
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.server import create_server
from app.settings import Settings
from models.engine import make_engine
from models.migrate import upgrade
from tests.databases import empty
from tests.factories import a_key
from tests.http import open_client
from tests.settings import unhurried

# How long it takes to make or to run an example says something about the machine, and nothing about
# the server.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


@dataclass
class Running:
    url: str
    engine: Engine
    settings: Settings


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Serve on a free port, on the database as it is; the address."""
    config = uvicorn.Config(create_server(settings), port=0, log_level="error", proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(5)


def run(settings: Settings) -> Iterator[Running]:
    """Serve a database that is up to date until the generator is closed."""
    engine = make_engine(settings.database_url)
    upgrade(engine)
    with serving(settings) as url:
        yield Running(url, engine, settings)
    engine.dispose()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("server")
    yield from run(unhurried(folder))


@pytest.fixture
def session(server: Running) -> Iterator[Session]:
    with Session(server.engine) as session:
        empty(session)
        yield session


@pytest.fixture
def client(server: Running, session: Session) -> Iterator[httpx.Client]:
    """A client whose key may do everything."""
    headers = {"Authorization": f"Bearer {a_key(session)}"}
    with open_client(f"{server.url}/api/application", headers=headers) as client:
        yield client


@pytest.fixture
def http(server: Running) -> Iterator[httpx.Client]:
    """A client without a key."""
    with open_client(f"{server.url}/api/application") as client:
        yield client


@pytest.fixture
def as_key(http: httpx.Client) -> Callable[..., httpx.Response]:
    """A function that sends a request with another key, perhaps from another address."""

    def send(
        token: str, method: str, path: str, *, address: str | None = None, **options: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} | options.pop("headers", {})
        if address:
            # What a proxy in front of the server says; tests are taken for one.
            headers["X-Forwarded-For"] = address
        return http.request(method, path, headers=headers, **options)

    return send
