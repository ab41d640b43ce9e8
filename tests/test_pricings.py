"""Prices: exact amounts, by period and currency."""

import pytest

from tests.factories import a_pricing, a_product


def test_amounts_come_back_with_the_digits_that_were_sent(client, session):
    body = {
        "related_id": a_product(session).id,
        "related_type": "product",
        "currency": "USD",
        "onetime": 99.99,
        "monthly": "4.99",
        "quarterly": 10,
        "annually": 999999.99,
    }
    answer = client.post("/pricings", json=body)
    assert answer.status_code == 201
    for text in ('"onetime":99.99', '"monthly":4.99', '"quarterly":10,', '"annually":999999.99'):
        assert text in answer.text
    assert answer.json()["biennially"] is None


@pytest.mark.parametrize(
    "amount", [-1, 1.234, 1_000_000, "1e3", "ten", True, "1_0", "+1", "\u0661"]
)
def test_what_is_not_an_amount_is_refused(client, session, amount):
    body = {"related_id": 1, "related_type": "product", "currency": "EUR", "monthly": amount}
    answer = client.post("/pricings", json=body)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"monthly"}


def test_a_currency_that_is_not_sold_in_is_refused(client, session):
    body = {"related_id": 1, "related_type": "product", "currency": "XXX"}
    assert set(client.post("/pricings", json=body).json()["errors"]) == {"currency"}


def test_weekly_prices_are_not_written_here(client, session):
    body = {"related_id": 1, "related_type": "product", "currency": "EUR", "weekly": 5}
    assert client.post("/pricings", json=body).json()["weekly"] is None


def test_an_update_keeps_what_is_absent_and_clears_what_is_null(client, session):
    pricing = a_pricing(session, monthly=5, annually=50)
    answer = client.post(f"/pricings/{pricing.id}", json={"annually": None})
    assert answer.status_code == 200
    assert (answer.json()["monthly"], answer.json()["annually"]) == (5, None)


def test_a_deleted_price_is_answered_once_more_and_then_gone(client, session):
    pricing = a_pricing(session, monthly=5)
    assert client.delete(f"/pricings/{pricing.id}").json()["deleted_at"] is not None
    assert client.get(f"/pricings/{pricing.id}").status_code == 404
    assert client.delete(f"/pricings/{pricing.id}").status_code == 404


def test_the_older_parameters_combine(client, session):
    product = a_product(session)
    wanted = a_pricing(session, product=product, currency="USD", monthly=5)
    a_pricing(session, product=product, currency="EUR", monthly=5)
    a_pricing(session, currency="USD", monthly=5)
    params = {"product": product.id, "currency": "USD"}
    found = client.get("/pricings", params=params).json()["data"]
    assert [price["id"] for price in found] == [wanted.id]


def test_the_older_product_parameter_means_prices_of_products_only(client, session):
    product = a_product(session)
    a_pricing(session, related_id=product.id, related_type="service", monthly=5)
    assert client.get("/pricings", params={"product": product.id}).json()["total"] == 0


def test_amounts_are_filtered_exactly_and_sorted_as_numbers(client, session):
    for monthly in (10, 9, 100):
        a_pricing(session, monthly=monthly)
    found = client.get("/pricings", params={"sort": "-monthly"}).json()["data"]
    assert [price["monthly"] for price in found] == [100, 10, 9]
    found = client.get("/pricings", params={"filter[monthly]": "10"}).json()["data"]
    assert [price["monthly"] for price in found] == [10]
