"""Which tests a mutant has to pass, the quick ones first, and which of them concern it.

Three parts of the suite are left out, since they take minutes each: Spectral, generated requests
and Prism. They can only notice more.
"""

import signal
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

# No test takes nearly as long; one that does has been kept from ending.
SECONDS = 90
# Tests that need one of these start a server.
SERVERS = {"server", "target", "unreachable"}
RESOURCES = {
    "customers": ("test_customers", "test_account_pages"),
    "products": ("test_products", "test_images"),
    "groups": ("test_groups",),
    "pricings": ("test_pricings",),
    "services": ("test_services",),
    "health": ("test_status",),
    "license": ("test_status",),
    "statistics": ("test_status",),
    "oauth": ("test_security", "test_key_rotation", "test_key_limits"),
    "api_keys": ("test_api_keys", "test_key_rotation"),
    "me": ("test_api_keys",),
}


@dataclass(frozen=True)
class Stage:
    """Files of tests. Of tests that are there once for each operation, only those that a mutant
    concerns are run, and of these no more than `limit`."""

    name: str
    files: tuple[str, ...]
    has_server: bool | None = None
    limit: int = 1000


DOCUMENT = Stage(
    "document",
    tuple(f"spec_tests/test_{name}.py" for name in (
        "wiring", "agreement", "published", "shapes", "style", "transitions", "examples",
        "scopes")),
    has_server=False,
)  # fmt: skip
EXAMPLES = Stage("examples", ("spec_tests/test_examples.py",), has_server=True, limit=6)
OTHERS = Stage(
    "others",
    (
        *(f"spec_tests/test_{name}.py" for name in (
            "refusals", "bounds", "document", "lists", "includes", "journeys", "service_life",
            "xml_answers", "faults", "xmlrpc", "scopes")),
        *(f"tests/test_{name}.py" for name in (
            "bad_input", "pages", "upstream", "serialisers", "xml_bodies", "xml_shapes", "xmlrpc",
            "xmlrpc_bodies", "documentation", "answers", "security", "media_types", "cursors",
            "languages", "compression", "rate_limit", "mail")),
    ),
    has_server=True,
)  # fmt: skip


def stages(concerned: Iterable[str]) -> list[Stage]:
    """The stages for a mutant that concerns some operations."""
    resources = dict.fromkeys(name.partition(".")[0] for name in concerned)
    files = dict.fromkeys(file for each in resources for file in RESOURCES[each])
    behaviour = Stage("behaviour", tuple(f"tests/{file}.py" for file in files), has_server=True)
    return [DOCUMENT, EXAMPLES, behaviour, OTHERS]


class Selection:
    """A pytest plugin: leaves out what does not concern a mutant, and keeps the first failure."""

    def __init__(self, stage: Stage, concerned: Iterable[str] = ()) -> None:
        """Without operations that a mutant concerns, all are."""
        self.stage = stage
        self.concerned = set(concerned)
        self.failed: str | None = None
        self.passed: int = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        chosen = [item for item in items if self._is_wanted(item)]
        by_operation = [item for item in chosen if _operation(item)]
        surplus = {id(item) for item in by_operation[self.stage.limit :]}
        items[:] = [item for item in chosen if id(item) not in surplus]

    def _is_wanted(self, item: pytest.Function) -> bool:
        has_server = bool(SERVERS & {*item.fixturenames})
        operation = _operation(item)
        is_concerned = operation is None or not self.concerned or operation in self.concerned
        return is_concerned and self.stage.has_server in (None, has_server)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report.nodeid, report.failed)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.passed += report.passed and report.when == "call"
        self._note(report.nodeid, report.failed)

    def pytest_runtest_logstart(self) -> None:
        """Let this test fail, unless another begins in time."""
        signal.signal(signal.SIGALRM, _give_up)
        signal.alarm(SECONDS)

    def _note(self, name: str, failed: bool) -> None:
        if failed and self.failed is None:
            self.failed = name


def _give_up(*_: Any) -> None:
    """End what a test is doing, so that it stops its servers; if it does not, end the process."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(SECONDS)
    raise TimeoutError(f"This test has not ended in {SECONDS} s.")


def _operation(item: pytest.Function) -> str | None:
    """The operation that a test is about, if it is there once for each."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return getattr(parameters.get("operation"), "id", None)
