"""Each bound is where the contract has it: what lies on it is taken, one step beyond is refused.

Bodies are sent to things that do not exist, or lack what is required, so that nothing is changed:
what counts is whether the refusal names the field.
"""

import json
import re

import pytest

from app.contract import contract
from app.jsonschema import inlined, is_nullable
from spec_tests.asking import path_to, sending
from spec_tests.keywords import FORM, FORMATS, JSON

pytestmark = pytest.mark.once

DOCUMENT = contract().document
OPERATIONS = contract().operations
READS = {each.id: each for each in OPERATIONS.values() if each.method == "get" and each.query}
WITH_BODY = {each.id: each for each in OPERATIONS.values() if each.bodies}
# What a file may be is tried in tests/test_images.py.
WITH_FIELDS = {name: each for name, each in WITH_BODY.items() if {JSON, FORM} & {*each.bodies}}
IN_JSON = {name: each for name, each in WITH_BODY.items() if JSON in each.bodies}
# A value that no spelling turns into anything else, of another type than all that bodies hold.
STRANGE = "\u2603"


@pytest.mark.parametrize("operation", READS.values(), ids=READS)
def test_a_parameter_is_taken_up_to_its_bounds(api, operation):
    for parameter in operation.query:
        for text, is_right in texts_around(parameter):
            answer = api.get(path_to(operation), params={parameter.name: text})
            expected = {200, 404} if is_right else {400}
            assert answer.status_code in expected, (parameter.name, text)
            if not is_right:
                # An entry of a list is named after the list.
                errors = answer.json()["errors"]
                assert all(name.startswith(parameter.name) for name in errors), errors


def texts_around(parameter):
    """Texts at the bounds of a parameter, with whether the contract allows them."""
    schema = inlined(DOCUMENT, parameter.schema)
    if parameter.is_list:
        item = inlined(DOCUMENT, schema["items"])
        one = min((text_of(value) for value, is_right in around(item) if is_right), key=len)
        yield ",".join([one] * schema["maxItems"]), True
        yield ",".join([one] * (schema["maxItems"] + 1)), False
        schema = item
    for value, is_right in around(schema):
        # A parameter without a value is none, and every text is a text.
        if value not in (None, "") and (schema["type"] != "string" or isinstance(value, str)):
            # Which texts are cursors, only the server knows.
            yield text_of(value), is_right and parameter.name != "cursor"


def text_of(value):
    return value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize("operation", WITH_FIELDS.values(), ids=WITH_FIELDS)
def test_a_field_is_taken_up_to_its_bounds(api, operation):
    for name, value, is_right in fields_around(body_of(operation)):
        if JSON in operation.bodies:
            sent = {"json": {name: value}}
        elif isinstance(value, str):
            sent = {"data": {name: value}}
        else:
            continue  # In a form all is text.
        answer = api.request(operation.method, path_to(operation), **sent)
        assert answer.status_code in (401, 404, 422), answer.text
        refused = answer.json().get("errors", {})
        is_named = any(each.partition(".")[0] == name for each in refused)
        assert is_named != is_right, (name, str(value)[:80], refused)


@pytest.mark.parametrize("name", ["products.update_config", "services.update", "services.patch"])
def test_what_is_in_a_free_value_has_its_bounds_too(api, name):
    value = DOCUMENT["x-free-value"]
    wide = {str(number): 0 for number in range(value["maxProperties"] + 1)}
    long = [0] * (value["maxItems"] + 1)
    far = [value["maximum"] + 1, value["minimum"] - 1, "x" * (value["maxLength"] + 1)]
    free = [wide, long, *far, {"deep": [*far]}]
    if name == "products.update_config":
        wrong = [{"free": each} for each in free]
    else:
        wrong = [{"data": each} for each in (wide, long, [far], *({"free": each} for each in free))]
    for body in wrong:
        answer = api.request(OPERATIONS[name].method, path_to(OPERATIONS[name]), json=body)
        assert answer.status_code == 422, answer.text
        (field,) = body
        assert any(each.partition(".")[0] == field for each in answer.json()["errors"])


