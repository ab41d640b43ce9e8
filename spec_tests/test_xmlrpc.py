"""XML-RPC gives every operation of the contract, with the values and the scopes of REST."""

import json

import pytest

from app.contract import contract
from app.xmlrpc.introspection import SYSTEM
from spec_tests.recording import same_every_time
from spec_tests.test_examples import parameter_examples
from tests.factories import a_key
from tests.http import request
from tests.rpc import ask

pytestmark = pytest.mark.own
OPERATIONS = contract().operations
READS = {each.id: each for each in OPERATIONS.values() if each.method == "get"}
SECURED = {each.id: each for each in OPERATIONS.values() if each.scopes}


def in_a_query(value):
    return value if isinstance(value, str) else json.dumps(value)


def as_text(value):
    """Numbers of more than 32 bits travel as text."""
    if isinstance(value, dict):
        return {name: as_text(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    is_large = type(value) is int and not -(2**31) <= value < 2**31
    return str(value) if is_large else value


@pytest.mark.parametrize("operation", READS.values(), ids=READS)
def test_a_read_returns_the_value_that_rest_answers_with(server, demo, operation):
    key = a_key(demo)
    ids = dict(parameter_examples(operation, "path"))
    members = [("per_page", 5)] if operation.id.endswith(".index") else []
    members += parameter_examples(operation, "query")
    for query in [{}, *({name: value} for name, value in members)]:
        text = {name: ",".join(map(in_a_query, each)) if isinstance(each, list) else each
                for name, each in query.items()}  # fmt: skip
        answer = request(
            "GET",
            f"{server.url}/api{operation.path.format(**ids)}",
            params=text,
            headers={"Authorization": f"Bearer {key}"},
        )
        assert answer.status_code == 200, answer.text
        found = ask(server, key, operation.id, {**ids, **query})
        assert same_every_time(found) == same_every_time(as_text(answer.json())), query


def test_every_method_is_listed_and_explained(server, demo):
    key = a_key(demo, "nothing")
    methods = ask(server, key, "system.listMethods")
    assert set(methods) == {*OPERATIONS, *SYSTEM}
    for method in methods:
        text = ask(server, key, "system.methodHelp", method)
        assert text.partition("\n")[0].endswith(".")
        signatures = ask(server, key, "system.methodSignature", method)
        assert all(set(each) <= {"struct", "array", "string"} for each in signatures)
    for operation in OPERATIONS.values():
        text = ask(server, key, "system.methodHelp", operation.id)
        for name in (*operation.path_parameters, *(each.name for each in operation.query)):
            assert f"- {name} (" in text


@pytest.mark.parametrize("operation", SECURED.values(), ids=SECURED)
def test_a_method_needs_the_permission_of_its_operation(server, session, operation):
    keys = {scope: a_key(session, scope) for scope in (*operation.scopes, "nothing")}
    members = dict.fromkeys(operation.path_parameters, 999_999)
    refused, (text, *_) = ask(server, keys.pop("nothing"), operation.id, members)
    assert refused == 403
    assert operation.scopes[0] in text
    assert ask(server, None, operation.id, members)[0] == 401
    for key in keys.values():
        answer = ask(server, key, operation.id, members)
        assert not isinstance(answer, tuple) or answer[0] in (404, 422), answer
