"""Thousands of requests made from the contract: each is answered as it says.

The same by hand, with other seeds, against any server:

    PYTHONPATH=. st --config-file spec_tests/schemathesis.toml run URL/api/openapi.json?auth=bearer
        --header "Authorization: Bearer KEY" --max-examples 100 --seed 1
"""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import pytest

from app.contract import contract
from spec_tests.conftest import RATE_LIMIT, with_demo
from spec_tests.measuring import measured
from tests.settings import unhurried

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


# The forms of answers, and how many examples of each operation are asked for in them.
EXAMPLES = {"application/json": "10", "application/xml": "5"}


@pytest.fixture
def asked(target, tmp_path):
    """A server for each form of answers: that of `--base-url`, or new ones whose lines count, with
    a demo shop to change."""
    if not target.is_own:
        yield dict.fromkeys(EXAMPLES, target)
        return
    with ExitStack() as stack:
        yield {form: stack.enter_context(new_shop(tmp_path / form)) for form in EXAMPLES}


@contextmanager
def new_shop(folder):
    folder.mkdir(parents=True)
    yield from with_demo(unhurried(folder, data=folder, rate_limit=RATE_LIMIT), serve=measured)


def side_by_side(target, *runs):
    """Do all that is given: at the same time where servers are ours, as each run mostly waits for
    its server and each server for its run."""
    with ThreadPoolExecutor(len(runs) if target.is_own else 1) as pool:
        for done in [pool.submit(run) for run in runs]:
            done.result()


def run(server, *options, **environment):
    """Generate requests for all operations, or for those that read where nothing may be written."""
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


def test_whatever_the_contract_allows_or_forbids_is_answered_as_it_says(target, asked):
    def in_form(form):
        options = ("--header", f"Accept: {form}", "--max-examples", EXAMPLES[form])
        return partial(run, asked[form], *header(asked[form].key), *options)

    side_by_side(target, *map(in_form, EXAMPLES))


def test_without_a_key_that_opens_something_everything_is_refused(target, token):
    key = target.limited_key or token("services:create")
    closed = partial(run, target, *header(key), *REFUSING, CONTRACT_CLOSED_KEY=key)
    side_by_side(target, closed, partial(run, target, *REFUSING, CONTRACT_CLOSED_KEY=""))


# Right requests are refused as well, and what was never made cannot be used.
REFUSING = ("--max-examples", "5", "--mode", "positive", "--exclude-checks",
            "positive_data_acceptance,wrong_data_is_refused,ignored_auth")  # fmt: skip


@pytest.fixture
def planted():
    """A server that knows the contract, and answers everything with one body; returns both."""

    class Planted(BaseHTTPRequestHandler):
        def do_GET(self):
            is_contract = self.path.startswith("/api/openapi.json")
            document = contract().served(f"http://{self.headers['Host']}/api", bearer=True)
            self.send_response(200)
            self.send_header("Content-Type", "application/json" if is_contract else media_type)
            self.end_headers()
            self.wfile.write(orjson.dumps(document) if is_contract else body)

        def log_message(self, *_):
            pass

    media_type = body = None

    def answer(new_media_type, new_body):
        nonlocal media_type, body
        media_type, body = new_media_type, new_body
        only = ("--include-operation-id", "health.show", "--header", "Accept: application/xml",
                "--max-examples", "1", "--phases", "fuzzing", "--checks",
                "response_schema_conformance,content_type_conformance,"
                "xml_is_sent_where_it_is_accepted_and_fits_its_schema")  # fmt: skip
        return generated(f"http://127.0.0.1:{server.server_port}", *only)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Planted)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield answer
    server.shutdown()
    server.server_close()


@pytest.mark.own
def test_a_wrong_answer_in_xml_is_noticed(planted):
    right = planted("application/xml", b"<health><status>ok</status></health>")
    assert right.returncode == 0, right.stdout[-4000:] + right.stderr
    for media_type, wrong in (
        ("application/xml", b"<health><status>ill</status></health>"),
        ("application/xml", b"<health/>"),
        ("application/xml", b"<health><status>ok</status>"),
        ("application/json", b'{"status": "ok"}'),
    ):
        done = planted(media_type, wrong)
        assert done.returncode == 1, done.stdout[-4000:] + done.stderr
        assert "1 unique failure" in done.stdout or "unique failures" in done.stdout
