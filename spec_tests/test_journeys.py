"""The journeys of integrators, along the links that the document has between operations."""

import re
from itertools import count
from time import time

import pytest

from app.contract import contract
from app.jsonschema import inlined
from spec_tests.asking import path_to, whole
from spec_tests.conftest import open_api
from spec_tests.recording import SEEN, examples, operation_at
from tests.waiting import wait_until

DOCUMENT = contract().document
OPERATIONS = contract().operations
numbers = count(int(time() * 1000))


def links_of(answer):
    """The links that the document gives to an answer, by name."""
    operation = operation_at(answer.request.method, answer.request.url.path)
    written = DOCUMENT["paths"][operation.path][operation.method]
    response = inlined(DOCUMENT, written["responses"][str(answer.status_code)])
    return {name: inlined(DOCUMENT, link) for name, link in response.get("links", {}).items()}


def value_of(expression, answer):
    """The value of a runtime expression (OpenAPI 3.0.3, section 4.7.20.2); all else is itself."""
    if not str(expression).startswith("$"):
        return expression
    if expression.startswith("$request.path."):
        operation = operation_at(answer.request.method, answer.request.url.path)
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.path)
        return re.search(pattern, answer.request.url.path)[expression.rpartition(".")[2]]
    value = answer.json()
    for step in expression.removeprefix("$response.body#/").split("/"):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def follow(api, answer, link_name, status=200, /, **fields):
    """Take a link of an answer, with more fields for the body; the next answer."""
    link = links_of(answer)[link_name]
    operation = OPERATIONS[link["operationId"]]
    values = {each: value_of(expression, answer)
              for each, expression in link.get("parameters", {}).items()}  # fmt: skip
    body = fields | {each: value_of(expression, answer)
                     for each, expression in link.get("x-body", {}).items()}  # fmt: skip
    there = api.request(
        operation.method,
        operation.path.format(**values),
        params={each: values[each] for each in values.keys() - operation.path_parameters.keys()},
        json=body or None,
    )
    assert there.status_code == status, there.text
    SEEN.followed.add(link_name)
    return there


def create(api, operation_id, **fields):
    """Create something out of the example that the document has for it."""
    (example,) = examples(operation_id)[1].values()
    answer = api.post(OPERATIONS[operation_id].path, json={**example, **fields})
    assert answer.status_code == 201, answer.text
    return answer


def a_customer(api, **fields):
    number = next(numbers)
    email, phone = f"contract{number}@example.org", f"06{number % 10**8:08}"
    return create(api, "customers.create", email=email, phone=phone, **fields)


def test_every_link_leads_to_an_operation_and_names_what_it_takes():
    used = set()
    for operation in OPERATIONS.values():
        written = DOCUMENT["paths"][operation.path][operation.method]["responses"]
        for response in written.values():
            used |= {*inlined(DOCUMENT, response).get("links", {})}
    assert used == {*DOCUMENT["components"]["links"]}
    for name, link in DOCUMENT["components"]["links"].items():
        operation = OPERATIONS[link["operationId"]]
        parameters = {*operation.path_parameters, *(each.name for each in operation.query)}
        assert link.get("parameters", {}).keys() <= parameters, name
        assert operation.path_parameters.keys() <= link.get("parameters", {}).keys(), name
        assert link["description"].endswith(".")


@pytest.mark.writes
def test_a_customer_is_created_read_changed_and_deleted_and_then_gone(api):
    created = a_customer(api)
    assert created.headers["location"].endswith(f"/application/customers/{created.json()['id']}")
    assert follow(api, created, "ShowCustomer").json() == created.json()
    changed = follow(api, created, "UpdateCustomer", city="Roubaix")
    shown = follow(api, created, "ShowCustomer")
    assert shown.json() == changed.json()
    changed = follow(api, shown, "UpdateCustomer", city="Lens")
    assert follow(api, created, "ShowCustomer").json() == changed.json()
    assert {**changed.json(), "city": ""} == {**created.json(), "city": ""}
    assert changed.json()["city"] == "Lens"
    deleted = follow(api, changed, "DeleteCustomer")
    follow(api, deleted, "ShowDeletedCustomer", 404)
    assert created.json()["id"] not in [each["id"] for each in whole(api, "/application/customers")]


@pytest.mark.writes
def test_a_new_group_gets_a_product_with_a_price_that_the_shop_shows(api):
    number = next(numbers)
    group = create(api, "groups.create", name=f"Contract {number}", slug=f"contract-{number}",
                   parent_id=None)  # fmt: skip
    assert follow(api, group, "ShowGroup").json()["products"] == []
    follow(api, group, "UpdateGroup", sort_order=7)
    (example,) = examples("products.create")[1].values()
    product = follow(api, group, "CreateProductInGroup", 201, **example)
    assert product.json()["group_id"] == group.json()["id"]
    assert follow(api, product, "ShowProductWithPrices").json()["pricing"] == []
    price = follow(api, product, "CreatePriceOfProduct", 201, currency="EUR", monthly=4.99)
    assert follow(api, price, "ShowPricing").json() == price.json()
    follow(api, price, "UpdatePricing", annually=49.9)
    (shown,) = follow(api, price, "ShowPricedProduct").json()["pricing"]
    assert shown == follow(api, price, "ShowPricing").json()
    assert (shown["monthly"], shown["annually"]) == (4.99, 49.9)
    assert "pricing" not in follow(api, product, "ShowProduct").json()
    renamed = follow(api, product, "UpdateProduct", name="VPS Contract").json()
    (only,) = follow(api, group, "ShowGroup").json()["products"]
    assert (only["id"], only["name"]) == (renamed["id"], "VPS Contract")
    follow(api, price, "DeletePricing")
    follow(api, price, "ShowPricing", 404)
    follow(api, product, "DeleteProduct")
    follow(api, product, "ShowProduct", 404)
    follow(api, group, "DeleteGroup")
    follow(api, group, "ShowGroup", 404)


