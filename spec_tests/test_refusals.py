"""Every refusal that an operation declares is given, and nothing is changed by it."""

from datetime import UTC, datetime, timedelta

import pytest

from app.contract import contract
from app.usecases.api_keys import revoke
from models import PersonalAccessToken
from spec_tests.asking import NOWHERE_UUID, PICTURE, path_to, sending
from spec_tests.conftest import Target, open_api
from tests.factories import a_key
from tests.keys import number

pytestmark = pytest.mark.once

DOCUMENT = contract().document
OPERATIONS = contract().operations
SECURED = {each.id: each for each in OPERATIONS.values() if each.needs_key}


def declaring(status):
    """The operations that declare a status; each is asked for something that does not exist."""
    found = {each.id: each for each in OPERATIONS.values() if status in each.responses}
    return pytest.mark.parametrize("operation", found.values(), ids=found)


def check(answer, status):
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert contract().validator({"$ref": "#/components/schemas/Problem"}).accepts(problem)


@declaring(400)
def test_a_query_that_cannot_be_read_is_refused(api, operation):
    check(api.request(operation.method, f"{path_to(operation)}?x=%FF"), 400)


@pytest.mark.parametrize("operation", SECURED.values(), ids=SECURED)
def test_a_request_without_a_key_is_refused(target, operation):
    with open_api(target, "") as nobody:
        answer = nobody.request(operation.method, path_to(operation))
    check(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("key", ["1|unknown", "nothing", "|", "999999999999|x"])
def test_an_unknown_key_is_refused(target, key):
    with open_api(target, key) as stranger:
        check(stranger.get("/application/health"), 401)


@pytest.mark.own
@pytest.mark.parametrize("operation", SECURED.values(), ids=SECURED)
def test_a_key_that_has_ended_or_was_revoked_is_refused(server, session, operation):
    ended = a_key(session, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    revoked = a_key(session)
    revoke(session, session.get(PersonalAccessToken, number(revoked)))
    session.commit()
    for key in (ended, revoked):
        with open_api(Target(server.url, key, is_own=True)) as api:
            check(api.request(operation.method, path_to(operation)), 401)


WITH_SCOPE = {name: each for name, each in SECURED.items() if each.scopes}


@pytest.mark.parametrize("operation", WITH_SCOPE.values(), ids=WITH_SCOPE)
def test_a_key_without_the_permission_is_refused(target, limited, operation):
    with open_api(target, limited(operation)) as api:
        answer = api.request(operation.method, path_to(operation))
    check(answer, 403)
    assert operation.scopes[0] in answer.json()["detail"]


@pytest.mark.own
@declaring(403)
def test_a_key_for_other_networks_is_refused(server, session, operation):
    key = a_key(session, allowed_networks=["192.0.2.0/24"])
    with open_api(Target(server.url, key, is_own=True)) as api:
        answer = api.request(operation.method, path_to(operation))
    check(answer, 403)
    assert answer.json()["type"] == "/api/problems/address-not-allowed"


@declaring(404)
def test_an_id_that_nothing_has_is_refused(api, operation):
    body = sending(operation, {}, image=PICTURE)
    check(api.request(operation.method, path_to(operation), **body), 404)


def test_a_uuid_that_no_service_has_is_refused(api):
    check(api.get(f"/application/services/{NOWHERE_UUID}"), 404)


@declaring(406)
def test_a_form_of_answer_that_does_not_exist_is_refused(api, operation):
    headers = {"Accept": "image/png"}
    check(api.request(operation.method, path_to(operation), headers=headers), 406)


@declaring(413)
def test_a_body_that_is_too_large_is_refused(api, operation):
    content = b" " * (contract().body_limit + 1)
    media_type = next(iter(operation.bodies))
    answer = api.request(
        operation.method,
        path_to(operation),
        content=content,
        headers={"Content-Type": media_type},
    )
    check(answer, 413)


@declaring(415)
def test_a_body_in_another_form_is_refused(api, operation):
    headers = {"Content-Type": "text/csv"}
    answer = api.request(operation.method, path_to(operation), content=b"a;b", headers=headers)
    check(answer, 415)


WRONG = {
    "name": [], "email": [], "monthly": "x", "reason": [1], "force": "x", "notify": "x",
    "type": [], "status": "x", "cores": 2**63, "overlap": -1, "image": "",
    "grant_type": "x" * 5000,
}  # fmt: skip


@declaring(422)
def test_a_body_of_wrong_values_is_refused(api, operation):
    # Of each body a field or two, with values that no spelling makes right.
    answer = api.request(operation.method, path_to(operation), **sending(operation, WRONG))
    check(answer, 422)
    assert answer.json()["errors"]


def test_a_client_that_nobody_knows_gets_no_token(api):
    for client in ({"client_id": "1", "client_secret": "nothing"}, {}):
        answer = api.post("/oauth/token", data={"grant_type": "client_credentials", **client})
        check(answer, 401)
        assert answer.json()["error"] == "invalid_client"
