"""Every example of the contract is true: sent as written, it is answered as written."""

import re
from dataclasses import replace

import pytest
from openapi_spec_validator import validate
from sqlalchemy.exc import IntegrityError, OperationalError

from app.contract import contract
from app.jsonschema import inlined
from app.pipeline.problems import KINDS, Problem, document, translate
from models.errors import InDoubt
from models.sentence import say
from spec_tests.recording import as_text, recorded, same_every_time
from tests.conftest import run
from tests.factories import a_key
from tests.http import open_client

pytestmark = pytest.mark.own
DOCUMENT = contract().document
OPERATIONS = contract().operations
LISTS = {each.id: each for each in OPERATIONS.values() if each.id.endswith(".index")}
AGAIN = {each.id: each for each in OPERATIONS.values() if each.headers}
SITE = "https://panel.example"
ARRIVES_LATE = "A request has to arrive within {limit} s."


def example(kind, operation, content):
    """The example that an operation has in a body or answer; an alias shares that of another."""
    verb = operation.id.partition(".")[2].replace("patch", "update").partition("_by_")[0]
    written = next(iter(content.values())).get("examples", {})
    assert verb in written, f"{kind} of {operation.id} has no example"
    return inlined(DOCUMENT, written[verb])["value"]


def written(operation):
    """The operation, its parameters and its success, as the document writes them."""
    found = DOCUMENT["paths"][operation.path][operation.method]
    answer = inlined(DOCUMENT, found["responses"][str(operation.success.status)])
    shared = DOCUMENT["paths"][operation.path].get("parameters", [])
    parameters = [inlined(DOCUMENT, each) for each in (*shared, *found.get("parameters", []))]
    return found, parameters, answer


def parameter_examples(operation, place):
    for parameter in written(operation)[1]:
        for key in ("example", "x-example"):
            if parameter["in"] == place and key in parameter:
                yield parameter["name"], parameter[key]


@pytest.fixture
def http(server, demo):
    """A client whose key may do everything in the demo shop."""
    headers = {"Authorization": f"Bearer {a_key(demo)}", "X-Forwarded-Proto": "https"}
    with recorded(open_client(f"{server.url}/api", headers=headers)) as http:
        http.headers["Host"] = "panel.example"
        yield http


def send(http, operation, answered, write=None):
    """Send the request of an example. A list is asked with the query its own answer shows.

    With `write`, bodies that may be JSON are XML: it is a function from a schema and a value.
    """
    path = operation.path.format(**dict(parameter_examples(operation, "path")))
    # A read has one example for all its callers: without what it may add.
    query = dict(parameter_examples(operation, "query")) if operation.method != "get" else None
    if operation.id in LISTS:
        links = answered["links"]
        first = links["first"] if "meta" in answered else answered["first_page_url"]
        path = first.removeprefix(f"{SITE}/api")
    found = written(operation)[0]
    body = found.get("requestBody") or found.get("x-request-body") or {}
    content = inlined(DOCUMENT, body).get("content")
    if not content:
        return http.request(operation.method, path, params=query)
    body = example("the body", operation, content)
    if "client_secret" in body:
        number, _, secret = http.headers["Authorization"].partition(" ")[2].partition("|")
        body = {**body, "client_id": number, "client_secret": secret}
        return http.request(operation.method, path, data=body)
    if "image" in body:
        files = {name: (f"{name}.svg", text) for name, text in body.items()}
        return http.request(operation.method, path, files=files)
    if write:
        headers = {"Content-Type": "application/xml"}
        body = write(operation.bodies["application/xml"], body)
        return http.request(operation.method, path, content=body, headers=headers)
    return http.request(operation.method, path, json=body)


def test_the_document_is_valid_openapi():
    validate(DOCUMENT)


def schemas_with_examples(node, path=""):
    if isinstance(node, dict):
        if "example" in node and ("type" in node or "allOf" in node):
            yield pytest.param(node, id=path)
        for name, item in node.items():
            if name != "example":
                yield from schemas_with_examples(item, f"{path}.{name}")


@pytest.mark.parametrize("schema", list(schemas_with_examples(DOCUMENT)))
def test_the_example_of_a_schema_fits_it(schema):
    assert not list(contract().validator(schema).errors(schema["example"]))


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_an_operation_answers_its_example_with_its_example(http, operation):
    if operation.success.schema is None:
        answer = send(http, operation, None)
        assert (answer.status_code, answer.content) == (operation.success.status, b"")
        return
    expected = example("the answer", operation, written(operation)[2]["content"])
    answer = send(http, operation, expected)
    assert answer.status_code == operation.success.status, answer.text
    assert same_every_time(answer.json()) == same_every_time(expected)


