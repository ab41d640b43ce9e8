"""Thousands of requests made from the contract: each is answered as it says."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest

from app.contract import contract
from spec_tests.conftest import with_demo
from spec_tests.generating import generated, header, run
from spec_tests.measuring import measured
from tests.settings import RATE_LIMIT, unhurried

pytestmark = pytest.mark.once

# Where minutes are too many: one request of each kind, and none that a list of mistakes makes.
FEW = ("--phases", "examples,fuzzing", "--max-examples", "2")


@pytest.fixture
def asked(target, tmp_path):
    """The server of `--base-url`, or a new one whose lines count, with a demo shop to change."""
    if target.is_own:
        settings = unhurried(tmp_path, data=tmp_path, rate_limit=RATE_LIMIT)
        yield from with_demo(settings, serve=measured)
    else:
        yield target


def test_a_few_generated_requests_are_answered_as_the_contract_says(asked):
    run(asked, *header(asked.key), *FEW)


@pytest.mark.needs("minutes")
def test_whatever_the_contract_allows_or_forbids_is_answered_as_it_says(asked):
    run(asked, *header(asked.key), "--max-examples", "15")


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
@pytest.mark.needs("minutes")
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
