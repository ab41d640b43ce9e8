"""The contract, the model and the words for people tell one life of a service."""

import re

import pytest

from app.contract import PATH, contract
from models.service import PENDING, STATUSES, TRANSITIONS

pytestmark = pytest.mark.own
DOCUMENT = contract().document
STATUS = DOCUMENT["components"]["schemas"]["ServiceStatus"]
WRITTEN = STATUS["x-transitions"]
PAGE = PATH.parent.parent / "docs" / "services.md"
ACTIONS = {
    operation.id: written["x-transition"]
    for operation in contract().operations.values()
    if "x-transition" in (written := DOCUMENT["paths"][operation.path][operation.method])
}


def arrows():
    """Each way from one status to another, with its action."""
    return {
        (source, way["to"], action) for action, way in WRITTEN.items() for source in way["from"]
    }


def test_the_statuses_are_those_of_the_model():
    assert STATUS["enum"] == list(STATUSES)


def test_the_transitions_are_those_of_the_model_in_the_order_of_its_answers():
    assert list(WRITTEN) == list(TRANSITIONS)
    for action, (sources, target) in TRANSITIONS.items():
        assert WRITTEN[action] == {"from": [each for each in STATUSES if each in sources],
                                   "to": target}  # fmt: skip


def test_an_action_that_is_an_operation_says_so():
    operations = {f"services.{action}": action for action in WRITTEN}
    there = operations.keys() & contract().operations.keys()
    assert {name: operations[name] for name in there} == ACTIONS
    assert set(ACTIONS.values()) == {"expire", "suspend", "unsuspend"}


def test_an_action_may_be_refused_and_its_words_say_where_it_starts():
    for name, action in ACTIONS.items():
        operation = contract().operations[name]
        assert 409 in operation.responses
        words = DOCUMENT["paths"][operation.path][operation.method]["description"]
        assert re.findall("`(.+?)`", words.partition(".")[0]) == WRITTEN[action]["from"]


def test_the_words_about_the_status_say_where_each_leads():
    words = " ".join(STATUS["description"].split())
    sentences = dict(re.findall(r"From `(\w+)`: ([\w, ]+)\.", words))
    assert sentences.keys() == STATUSES.keys()
    for status, targets in sentences.items():
        reached = {target for source, target, _ in arrows() if source == status}
        assert targets.split(", ") == (
            [each for each in STATUSES if each in reached] or ["nothing"]
        )


def test_the_diagram_shows_each_way():
    diagram = re.search("```mermaid\nstateDiagram-v2\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
    first, *ways = (line.strip() for line in diagram.splitlines())
    assert first == f"[*] --> {PENDING}"
    assert sorted(ways) == sorted(f"{source} --> {to}: {action}" for source, to, action in arrows())
