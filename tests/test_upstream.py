"""What the panel's own tests expect of the API (core contract 16), as far as it is meant."""

import pytest

from tests.factories import (
    a_customer,
    a_group,
    a_key,
    a_pricing,
    a_product,
)
from tests.test_customers import NEW

PRODUCT = {"name": "VPS S", "description": "2 vCPU", "status": "active", "stock": "10",
           "type": "none"}  # fmt: skip
GROUP = {"name": "VPS", "description": "Servers", "status": "active", "slug": "vps",
         "sort_order": 1}  # fmt: skip


@pytest.fixture
def with_scope(client, session):
    """A function that calls the API with a key that holds one permission only."""

    def call(scope, method, path, **options):
        headers = {"Authorization": f"Bearer {a_key(session, scope)}"}
        return client.request(method, path, headers=headers, **options)

    return call


def a_customer_and_a_body(session):
    return a_customer(session), NEW


def a_product_and_a_body(session):
    product = a_product(session)
    return product, {**PRODUCT, "group_id": product.group_id}


def a_group_and_a_body(session):
    return a_group(session), GROUP


def a_pricing_and_a_body(session):
    row = a_pricing(session)
    return row, {"related_id": row.related_id, "related_type": "product", "currency": "USD"}


@pytest.mark.parametrize(
    ("resource", "make"),
    [
        ("customers", a_customer_and_a_body),
        ("products", a_product_and_a_body),
        ("groups", a_group_and_a_body),
        ("pricings", a_pricing_and_a_body),
    ],
)
def test_each_operation_needs_just_its_own_permission(with_scope, session, resource, make):
    row, body = make(session)
    path = f"/{resource}/{row.id}"
    assert with_scope(f"{resource}:index", "GET", f"/{resource}").status_code == 200
    created = with_scope(f"{resource}:store", "POST", f"/{resource}", json=body)
    assert created.status_code == 201
    assert with_scope(f"{resource}:show", "GET", path).status_code == 200
    assert with_scope(f"{resource}:update", "POST", path, json={}).status_code == 200
    assert with_scope(f"{resource}:delete", "DELETE", path).status_code == 200


def test_a_customer_who_is_stored_as_verified_is_confirmed(client, session):
    answer = client.post("/customers", json={**NEW, "verified": "1"})
    assert answer.status_code == 201
    assert answer.json()["is_confirmed"] is True


def test_a_filter_without_a_match_finds_nothing(client, session):
    a_customer(session)
    answer = client.get("/customers?filter[email]=nobody")
    assert (answer.status_code, answer.json()["data"]) == (200, [])


def test_fifteen_customers_fit_on_one_page_the_newest_first(client, session):
    ids = [a_customer(session).id for _ in range(15)]
    items = client.get("/customers?sort=-id").json()["data"]
    assert [item["id"] for item in items] == sorted(ids, reverse=True)


def test_an_update_with_all_fields_answers_with_them(client, session):
    customer = a_customer(session)
    body = {**NEW, "email": "new@example.org", "city": "Paris", "firstname": "Grace",
            "zipcode": "75001"}  # fmt: skip
    answer = client.post(f"/customers/{customer.id}", json=body)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in body} == body


@pytest.mark.parametrize(
    "action",
    ["confirm", "resend_confirmation", "send_password", "action/suspend", "action/ban",
     "action/reactivate", "action/disable2FA"],
)  # fmt: skip
def test_every_action_works_on_a_customer_who_is_not_verified(client, session, action):
    assert client.post(f"/customers/{a_customer(session).id}/{action}").status_code == 200


def test_a_product_is_stored_with_a_field_too_many_and_a_stock_as_text(client, session):
    body = {**PRODUCT, "group_id": a_group(session).id, "price": 10}
    assert client.post("/products", json=body).status_code == 201
    assert client.post("/products", json={**body, "type": "invalid"}).status_code == 422


def test_a_product_is_updated_by_two_fields_alone(client, session):
    path = f"/products/{a_product(session).id}"
    assert client.post(path, json={"name": "VPS M", "pinned": True}).status_code == 200
    assert client.post(path, json={"status": "bad"}).status_code == 422
    answer = client.post(path, json={"remove_image": "true"})
    assert (answer.status_code, answer.json()["image"]) == (200, None)


def test_a_group_is_stored_at_the_top_with_a_field_too_many(client, session):
    assert client.post("/groups", json={**GROUP, "parent_id": None}).status_code == 201
    body = {**GROUP, "slug": "other", "group": -1}
    assert client.post("/groups", json=body).status_code == 201


def test_a_group_is_updated_by_three_fields_alone_and_read(client, session):
    path = f"/groups/{a_group(session).id}"
    body = {"name": "Servers", "pinned": True, "parent_id": None}
    assert client.post(path, json=body).status_code == 200
    assert client.post(path, json={"status": "bad"}).status_code == 422
    assert client.get(path).status_code == 200


def test_prices_are_filtered_by_what_they_belong_to_and_sorted(client, session):
    product = a_product(session)
    for monthly in (1, 3, 2):
        a_pricing(session, product=product, monthly=monthly)
    a_pricing(session, related_type="service", related_id=product.id)
    query = f"filter[related_id]={product.id}"
    assert client.get(f"/pricings?{query}").json()["total"] == 4
    query += "&filter[related_type]=product&sort=-monthly"
    items = client.get(f"/pricings?{query}").json()["data"]
    assert [item["monthly"] for item in items] == [3, 2, 1]


def test_amounts_come_back_as_numbers_and_wrong_ones_are_refused(client, session):
    body = {"related_id": a_product(session).id, "related_type": "product", "currency": "EUR",
            "monthly": 99.99}  # fmt: skip
    answer = client.post("/pricings", json=body)
    assert (answer.status_code, answer.json()["monthly"]) == (201, 99.99)
    path = f"/pricings/{answer.json()['id']}"
    assert client.post(path, json={"monthly": 4.99}).json()["monthly"] == 4.99
    assert client.post(path, json={"monthly": -1}).status_code == 422
    assert client.post(path, json={"currency": "GNGNG"}).status_code == 422


def test_the_older_parameters_of_prices_combine(client, session):
    product = a_product(session)
    for currency in ("USD", "EUR", "USD"):
        a_pricing(session, product=product, currency=currency)
    assert client.get(f"/pricings?currency=USD&product={product.id}").json()["total"] == 2
    for query in ("product=-1", "currency=GNGNG"):
        assert client.get(f"/pricings?{query}").status_code == 400
