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
# How each is started, and what the machine needs for it.
PROGRAMS = {
    "axios": ("node", "journey.mjs", "npm"),
    "fetch": ("node", "journey.mjs", "npm"),
    "http": ("node", "journey.mjs", "npm"),
    "guzzle": ("php", "journey.php", "php"),
    "streams": ("php", "journey.php", "php"),
    "curl": ("php", "journey.php", "php"),
    "urllib": ("python", "journey.py", None),
    "http.client": ("python", "journey.py", None),
    "HttpURLConnection": ("java", "Journey.java", "java"),
    "HttpClient": ("java", "Journey.java", "java"),
    "the program curl": ("sh", "journey.sh", "curl"),
}


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    with served(tmp_path_factory.mktemp("clients")) as process:
        yield process


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=[pytest.mark.needs(need)] if need else [])
        for name, (_, _, need) in PROGRAMS.items()
    ],
)
def journey(request, process, tmp_path_factory):
    """The status and a word of each response that a client has read."""
    program, script, _ = PROGRAMS[request.param]
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
