"""Clients that nobody here wrote, with what they send by default: the same journey with each."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.serving import served
from tests.test_images import an_image

pytestmark = pytest.mark.once

CLIENTS = Path(__file__).parent / "clients"
JOURNEY = {
    "list": [200, "0"],
    "create": [201, "Élite ☃"],
    "upload": [200, "png"],
    "xml": [200, "Élite ☃"],
    "too large": [413, "Payload too large"],
    "without key": [401, "Unauthenticated"],
    "delete": [200, ""],
    "gone": [404, "Not found"],
}
# How the program is started, and the library that it is to use.
PROGRAMS = {
    "axios": ("node", "journey.mjs"),
    "fetch": ("node", "journey.mjs"),
    "http": ("node", "journey.mjs"),
    "guzzle": ("php", "journey.php"),
    "streams": ("php", "journey.php"),
    "curl": ("php", "journey.php"),
    "urllib": ("python", "journey.py"),
    "http.client": ("python", "journey.py"),
    "url": ("java", "Journey.java"),
    "client": ("java", "Journey.java"),
    "curl itself": ("sh", "journey.sh"),
}


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    with served(tmp_path_factory.mktemp("clients")) as process:
        yield process


@pytest.fixture(scope="module", params=PROGRAMS)
def journey(request, process, tmp_path_factory):
    """The status and a word of each response that a client has read."""
    program, script = PROGRAMS[request.param]
    image = tmp_path_factory.mktemp("image") / "logo.png"
    image.write_bytes(an_image())
    # Warnings that tests of Python want are none of an example's business.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    done = subprocess.run(
        [program, CLIENTS / script, process.url, process.key, image, request.param],
        capture_output=True, text=True, timeout=120, check=False, env=environment,
    )  # fmt: skip
    with process.client() as http:
        # The next one begins without what a broken one has left.
        for group in http.get("/api/application/groups").json()["data"]:
            http.delete(f"/api/application/groups/{group['id']}")
    steps = json.loads("{" + ",".join(done.stdout.splitlines()) + "}")
    return steps, done.stderr


@pytest.mark.parametrize("step", JOURNEY)
def test_every_client_reads_the_response_to_every_request(journey, step):
    steps, errors = journey
    assert steps.get(step) == JOURNEY[step], errors
