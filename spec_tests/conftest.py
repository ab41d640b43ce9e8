"""Which server is asked: one that the suite starts, or the one that `--base-url` names."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from sqlalchemy.orm import Session

from app.settings import Settings
from app.usecases.demo import load_demo
from models.engine import make_engine
from models.migrate import upgrade
from spec_tests import page, report
from spec_tests.measuring import reached
from spec_tests.recording import FOLDER, Patient, keep, observed, recorded
from tests.conftest import client, run, serving, session
from tests.factories import a_key
from tests.http import open_client
from tests.settings import RATE_LIMIT, unhurried

__all__ = ["client", "session"]

HERE = Path(__file__).parent
# The moment at which the examples of the contract were true.
EXAMPLES_WERE_MADE = datetime(2026, 3, 2, 9, tzinfo=UTC)
WHY = {
    "own": "need the source or the database, or break the server on purpose",
    "writes": "change the shop (--allow-writes)",
}


def pytest_configure(config):
    for name, why in WHY.items():
        config.addinivalue_line("markers", f"{name}: tests that {why}")
    # Generated requests are sent by processes of their own.
    if FOLDER not in os.environ:
        folder = config.stash[PROCESSES] = TemporaryDirectory()
        os.environ[FOLDER] = folder.name


PROCESSES = pytest.StashKey[TemporaryDirectory]()


def pytest_unconfigure(config):
    if folder := config.stash.get(PROCESSES, None):
        folder.cleanup()
        del os.environ[FOLDER]


def pytest_collection_modifyitems(config, items):
    """With another server, leave out what cannot or must not run against it. With our own, begin
    with what takes longest: all else is done beside it."""
    if not config.getoption("--base-url"):
        items.sort(key=lambda item: not item.path.stem.startswith("test_generated"))
        return
    excluded = ["own"] if config.getoption("--allow-writes") else ["own", "writes"]
    left_out = {item: name for item in items for name in excluded if item.get_closest_marker(name)}
    config.hook.pytest_deselected(items=list(left_out))
    config.stash[LEFT_OUT] = Counter(left_out.values())
    items[:] = [item for item in items if item not in left_out]


LEFT_OUT = pytest.StashKey[Counter]()


ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


def is_complete(config):
    """Whether all tests were asked for, so that what was not seen is a gap."""
    asked = {(config.invocation_params.dir / each).resolve() for each in config.args}
    narrowed = ("keyword", "markexpr", "ignore", "deselect", "maxfail", "collectonly", "short")
    return HERE in asked and not any(getattr(config.option, name) for name in narrowed)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    """Write what was seen, and fail for what is missing."""
    config = session.config
    if hasattr(config, "workerinput"):
        # What this process has seen is told by the one that started it, with that of all others.
        keep()
        return
    if not is_complete(config) or session.exitstatus not in ENDED:
        return
    # Another server is not broken on purpose, and need not have a shop with every state in it.
    mode = "own"
    if config.getoption("--base-url"):
        mode = "writes" if config.getoption("--allow-writes") else "reads"
    found = config.stash[FOUND] = report.compare(observed(), mode, reached())
    server = config.getoption("--base-url") or "A server that the suite started"
    page.write(found, server, session.testsfailed)
    if found.failures and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


FOUND = pytest.StashKey[report.Comparison]()


def pytest_terminal_summary(terminalreporter, config):
    for name, count in config.stash.get(LEFT_OUT, Counter()).items():
        terminalreporter.write_line(f"Left out: {count} tests that {WHY[name]}.")
    if found := config.stash.get(FOUND, None):
        terminalreporter.section("the contract and what was seen of it")
        terminalreporter.write_line(report.as_text(found))
        terminalreporter.write_line(f"The page to look at: {page.PAGE}")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server of our own whose rows tests can write and read."""
    folder = tmp_path_factory.mktemp("server")
    yield from run(unhurried(folder, rate_limit=RATE_LIMIT))


@pytest.fixture
def demo(session):
    """The demo shop of the contract's examples."""
    load_demo(session, now=EXAMPLES_WERE_MADE)
    session.commit()
    return session


@dataclass(frozen=True)
class Target:
    """The server that black-box tests ask: all they know are an address and a key."""

    url: str
    key: str
    limited_key: str | None = None
    is_own: bool = False
    allows_writes: bool = False


@pytest.fixture(scope="session")
def target(request, tmp_path_factory) -> Iterator[Target]:
    """The server of `--base-url`, or one that is started with a demo shop."""
    option = request.config.getoption
    if url := option("--base-url"):
        yield Target(
            url.rstrip("/").removesuffix("/api"),
            option("--key"),
            option("--limited-key"),
            allows_writes=option("--allow-writes"),
        )
        return
    folder = tmp_path_factory.mktemp("target")
    yield from with_demo(unhurried(folder, rate_limit=RATE_LIMIT))


def with_demo(
    settings: Settings, serve: Callable[[Settings], AbstractContextManager[str]] = serving
) -> Iterator[Target]:
    """Start a server with a demo shop of today."""
    engine = make_engine(settings.database_url)
    upgrade(engine)
    with Session(engine) as session:
        load_demo(session, now=datetime.now(UTC))
        key = a_key(session)
    engine.dispose()
    with serve(settings) as url:
        yield Target(url, key, is_own=True, allows_writes=True)


def open_api(
    target: Target, key: str | None = None, transport: httpx.BaseTransport | None = None
) -> httpx.Client:
    """A client for the operations of a server; without a key if `key` is the empty text."""
    key = target.key if key is None else key
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    transport = transport or (None if target.is_own else Patient())
    base_url = f"{target.url}/api"
    return recorded(open_client(base_url, headers=headers, transport=transport))


@pytest.fixture(scope="session")
def api(target):
    """A client whose key may do everything."""
    with open_api(target) as api:
        yield api


@pytest.fixture(scope="session")
def token(target, api):
    """A function that trades the key for a token with the permissions that it is given."""

    @cache
    def trade(*scopes: str) -> str:
        number, _, secret = target.key.partition("|")
        form = {"grant_type": "client_credentials", "client_id": number, "client_secret": secret}
        form |= {"scope": " ".join(scopes)}
        answer = api.post("/oauth/token", data=form)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    return trade


@pytest.fixture(scope="session")
def limited(target, token):
    """A function from an operation to a key that does not open it."""

    def key(operation):
        other = "health" if "health" not in operation.scopes else "license"
        return target.limited_key or token(other)

    return key
