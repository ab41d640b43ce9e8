"""Let schemathesis test a server with requests that it makes from the contract.

The same by hand, with other seeds, against any server:

    PYTHONPATH=. st --config-file spec_tests/schemathesis.toml run URL/api/openapi.json?auth=bearer
        --header "Authorization: Bearer KEY" --max-examples 100 --seed 1
"""

import os
import subprocess
import sys
from pathlib import Path

from app.contract import contract

ROOT = Path(__file__).parent.parent
ST = Path(sys.executable).with_name("st")


def generated(url, *options, **environment):
    """Let schemathesis test the server at `url`; the process when it is done."""
    command = [
        ST, "--config-file", ROOT / "spec_tests" / "schemathesis.toml", "--no-color",
        "run", f"{url}/api/openapi.json?auth=bearer", "--seed", "42", *options,
    ]  # fmt: skip
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def run(server, *options, **environment):
    """Generate requests for all operations, or for those that read where nothing may be written;
    fails if an answer is not as the contract says."""
    if not server.is_own:
        options = (*options, "--rate-limit", "auto")
    operations = list(contract().operations.values())
    if not server.allows_writes:
        options = (*options, "--include-method", "GET")
        operations = [operation for operation in operations if operation.method == "get"]
    done = generated(server.url, *options, **environment)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    assert f"Tested: {len(operations)}" in done.stdout


def header(key):
    return ("--header", f"Authorization: Bearer {key}")
