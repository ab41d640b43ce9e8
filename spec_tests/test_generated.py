"""Thousands of requests made from the contract: each is answered as it says.

The same by hand, with other seeds, against any server:

    PYTHONPATH=. st --config-file spec_tests/schemathesis.toml run URL/api/openapi.json?auth=bearer
        --header "Authorization: Bearer KEY" --max-examples 100 --seed 1
"""

import os
import subprocess
import sys
from pathlib import Path

from app.contract import contract
from tests.factories import a_key

ROOT = Path(__file__).parent.parent
ST = Path(sys.executable).with_name("st")


def test_whatever_the_contract_allows_or_forbids_is_answered_as_it_says(server, demo):
    command = [
        ST, "--config-file", ROOT / "spec_tests" / "schemathesis.toml", "--no-color",
        "run", f"{server.url}/api/openapi.json?auth=bearer",
        "--header", f"Authorization: Bearer {a_key(demo)}", "--max-examples", "20", "--seed", "42",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    assert f"Tested: {len(contract().operations)}" in done.stdout
