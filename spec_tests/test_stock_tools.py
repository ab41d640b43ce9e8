"""Tools of others find nothing wrong, started as their users start them."""

import subprocess

import pytest

from spec_tests.conftest import with_demo
from spec_tests.generating import ROOT, ST
from tests.settings import unhurried

pytestmark = [pytest.mark.own, pytest.mark.once, pytest.mark.needs("minutes")]


@pytest.fixture
def shop(tmp_path):
    """A server with a demo shop of its own, without limits."""
    yield from with_demo(unhurried(tmp_path))


# The first makes a request for each operation and link, the second tries the bounds of a few.
# docs/contract.md has the command without either limit, which takes minutes.
SAMPLES = {
    "all operations": ("--phases", "examples,fuzzing,stateful", "--max-examples", "1"),
    "all bounds": ("--phases", "examples,coverage", "--include-operation-id-regex", "^api_keys"),
}


@pytest.mark.parametrize("options", SAMPLES.values(), ids=SAMPLES)
def test_schemathesis_without_hooks_finds_nothing_and_warns_of_nothing(shop, options):
    command = [
        ST, "--no-color", "run", f"{shop.url}/api/openapi.json?auth=bearer",
        "-H", f"Authorization: Bearer {shop.key}", "--seed", "42", *options,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    assert "WARNINGS" not in done.stdout, done.stdout[-4000:]
