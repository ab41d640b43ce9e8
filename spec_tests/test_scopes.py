"""The matrix of operations and permissions, with the document as oracle."""

import re

import pytest

from app.contract import contract
from spec_tests.asking import PICTURE, path_to, sending
from spec_tests.conftest import Target, open_api
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
# Keys are managed through the API by this server only.
PUBLISHED |= {f"api_keys:{verb}": {f"api_keys.{verb}"} for verb in ("create", "delete", "rotate")}
PUBLISHED["api_keys:index"] = {"api_keys.index", "api_keys.show"}
PUBLISHED["api_keys:update"] = {"api_keys.update", "api_keys.patch"}
PUBLISHED["products:index"] |= {"products.show_config"}
PUBLISHED["products:update"] |= {"products.update_config", "products.upload_image"}
PUBLISHED["groups:update"] |= {"groups.upload_image"}
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


def only_files(operation):
    """The body of an operation that takes nothing but files."""
    is_upload = operation.bodies.keys() == {"multipart/form-data"}
    return sending(operation, {}, image=PICTURE) if is_upload else {}


@pytest.fixture(scope="module")
def statuses(target):
    """A function from a key to what each operation answers to it."""

    def ask(key):
        with open_api(target, key) as api:
            return {
                operation.id: api.request(
                    operation.method, path_to(operation), **only_files(operation)
                ).status_code
                for operation in SECURED
            }

    return ask


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_permission_opens_exactly_the_operations_that_name_it(statuses, token, permission):
    found = statuses(token(permission))
    for operation in SECURED:
        opened = permission == "*" or permission in operation.scopes
        assert found[operation.id] in ({200, 404, 422} if opened else {403}), operation.id


def test_two_permissions_open_what_each_of_them_opens(statuses, token):
    both = statuses(token("groups:index", "pricings:delete"))
    opened = {name for name, status in both.items() if status != 403}
    assert opened == {"groups.index", "groups.show", "pricings.delete"}


def test_a_permission_without_a_meaning_opens_nothing(statuses, target, token):
    # No operation asks for it, as services are made by orders.
    key = target.limited_key or token("services:create")
    assert set(statuses(key).values()) == {403}


def test_any_key_may_ask_who_it_is(target, token):
    with open_api(target, token("services:create")) as api:
        assert api.get("/application/me").status_code == 200
    with open_api(target, "") as nobody:
        assert nobody.get("/application/me").status_code == 401


def test_no_key_opens_nothing(statuses):
    assert set(statuses("").values()) == {401}


def test_the_older_names_are_those_that_the_document_lists():
    told = contract().document["components"]["securitySchemes"]["bearer"]["description"]
    told = told[told.index("older names") :].replace("\n", " ")
    older, newer = (re.findall("`([^`]+)`", part) for part in told.split(" mean "))
    assert dict(zip(older, newer, strict=True)) == OLDER_FORMS


OLDER_FORMS = {
    "X:store": "X:create", "statistics": "statitics", "hearth": "health",
    "pricing:Y": "pricings:Y", "services:terminate": "services:expire",
}  # fmt: skip


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
def test_an_older_name_opens_what_the_published_one_does(statuses, token, older, canonical):
    assert statuses(token(older)) == statuses(token(canonical))


@pytest.mark.own
def test_a_key_that_was_made_with_an_older_name_opens_the_same(server, session):
    """A token is given under the published name. Old keys are not."""
    key = a_key(session, "pricing:store", "hearth")
    for operation in SECURED:
        with open_api(Target(server.url, key, is_own=True)) as api:
            status = api.request(operation.method, path_to(operation)).status_code
        assert (status != 403) == (operation.id in ("pricings.create", "health.show"))


# ── Includes ──────────────────────────────────────────────────────────────────

# What an include adds of another resource needs the permission to read that resource. All other
# includes add what belongs to the item alone, or what the operation shows without them.
OF_OTHERS = {
    "customers": {f"services{end}": "services" for end in ("", "Count", "Exists")},
    "products": {
        "group": "groups",
        **{f"pricing{end}": "pricings" for end in ("", "Count", "Exists")},
    },
    "groups": {},
    "services": {
        "customer": "customers",
        **{f"pricing{end}": "pricings" for end in ("", "Count", "Exists")},
    },
}
INCLUDES = {
    f"{operation.id} {name}={value}": (operation, {name: value})
    for operation in SECURED
    for name, values in [
        *((each.name, each.schema["items"]["enum"])
          for each in operation.query if each.name == "include"),
        *((each.name, ["1"]) for each in operation.query if each.name == "pricing"),
    ]
    for value in values
}  # fmt: skip


def needed_by(operation, query):
    """The permissions of which one is needed for an include, by the table above."""
    name = query.get("include", "pricing")
    other = OF_OTHERS[operation.id.partition(".")[0]].get(name)
    return [f"{other}:index", f"{other}:show"] if other else []


@pytest.mark.parametrize(("operation", "query"), INCLUDES.values(), ids=INCLUDES)
def test_an_include_needs_a_permission_of_what_it_adds(target, token, operation, query):
    own, needed = operation.scopes[0], needed_by(operation, query)

    def ask(*permissions):
        with open_api(target, token(*permissions)) as api:
            return api.get(path_to(operation), params=query)

    others = [each for each in PERMISSIONS if each not in ("*", *needed)]
    assert (ask(own).status_code == 403) == bool(needed)
    assert (ask(*others).status_code == 403) == bool(needed)
    for keys in (["*"], *([own, each] for each in needed)):
        assert ask(*keys).status_code in (200, 404), keys


REFUSED = {name: include for name, include in INCLUDES.items() if needed_by(*include)}


@pytest.mark.parametrize(("operation", "query"), REFUSED.values(), ids=REFUSED)
def test_a_refused_include_is_named_with_its_permission(target, token, operation, query):
    needed = needed_by(operation, query)
    include = f"include={query['include']}" if "include" in query else "pricing"
    with open_api(target, token(operation.scopes[0])) as api:
        answer = api.get(path_to(operation), params=query)
    assert answer.status_code == 403
    assert answer.json()["type"] == "/api/problems/insufficient-scope"
    assert answer.json()["detail"] == (
        f"The parameter {include} needs the permission {needed[0]} or {needed[1]}."
    )
    assert f'scope="{needed[0]}"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("spelling", ["include[]", "include[0]", "include"])
def test_one_include_among_others_is_found_in_every_spelling(target, token, spelling):
    with open_api(target, token("services:index", "pricings:show")) as api:
        allowed = api.get("/application/services", params={spelling: ["metadata", "pricing"]})
        refused = api.get("/application/services", params={spelling: ["metadata", "customer"]})
    assert (allowed.status_code, refused.status_code) == (200, 403)
    assert "include=customer " in refused.json()["detail"]


@pytest.mark.own
def test_an_older_name_of_a_permission_is_enough_for_an_include(server, session):
    key = a_key(session, "products:index", "pricing:show")
    with open_api(Target(server.url, key, is_own=True)) as api:
        for query in ({"include": "pricing"}, {"pricing": "1"}):
            assert api.get("/application/products", params=query).status_code == 200
        assert api.get("/application/products", params={"include": "group"}).status_code == 403