@pytest.mark.parametrize("operation", WITH_BODY.values(), ids=WITH_BODY)
def test_what_is_required_is_asked_for(api, operation):
    surplus = sending(operation, {"surplus": 1})
    answer = api.request(operation.method, path_to(operation), **surplus)
    required = {name for part in parts_of(body_of(operation))
                for name in part.get("required", ())}  # fmt: skip
    assert answer.json().get("errors", {}).keys() == required


@pytest.mark.parametrize("operation", IN_JSON.values(), ids=IN_JSON)
def test_a_body_is_an_object(api, operation):
    answer = api.request(operation.method, path_to(operation), json=[STRANGE])
    assert answer.status_code == 422, answer.text


def body_of(operation):
    """The schema of a body in JSON; as a form, where it can be nothing else."""
    return operation.bodies.get(JSON) or next(iter(operation.bodies.values()))


def parts_of(schema):
    schema = inlined(DOCUMENT, schema)
    return [schema, *(part for each in schema.get("allOf", ()) for part in parts_of(each))]


def fields_around(schema):
    """The fields of a body, each with values at its bounds, and whether these are allowed."""
    for part in parts_of(schema):
        for name, field in part.get("properties", {}).items():
            yield from ((name, *each) for each in around(inlined(DOCUMENT, field)))


def around(schema):
    """Values at the bounds of a schema, and one step beyond, with whether they are allowed."""
    if "x-presence" in schema:
        return
    if is_nullable(schema):
        yield None, True
    if "x-types" in schema:
        yield from (({}, True), ([], True), (STRANGE, False))
        return
    yield from _AROUND[schema["type"]](schema)


def around_text(schema):
    if "enum" in schema:
        yield from ((value, True) for value in schema["enum"])
        yield "nothing_of_these", False
        return
    if "example" in schema:
        yield schema["example"], True
    is_free = "pattern" not in schema and schema.get("format") not in FORMATS - {"safe-html"}
    if schema.get("format") == "date":
        yield from (("2026-02-28", True), ("2026-02-30", False))
    if schema.get("format") in FORMATS - {"safe-html"}:
        yield STRANGE, False
    if schema.get("format") == "safe-html":
        yield "<script></script>", False
    if "pattern" in schema:
        wrong = (each for each in (STRANGE, "<b>", " ") if not re.search(schema["pattern"], each))
        # A blank text is null, where there may be none.
        yield from ((each, False) for each in wrong if each.strip() or not is_nullable(schema))
    if "maxLength" in schema:
        if is_free:
            yield "x" * schema["maxLength"], True
        yield "x" * (schema["maxLength"] + 1), False
    if schema.get("minLength", 0) > 1:
        yield "x" * (schema["minLength"] - 1), False
    yield [STRANGE], False


def around_number(schema):
    step = 10 ** -schema.get("x-decimals", 0)
    yield from ((schema[bound], True) for bound in ("minimum", "maximum"))
    yield schema["minimum"] - step, False
    yield schema["maximum"] + step, False
    yield STRANGE, False
    if "x-decimals" in schema:
        yield step / 10, False


def around_boolean(schema):
    yield from ((True, True), ("0", True), (STRANGE, False))


def around_list(schema):
    yield STRANGE, False
    items = list(around(inlined(DOCUMENT, schema["items"])))
    yield from (([value], is_right) for value, is_right in items)
    right = next((value for value, is_right in items if is_right and value is not None), None)
    if right is not None:
        yield [right] * (schema["maxItems"] + 1), False


def around_object(schema):
    yield STRANGE, False


_AROUND = {
    "string": around_text, "integer": around_number, "number": around_number,
    "boolean": around_boolean, "array": around_list, "object": around_object,
}  # fmt: skip