@pytest.mark.parametrize("operation", AGAIN.values(), ids=AGAIN)
def test_what_creates_is_answered_once_and_again(http, operation):
    http.headers["Idempotency-Key"] = "7e4a2f0c-5d0e-4b8e-9f57-3f0a7f4f9d11"
    expected = example("the answer", operation, written(operation)[2]["content"])
    first, second = (send(http, operation, expected) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second.headers["idempotency-replayed"] == "true"


def found_by_example(http, operation):
    """What a list finds with the example of each of its parameters alone."""
    for name, value in parameter_examples(operation, "query"):
        text = as_text(value)
        answer = http.get(operation.path, params={name: text})
        assert answer.status_code == 200, answer.text
        yield name, text, answer.json()["data"]


@pytest.mark.parametrize("operation", LISTS.values(), ids=LISTS)
def test_a_filter_finds_what_its_example_says_and_nothing_else(http, operation):
    for name, text, items in found_by_example(http, operation):
        if name.startswith("filter[") and name != "filter[updated_at]":
            assert all(text.lower() in str(item[name[7:-1]]).lower() for item in items), name


def test_the_example_of_a_list_parameter_finds_something_in_some_list(http):
    found = {}
    for operation in LISTS.values():
        for name, _, items in found_by_example(http, operation):
            found[name] = found.get(name, False) or bool(items)
    nowhere = {name for name, is_found in found.items() if not is_found}
    # The demo shop asks for few setup fees.
    assert {name for name in nowhere if not name.startswith("filter[setup_")} == set()


# How to get each problem, but for the two that no request can cause.
PROVOKED = {
    "BadRequest": {"method": "GET", "url": "/application/products?per_page=5000"},
    "Unauthenticated": {
        "method": "GET",
        "url": "/application/products",
        "headers": {"Authorization": "Bearer 1|nothing"},
    },
    "NotFound": {"method": "GET", "url": "/application/products/999"},
    "Conflict": {"method": "DELETE", "url": "/application/groups/10"},
    "ServiceConflict": {"method": "POST", "url": "/application/services/18/unsuspend"},
    "PayloadTooLarge": {
        "method": "POST",
        "url": "/application/products",
        "content": b" " * (contract().body_limit + 1),
        "headers": {"Content-Type": "application/json"},
    },
    "UnsupportedMediaType": {
        "method": "POST",
        "url": "/application/pricings",
        "content": b"id;price",
        "headers": {"Content-Type": "text/csv"},
    },
    "Unprocessable": {
        "method": "POST",
        "url": "/application/pricings",
        "json": {"related_id": 3, "related_type": "product", "monthly": -1},
    },
    "TokenRefused": {
        "method": "POST",
        "url": "/oauth/token",
        "data": {"grant_type": "password"},
        "auth": ("1", "nothing"),
    },
    "InvalidClient": {
        "method": "POST",
        "url": "/oauth/token",
        "data": {"grant_type": "client_credentials", "client_id": "1", "client_secret": "nothing"},
    },
}


def problem_example(name):
    response = DOCUMENT["components"]["responses"][name]
    return response["content"]["application/problem+json"]["example"]


@pytest.mark.parametrize("name", PROVOKED)
def test_the_example_of_a_problem_is_that_problem(http, name):
    answer = http.request(**PROVOKED[name])
    assert answer.headers["content-type"] == "application/problem+json"
    assert same_every_time(answer.json()) == same_every_time(problem_example(name))


def test_the_example_of_a_missing_permission_is_that_problem(http, demo):
    headers = {"Authorization": f"Bearer {a_key(demo, 'groups:index')}"}
    answer = http.get("/application/products", headers=headers)
    assert answer.json() == problem_example("Forbidden")


def test_the_example_of_an_exhausted_limit_is_that_problem(server, demo):
    for limited in run(replace(server.settings, rate_limit=1)):
        headers = {"Authorization": f"Bearer {a_key(demo)}"}
        with recorded(open_client(f"{limited.url}/api", headers=headers)) as http:
            answers = [http.get("/application/health").json() for _ in range(2)]
        without_numbers = [re.sub(r"\d+ [rs]", "", str(each)) for each in
                           (answers[1], problem_example("TooManyRequests"))]  # fmt: skip
        assert without_numbers[0] == without_numbers[1]


def test_the_examples_of_the_servers_own_problems_are_those_problems():
    for name, error in (
        ("ServerError", RuntimeError()),
        ("ServerError", IntegrityError("", {}, Exception("not what was expected"))),
        ("RequestTimeout", Problem("request-timeout", say(ARRIVES_LATE, limit=30))),
        ("Unavailable", OperationalError("", {}, Exception("busy"))),
    ):
        problem = document(translate(error), "/api/application/products")
        assert problem == problem_example(name)


def test_a_change_in_doubt_is_as_unavailable_as_the_database():
    problem = document(translate(InDoubt()), "/api/application/products")
    assert problem["type"] == "/api/problems/in-doubt"
    assert problem["status"] == problem_example("Unavailable")["status"]
    assert translate(InDoubt()).headers["Retry-After"] == "1"


def test_every_problem_has_an_example_of_a_known_kind():
    for name, response in DOCUMENT["components"]["responses"].items():
        if "application/problem+json" in response.get("content", {}):
            kind = KINDS[problem_example(name)["type"].rpartition("/")[2]]
            assert problem_example(name)["title"] == kind.title
            # A token is refused with 401 or 400 (RFC 6749 section 5.2).
            is_of_tokens = kind is KINDS["token-refused"]
            assert is_of_tokens or problem_example(name)["status"] == kind.status
