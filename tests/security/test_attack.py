"""A hostile client does its worst for a while: nothing is lost, stored or taken by it."""

import os
import re
import subprocess
import sys

import pytest

from tests.processes import ROOT
from tools.attack.judging import is_active

pytestmark = pytest.mark.needs("minutes")

# Another seed each time, which the output names; minutes by hand leave less to chance.
SECONDS = os.environ.get("ATTACK_SECONDS", "40")


def test_an_attack_leaves_no_error_and_costs_nobody_a_request():
    command = [sys.executable, "-m", "tools.attack", "--seconds", SECONDS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^seed \d+, \d{3,} attacks: ", done.stdout)
    assert "\n0 findings\n" in done.stdout
    print(done.stdout)


@pytest.mark.once
@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Fast</p>", False),
        ('<img alt=">" src=x onerror=alert(1)>', True),
        ("<a href='java\nscript:alert(1)'>x</a>", True),
        ("<iframe\f src=x>", True),
        ("&lt;script&gt;", False),
    ],
)
def test_the_attacker_sees_what_a_browser_would_run(html, expected):
    assert is_active(html) == expected