def services(api, status):
    """The first page of the services in a state."""
    answer = api.get("/application/services", params={"filter[status]": status, "per_page": 1})
    assert answer.json()["data"], f"the shop has no service that is {status}"
    return answer


@pytest.mark.writes
def test_a_key_is_created_read_changed_rotated_and_revoked_and_then_gone(api, target):
    def is_known(token):
        with open_api(target, token) as other:
            return other.get("/application/me").status_code == 200

    created = create(api, "api_keys.create", allowed_networks=None)
    key = created.json()
    tokens = [key.pop("token")]
    assert created.headers["location"].endswith(f"/application/api_keys/{key['id']}")
    shown = follow(api, created, "ShowApiKey")
    assert shown.json() == key
    changed = follow(api, created, "UpdateApiKey", name="Contract")
    again = follow(api, shown, "UpdateApiKey", rate_limit=None)
    assert {**again.json(), "name": key["name"]} == {
        **key, "rate_limit": None, "updated_at": again.json()["updated_at"],
    }  # fmt: skip
    tokens.append(follow(api, created, "RotateApiKey", overlap=600).json()["token"])
    assert [is_known(each) for each in tokens] == [True, True]
    rotated = follow(api, changed, "RotateApiKey", overlap=0)
    tokens.append(rotated.json()["token"])
    wait_until(lambda: [is_known(each) for each in tokens] == [False, False, True])
    assert follow(api, rotated, "ShowApiKey").json()["name"] == "Contract"
    revoked = follow(api, rotated, "DeleteApiKey", 204)
    wait_until(lambda: not is_known(tokens[-1]))
    follow(api, revoked, "ShowDeletedApiKey", 404)
    follow(api, shown, "DeleteApiKey", 404)
    follow(api, create(api, "api_keys.create"), "DeleteApiKey", 204)


def test_the_first_service_of_a_list_can_be_read(api):
    listed = services(api, "active")
    assert follow(api, listed, "ShowFirstService").json() == listed.json()["data"][0]


@pytest.mark.writes
def test_a_service_is_suspended_and_taken_up_again(api):
    listed = services(api, "active")
    shown = follow(api, listed, "ShowFirstService")
    suspended = follow(api, listed, "SuspendFirstService", reason="Contract", notify=False)
    now = follow(api, suspended, "ShowServiceAfterAction")
    assert now.json() == suspended.json()["data"]
    assert (now.json()["status"], now.json()["suspend_reason"]) == ("suspended", "Contract")
    again = follow(api, now, "UnsuspendService")
    assert again.json()["data"]["status"] == "active"
    suspended = follow(api, shown, "SuspendService", notify=False)
    again = follow(api, suspended, "UnsuspendServiceAfterAction")
    now = follow(api, again, "ShowServiceAfterAction").json()
    assert now["status"] == "active"
    kept = shown.json().keys() - {"updated_at", "cancelled_at", "cancelled_reason"}
    assert {name: now[name] for name in kept} == {name: shown.json()[name] for name in kept}


# An action that the state of a service forbids, and a state that forbids it.
FORBIDDEN = {
    "services.expire": "pending",
    "services.expire_by_delete": "pending",
    "services.suspend": "expired",
    "services.suspend_by_put": "expired",
    "services.unsuspend": "pending",
    "services.unsuspend_by_put": "expired",
    "services.update": "expired",
    "services.patch": "expired",
}


@pytest.mark.writes
@pytest.mark.parametrize(("name", "status"), FORBIDDEN.items(), ids=FORBIDDEN)
def test_what_the_state_of_a_service_forbids_is_a_conflict_and_changes_nothing(api, name, status):
    (service,) = services(api, status).json()["data"]
    operation = OPERATIONS[name]
    body = (
        {"json": {"status": "suspended"}} if name in ("services.update", "services.patch") else {}
    )
    answer = api.request(operation.method, path_to(operation, service["id"]), **body)
    assert answer.status_code == 409, answer.text
    assert api.get(f"/application/services/{service['id']}").json() == service


@pytest.mark.writes
def test_a_customer_is_confirmed_once(api):
    customer = a_customer(api, verified=False).json()
    path = f"/application/customers/{customer['id']}"
    assert not customer["is_confirmed"]
    assert api.post(f"{path}/resend_confirmation").status_code == 200
    assert api.post(f"{path}/confirm").json()["is_confirmed"]
    for action in ("confirm", "resend_confirmation"):
        assert api.post(f"{path}/{action}").status_code == 409
    assert api.delete(path).status_code == 200


@pytest.mark.writes
@pytest.mark.parametrize("force", [{"params": {"force": "true"}}, {"json": {"force": True}}])
def test_a_customer_can_be_deleted_by_force(api, force):
    path = f"/application/customers/{a_customer(api).json()['id']}"
    assert api.request("DELETE", path, **force).status_code == 200
    assert api.get(path).status_code == 404


@pytest.mark.writes
def test_what_others_need_is_deleted_by_force_only(api):
    (service,) = services(api, "active").json()["data"]
    path = f"/application/customers/{service['customer_id']}"
    answer = api.delete(path)
    assert answer.status_code == 409, answer.text
    assert api.get(path).status_code == 200
    group = next(each for each in whole(api, "/application/groups") if each["products"])
    path = f"/application/groups/{group['id']}"
    answer = api.delete(path)
    assert answer.status_code == 409, answer.text
    assert api.get(path).status_code == 200
