"""A second opinion: Prism, a validating proxy, finds nothing wrong in what passes through it.

It knows no XML, so it gets the view without it. It lets everything pass whose schema leads back to
itself, as customers have services and services a customer, or has a part that is null or one of
several things: such a part is left open. A large body that is refused early makes it wait for ever.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.contract import contract
from spec_tests.test_examples import PROVOKED, example, send, written
from tests.factories import a_key
from tests.http import open_client
from tests.processes import free_port, until_it_listens

pytestmark = [pytest.mark.own, pytest.mark.once, pytest.mark.needs("npm")]
PRISM = Path(__file__).parent / "node" / "node_modules" / ".bin" / "prism"
OPERATIONS = contract().operations
# Prism passes on what a client accepts, but cannot read zstd itself.
HEADERS = {"Accept-Encoding": "identity", "X-Forwarded-Proto": "https"}


@contextmanager
def prism(document, upstream, folder) -> Iterator[str]:
    """Prism in front of a server; its address."""
    path = folder / "openapi.json"
    path.write_text(json.dumps(document))
    port, log = free_port(), folder / "prism.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [PRISM, "proxy", path, upstream, "--port", str(port), "--verboseLevel", "error"],
            stdout=file,
            stderr=file,
        )
    try:
        until_it_listens(process, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def open_where_prism_is_blind(document):
    """Let schemas say nothing where Prism would not look at the whole that they are a part of."""
    schemas = document["components"]["schemas"]
    done = set()

    def cut(node, inside):
        if isinstance(node, list):
            return [cut(item, inside) for item in node]
        if not isinstance(node, dict):
            return node
        name = str(node.get("$ref", "")).rpartition("/")[2]
        if name in inside or ("nullable" in node and "type" not in node):
            return {}
        if name in schemas and name not in done:
            schemas[name] = cut(schemas[name], {*inside, name})
            done.add(name)
        return {key: cut(item, inside) for key, item in node.items()}

    for name in schemas:
        cut({"$ref": f"#/components/schemas/{name}"}, set())
    return document


def for_prism(server):
    return open_where_prism_is_blind(
        contract().served(f"{server.url}/api", bearer=True, json_only=True)
    )


@pytest.fixture(scope="module")
def proxy(server, tmp_path_factory):
    with prism(for_prism(server), f"{server.url}/api", tmp_path_factory.mktemp("prism")) as url:
        yield url


@pytest.fixture
def through(proxy, demo):
    """A client that asks through Prism."""
    headers = {**HEADERS, "Authorization": f"Bearer {a_key(demo)}"}
    with open_client(proxy, headers=headers) as through:
        yield through


def violations(answer):
    """What Prism holds against an answer. What it holds against a request is not asked."""
    found = json.loads(answer.headers.get("sl-violations", "[]"))
    return [each for each in found if each["location"][0] == "response"]


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_prism_finds_nothing_wrong_in_the_answer_to_an_example(through, operation):
    content = written(operation)[2].get("content")
    expected = content and example("the answer", operation, content)
    answer = send(through, operation, expected)
    assert answer.status_code == operation.success.status, answer.text
    assert violations(answer) == []


@pytest.mark.parametrize("name", sorted(PROVOKED.keys() - {"PayloadTooLarge"}))
def test_prism_finds_nothing_wrong_in_a_problem(through, name):
    answer = through.request(**PROVOKED[name])
    assert answer.status_code >= 400
    assert violations(answer) == []


@pytest.mark.needs("minutes")
def test_prism_looks(server, demo, tmp_path):
    """With a document that says something else, the same answers are wrong."""
    document = for_prism(server)
    schemas = document["components"]["schemas"]
    for name, member in PLANTED.values():
        schemas[name] = {**schemas[name], "required": [member]}
    with prism(document, f"{server.url}/api", tmp_path) as url:
        headers = {**HEADERS, "Authorization": f"Bearer {a_key(demo)}"}
        with open_client(url, headers=headers) as through:
            for path, (_, member) in PLANTED.items():
                found = violations(through.get(f"/application/{path}"))
                assert [each["code"] for each in found] == ["required"], path
                assert member in found[0]["message"]
            assert violations(through.get("/application/license")) == []


# Where to ask, the schema of the answer, and a member that it has not.
PLANTED = {
    "health": ("Health", "pulse"),
    "products/999": ("Problem", "remedy"),
    "customers/5": ("Customer", "nickname"),
    "services/22": ("Service", "colour"),
    "groups/2": ("Group", "weight"),
    "products/3": ("Product", "taste"),
}
