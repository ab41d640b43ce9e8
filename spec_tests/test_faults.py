"""Servers in trouble, made on purpose: whatever is asked, they say so as the contract declares."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from app.contract import contract
from spec_tests.asking import path_to
from spec_tests.conftest import Target, open_api, with_demo
from spec_tests.recording import Halting
from tests.conftest import run, serving
from tests.factories import a_key
from tests.settings import RATE_LIMIT, unhurried

pytestmark = pytest.mark.own
OPERATIONS = contract().operations
SECURED = {each.id: each for each in OPERATIONS.values() if each.needs_key}


def ask(api, key, operation):
    """Call an operation so that all it needs is the database."""
    if operation.id == "oauth.token":
        number, _, secret = key.partition("|")
        form = {"client_id": number, "client_secret": secret}
        return api.post("/oauth/token", data={"grant_type": "client_credentials", **form})
    body = {"json": {}} if operation.bodies else {}
    return api.request(operation.method, path_to(operation), **body)


def check(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert not {"Traceback", "sqlalchemy", "psycopg"} & {*answer.text.split()}


@pytest.fixture(scope="module")
def unreachable(tmp_path_factory):
    """A server whose database does not answer: nobody listens on port 1."""
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    with serving(unhurried(tmp_path_factory.mktemp("unreachable"), database_url=nowhere)) as url:
        yield Target(url, "1|nothing", is_own=True)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_without_its_database_a_server_is_unavailable(unreachable, operation):
    with open_api(unreachable) as api:
        answer = ask(api, unreachable.key, operation)
    check(answer, 503)
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_key_that_was_damaged_in_the_database_is_a_mistake_of_the_server(
    server, session, operation
):
    key = a_key(session)
    session.execute(text("UPDATE personal_access_tokens SET abilities = '5'"))
    session.commit()
    with open_api(Target(server.url, key, is_own=True)) as api:
        check(ask(api, key, operation), 500)


@pytest.mark.parametrize(
    ("resource", "damage"),
    {
        "products": "type = 'teapot'",
        "groups": "status = 'odd'",
        "pricings": "currency = 'XXX'",
        "services": "status = 'odd'",
    }.items(),
)
def test_a_row_that_breaks_the_contract_is_not_shown(server, demo, resource, damage):
    key = a_key(demo)
    demo.execute(text(f"UPDATE {resource} SET {damage} WHERE id = 3"))
    demo.commit()
    with open_api(Target(server.url, key, is_own=True)) as api:
        check(api.get(f"/application/{resource}"), 500)
        check(api.get(f"/application/{resource}/3"), 500)
        assert api.get(f"/application/{resource}/4").status_code == 200


def test_a_key_that_asks_too_often_waits(server, session):
    key = a_key(session)
    for limited in run(replace(server.settings, rate_limit=1)):
        with open_api(Target(limited.url, key, is_own=True)) as api:
            first, *others = SECURED.values()
            assert ask(api, key, first).status_code == 200
            for operation in (*others, first, SECURED["health.show"]):
                answer = ask(api, key, operation)
                check(answer, 429)
                assert int(answer.headers["retry-after"]) > 0
                assert answer.headers["x-ratelimit-remaining"] == "0"
            # A token is granted to a key, and so it is a request of that key.
            check(api.post("/oauth/token", data=grant(key)), 429)


def grant(key, **others):
    """The form that trades a key for a token."""
    number, _, secret = key.partition("|")
    return {
        "grant_type": "client_credentials",
        "client_id": number,
        "client_secret": secret,
        **others,
    }


def test_a_token_that_may_do_more_than_its_key_is_refused_and_counted(server, session):
    key = a_key(session, "products:index")
    with open_api(Target(server.url, key, is_own=True)) as api:
        answer = api.post("/oauth/token", data=grant(key, scope="customers:index"))
        check(answer, 400)
        assert answer.headers["x-ratelimit-remaining"]


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    """A server that waits for one second until a request is there."""
    folder = tmp_path_factory.mktemp("impatient")
    yield from with_demo(unhurried(folder, rate_limit=RATE_LIMIT, request_timeout=1))


def test_a_body_of_which_half_arrives_is_not_waited_for(impatient):
    def halt(operation):
        headers = {"Content-Type": next(iter(operation.bodies))}
        with open_api(impatient, transport=Halting()) as api:
            return api.request(operation.method, path_to(operation), content="{}", headers=headers)

    taking = [each for each in OPERATIONS.values() if 408 in each.responses]
    # At once, so that they wait together.
    with ThreadPoolExecutor(len(taking)) as pool:
        for answer in pool.map(halt, taking):
            check(answer, 408)
            assert answer.headers["connection"] == "close"
