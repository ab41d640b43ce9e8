"""The quick check of an answer says the same as the one that can explain itself."""

import copy

import pytest

from app.contract import contract
from app.jsonschema import inlined

pytestmark = [pytest.mark.own, pytest.mark.once]
DOCUMENT = contract().document


def answers():
    """Every answer of the examples, with the schema that it has to fit."""
    for operation in contract().operations.values():
        path = DOCUMENT["paths"][operation.path][operation.method]
        for status, response in path["responses"].items():
            content = inlined(DOCUMENT, response).get("content", {}).get("application/json", {})
            for name, example in content.get("examples", {}).items():
                value = inlined(DOCUMENT, example)["value"]
                yield f"{operation.id}-{status}-{name}", content["schema"], value


ANSWERS = {name: (schema, value) for name, schema, value in answers()}


def places(value, path=()):
    """The way to each member and item of a value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in pairs:
        yield (*path, key)
        if isinstance(item, dict | list):
            yield from places(item, (*path, key))


def changed(value):
    """The value with one thing missing, added or replaced, anywhere in it."""
    for *way, last in places(value):
        for change in ("remove", "add", None, {}, [], -1, "\u0000", 10**30):
            copied = copy.deepcopy(value)
            inside = copied
            for key in way:
                inside = inside[key]
            if change == "remove":
                del inside[last]
            elif change == "add" and isinstance(inside, dict):
                inside["surplus"] = 1
            else:
                inside[last] = change
            yield copied


@pytest.mark.parametrize(("schema", "value"), ANSWERS.values(), ids=ANSWERS)
def test_both_checks_agree_on_what_is_nearly_right(schema, value):
    validator = contract().validator(schema, answers=True)
    assert validator.accepts(value)
    verdicts = set()
    for other in changed(value):
        verdict = validator.accepts(other)
        assert verdict == (next(validator.errors(other), None) is None), other
        verdicts.add(verdict)
    # Any free value is right in a configuration, which drivers write too.
    assert False in verdicts or schema == {"$ref": "#/components/schemas/ProductConfigRead"}
