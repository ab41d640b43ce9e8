"""The matrix of operations and permissions, with the document as oracle."""

import httpx
import pytest

from app.contract import contract
from tests.factories import a_key

PERMISSIONS = list(contract().permissions)
SECURED = [operation for operation in contract().operations.values() if operation.scopes]


RESOURCES = ("customers", "products", "groups", "pricings")
# The published list of permissions, and what each of them is for.
PUBLISHED = {
    "health": {"health.show"},
    "license": {"license.show"},
    "statitics": {"statistics.show"},
    **{f"{each}:index": {f"{each}.index", f"{each}.show"} for each in (*RESOURCES, "services")},
    **{f"{each}:create": {f"{each}.create"} for each in RESOURCES},
    **{f"{each}:update": {f"{each}.update", f"{each}.patch"} for each in (*RESOURCES, "services")},
    **{f"{each}:delete": {f"{each}.delete"} for each in (*RESOURCES, "services")},
    "services:expire": {"services.expire", "services.expire_by_delete"},
    "services:suspend": {"services.suspend", "services.suspend_by_put"},
    "services:unsuspend": {"services.unsuspend", "services.unsuspend_by_put"},
}
PUBLISHED["products:index"] |= {"products.show_config"}
PUBLISHED["products:update"] |= {"products.update_config"}
PUBLISHED["customers:update"] |= {
    f"customers.{action}" for action in ("confirm", "resend_confirmation", "send_password",
                                         "suspend", "ban", "reactivate", "disable2FA")
}  # fmt: skip


@pytest.mark.parametrize("permission", PUBLISHED)
def test_a_published_permission_is_for_what_it_was_published_for(permission):
    opened = {operation.id for operation in SECURED if permission in operation.scopes}
    assert opened == PUBLISHED[permission]


def test_every_operation_has_a_published_permission():
    assert set().union(*PUBLISHED.values()) == {operation.id for operation in SECURED}


@pytest.fixture(scope="module")
def http(server):
    with httpx.Client(base_url=f"{server.url}/api") as http:
        yield http


def call(http, operation, key=None):
    path = operation.path.partition("{")[0] + ("999999" if "{" in operation.path else "")
    path += operation.path.partition("}")[2]
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return http.request(operation.method, path, headers=headers)


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_permission_opens_exactly_the_operations_that_name_it(http, session, permission):
    key = a_key(session, permission)
    for operation in SECURED:
        opened = permission == "*" or permission in operation.scopes
        answer = call(http, operation, key)
        assert (answer.status_code != 403) == opened, operation.id
        assert answer.status_code in ({200, 404, 422} if opened else {403}), operation.id


def test_a_key_without_permissions_opens_nothing(http, session):
    key = a_key(session, "nothing")
    assert {call(http, operation, key).status_code for operation in SECURED} == {403}


def test_no_key_opens_nothing(http):
    assert {call(http, operation).status_code for operation in SECURED} == {401}


@pytest.mark.parametrize(
    ("older", "canonical"),
    [
        *((f"{each}:store", f"{each}:create") for each in RESOURCES),
        *((f"pricing:{verb}", f"pricings:{verb}") for verb in ("index", "show", "update")),
        ("pricing:store", "pricings:create"),
        ("pricing:delete", "pricings:delete"),
        ("statistics", "statitics"),
        ("hearth", "health"),
        ("services:terminate", "services:expire"),
    ],
)
def test_an_older_name_opens_what_the_published_one_does(http, session, older, canonical):
    first, second = a_key(session, older), a_key(session, canonical)
    for operation in SECURED:
        statuses = [call(http, operation, key).status_code for key in (first, second)]
        assert statuses[0] == statuses[1], operation.id
