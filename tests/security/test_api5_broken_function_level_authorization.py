"""API5:2023, broken function level authorization: no way round the permission of an operation.

The matrix of operations and permissions is in spec_tests/test_scopes.py.
"""

import pytest
from sqlalchemy import func, select

from app.contract import contract
from models.base import Base
from tests.factories import a_key
from tests.http import request
from tests.rpc import ask
from tests.security.shop import OPERATIONS, a_shop, path_to

PERMISSIONS = [each for each in contract().permissions if each != "*"]
SECURED = {each.id: each for each in OPERATIONS.values() if each.scopes}
PATHS = sorted({each.path for each in OPERATIONS.values()})
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "QUERY")


@pytest.mark.parametrize("permission", PERMISSIONS[::4])
def test_by_xml_rpc_a_permission_opens_exactly_what_it_opens_by_rest(server, session, permission):
    key = a_key(session, permission)
    for operation in SECURED.values():
        members = dict.fromkeys(operation.path_parameters, 999_999)
        answer = ask(server, key, operation.id, members)
        code = answer[0] if isinstance(answer, tuple) else 200
        assert (code != 403) == (permission in operation.scopes), operation.id


@pytest.mark.parametrize("path", PATHS)
def test_a_method_that_the_contract_does_not_name_does_nothing(server, session, path):
    declared = {each.method.upper() for each in OPERATIONS.values() if each.path == path}
    ids = a_shop(session)
    operation = next(each for each in OPERATIONS.values() if each.path == path)
    address = f"{server.url}/api{path_to(operation, ids)}"
    headers = {"Authorization": f"Bearer {a_key(session)}"}
    for method in METHODS:
        if method not in declared and not (method == "HEAD" and "GET" in declared):
            answer = request(method, address, headers=headers)
            # What is not a method at all never comes so far.
            assert answer.status_code in (400, 405), (method, path)


@pytest.mark.parametrize("operation", SECURED.values(), ids=SECURED)
def test_a_method_in_a_header_needs_the_permission_of_that_method(server, session, operation):
    """A key that may update must not delete by calling it an update."""
    if operation.method == "get":
        return
    ids = a_shop(session)
    others = [each for each in PERMISSIONS if each not in operation.scopes]
    address = f"{server.url}/api{path_to(operation, ids)}"
    headers = {"Authorization": f"Bearer {a_key(session, *others)}"}
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        disguised = {**headers, name: operation.method.upper()}
        answer = request("POST", address, headers=disguised, params={"_method": operation.method})
        done = {each.id: each for each in SECURED.values() if each.path == operation.path
                and each.method == "post"}  # fmt: skip
        if name == "X-HTTP-Method-Override" or not done:
            assert answer.status_code in (403, 405), name
        assert session.execute(select_count(operation)).scalar() > 0


def select_count(operation):
    """How many things of the kind of an operation are alive."""
    name = operation.path.split("/")[2]
    name = {"api_keys": "personal_access_tokens"}.get(name, name)
    table = Base.metadata.tables.get(name, Base.metadata.tables["services"])
    is_there = table.c.deleted_at.is_(None) if "deleted_at" in table.c else table.c.id > 0
    return select(func.count()).select_from(table).where(is_there)


@pytest.mark.parametrize("spelling", ["/api//application/{}", "/api/./application/{}",
                                      "/API/application/{}",
                                      "/api/application/{};a=1", "/api/application/%70roducts",
                                      "/api/application/{}%2f", "/api/application/{}/.",
                                      "/api/xmlrpc/../application/{}"])  # fmt: skip
def test_another_spelling_of_an_address_is_no_way_round_the_key(server, spelling):
    answer = request("GET", f"{server.url}{spelling.format('products')}")
    assert answer.status_code in (308, 401, 404)


def test_a_token_never_may_do_more_than_its_key(server, session):
    for held in PERMISSIONS[::4]:
        number, _, secret = a_key(session, held).partition("|")
        form = {"grant_type": "client_credentials", "client_id": number, "client_secret": secret}
        for asked in ("*", *PERMISSIONS):
            answer = request("POST", f"{server.url}/api/oauth/token", data={**form, "scope": asked})
            assert answer.is_success == (asked == held), (held, asked)


def includes_of(operation):
    """The parameter `include` of an operation, or None."""
    return next((each for each in operation.query if each.name == "include"), None)


READS = [each for each in SECURED.values() if includes_of(each)]


@pytest.mark.parametrize("operation", READS, ids=lambda each: each.id)
def test_by_xml_rpc_an_include_needs_what_it_needs_by_rest(server, session, operation):
    """The matrix of includes and permissions is in spec_tests/test_scopes.py."""
    ids = a_shop(session)
    members = {name: ids[name] for name in operation.path_parameters}
    own = operation.scopes[0]
    narrow = a_key(session, own)
    for value, scopes in includes_of(operation).permissions().items():
        asked = {**members, "include": [value]}
        answer = ask(server, narrow, operation.id, asked)
        if not scopes:
            assert isinstance(answer, dict), (value, answer)
            continue
        code, (detail,) = answer
        assert code == 403
        assert f"include={value} " in detail
        for scope in scopes:
            assert scope in detail
            assert isinstance(ask(server, a_key(session, own, scope), operation.id, asked), dict)


def test_services_do_not_show_customers_to_a_key_for_services(server, session):
    ids = a_shop(session)
    for held, is_shown in (("services:index", False), ("customers:show", True)):
        key = a_key(session, "services:index", held)
        answer = request("GET", f"{server.url}/api/application/services?include=customer",
                         headers={"Authorization": f"Bearer {key}"})  # fmt: skip
        assert answer.status_code == (200 if is_shown else 403)
        assert ('"address"' in answer.text) == is_shown
    refused = ask(server, a_key(session, "services:index"), "services.show",
                  {"service_id": ids["service_id"], "include": "customer"})  # fmt: skip
    assert refused[0] == 403
