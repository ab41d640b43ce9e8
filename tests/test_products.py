"""Products, as an integrator uses them."""

import pytest

from tests.factories import a_group, a_note, a_pricing, a_product


def a_body(session, **fields):
    return {
        "name": "VPS S",
        "description": "2 vCPU, 4 GB",
        "status": "active",
        "group_id": a_group(session).id,
        "stock": 10,
        "type": "none",
        **fields,
    }


def test_a_created_product_is_answered_in_full_with_its_address(client, session):
    body = a_body(session)
    answer = client.post("/products", json=body)
    assert answer.status_code == 201
    product = answer.json()
    assert {name: product[name] for name in body} == body
    assert product["pinned"] is False
    assert product["metadata"] == []
    assert product["deleted_at"] is None
    assert answer.headers["location"] == f"{client.base_url}products/{product['id']}"
    assert client.get(answer.headers["location"]).json() == product


def test_numbers_may_come_as_text_and_unknown_fields_are_ignored(client, session):
    answer = client.post("/products", json=a_body(session, stock="10", price="9.99"))
    assert answer.status_code == 201
    assert answer.json()["stock"] == 10


def test_a_product_can_be_sent_as_a_form(client, session):
    answer = client.post("/products", data=a_body(session, pinned="true"))
    assert answer.status_code == 201
    assert answer.json()["pinned"] is True


def test_every_wrong_field_is_named_at_once(client, session):
    body = {"name": " ", "status": "gone", "stock": "many", "type": "invalid", "group_id": 0}
    answer = client.post("/products", json=body)
    assert answer.status_code == 422
    problem = answer.json()
    assert set(problem["errors"]) == {*body, "description"}
    assert problem["message"] == problem["detail"]
    assert problem["detail"].endswith("(and 5 more errors)")


def test_a_product_needs_a_group_that_is_there(client, session):
    answer = client.post("/products", json=a_body(session, group_id=999_999))
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"group_id"}


def test_a_description_with_active_content_is_refused(client, session):
    for text in (
        "<script>alert(1)</script>",
        "<b onclick=alert(1)>x</b>",
        "<a href='java&#9;script:alert(1)'>x</a>",
        "{{ config }}",
        "<?php echo 1",
    ):
        answer = client.post("/products", json=a_body(session, description=text))
        assert set(answer.json()["errors"]) == {"description"}, text
    harmless = "<b>2 vCPU</b><br>4 < 5 & on sale = now"
    assert client.post("/products", json=a_body(session, description=harmless)).is_success


def test_an_update_changes_what_it_names_and_nothing_else(client, session):
    product = a_product(session, name="Old", pinned=True, stock=3)
    for method in ("POST", "PATCH"):
        answer = client.request(method, f"/products/{product.id}", json={"name": method})
        assert answer.status_code == 200
        assert answer.json()["name"] == method
        assert answer.json()["pinned"] is True
        assert answer.json()["stock"] == 3


def test_an_update_with_a_wrong_status_changes_nothing(client, session):
    product = a_product(session, name="Old")
    answer = client.post(f"/products/{product.id}", json={"name": "New", "status": "bad"})
    assert answer.status_code == 422
    assert client.get(f"/products/{product.id}").json()["name"] == "Old"


def test_null_cannot_clear_a_field_that_needs_a_value(client, session):
    product = a_product(session)
    answer = client.post(f"/products/{product.id}", json={"name": None})
    assert set(answer.json()["errors"]) == {"name"}


def test_prices_by_period_go_into_the_first_price_row(client, session):
    product = a_product(session)
    first = a_pricing(session, product=product, monthly=1, annually=10)
    second = a_pricing(session, product=product, currency="USD", monthly=2)
    prices = {"monthly": {"price": "9,99", "setup": 4.99}, "weekly": {"price": 3}}
    assert client.post(f"/products/{product.id}", json={"pricing": prices}).is_success
    written = client.get(f"/pricings/{first.id}").json()
    assert (written["monthly"], written["setup_monthly"]) == (9.99, 4.99)
    assert (written["weekly"], written["annually"]) == (3, 10)
    assert client.get(f"/pricings/{second.id}").json()["monthly"] == 2


def test_prices_for_a_product_without_any_make_a_row_in_the_store_currency(client, session):
    product = a_product(session)
    client.post(f"/products/{product.id}", json={"pricing": {"monthly": {"price": 5}}})
    (pricing,) = client.get(f"/products/{product.id}?include=pricing").json()["pricing"]
    assert (pricing["currency"], pricing["monthly"]) == ("EUR", 5)


def test_a_deleted_product_is_gone_with_its_prices(client, session):
    product = a_product(session)
    pricing = a_pricing(session, product=product, monthly=5)
    answer = client.delete(f"/products/{product.id}")
    assert answer.status_code == 200
    assert answer.json()["deleted_at"] is not None
    for path in (f"/products/{product.id}", f"/pricings/{pricing.id}"):
        assert client.get(path).status_code == 404
    assert client.get("/products").json()["total"] == 0


def test_the_configuration_of_a_driver_is_kept_field_by_field(client, session):
    product = a_product(session, type="proxmox")
    path = f"/products/{product.id}/config"
    assert client.get(path).json() == {}
    assert client.put(path, json={"cores": 2, "backup": "true"}).status_code == 200
    answer = client.put(path, json={"node": {"name": "pve1"}}).json()
    assert answer["config"] == {"cores": 2, "backup": True, "node": {"name": "pve1"}}
    assert client.get(path).json() == answer["config"]


def test_a_type_without_driver_has_no_configuration(client, session):
    path = f"/products/{a_product(session, type='none').id}/config"
    assert client.get(path).status_code == 404
    assert client.put(path, json={"a": 1}).status_code == 404


def test_pricing_adds_prices_whatever_its_value(client, session):
    product = a_product(session)
    pricing = a_pricing(session, product=product, monthly=5)
    for query in ("pricing=1", "pricing=", "pricing", "include=pricing"):
        (item,) = client.get(f"/products?{query}").json()["data"]
        assert [price["id"] for price in item["pricing"]] == [pricing.id], query
    (item,) = client.get("/products").json()["data"]
    assert "pricing" not in item


def test_includes_add_relations_counts_and_existence(client, session):
    product = a_product(session)
    a_pricing(session, product=product, monthly=5)
    a_note(session, product, "color", "blue")
    names = [f"{name}{kind}" for name in ("pricing", "metadata", "group")
             for kind in ("", "Count", "Exists")]  # fmt: skip
    item = client.get(f"/products/{product.id}", params={"include": ",".join(names)}).json()
    assert item["group"]["id"] == product.group_id
    assert item["metadata"][0]["value"] == "blue"
    for name in ("pricing", "metadata", "group"):
        assert item[f"{name}_count"] == 1
        assert item[f"{name}_exists"] is True


def test_the_group_of_a_product_lists_no_other_products_and_groups(client, session):
    """Else a list of products would repeat the whole group in each of them."""
    group = a_group(session, badge_title="New")
    below = a_group(session, parent_id=group.id)
    product = a_product(session, group=group)
    a_pricing(session, product=product, monthly=9)
    a_pricing(session, product=a_product(session, group=below), monthly=7)
    a_product(session, group=below)
    whole = client.get(f"/groups/{group.id}").json()
    assert (len(whole["products"]), len(whole["groups"])) == (1, 1)
    assert whole["start_price"]["price"] == 7
    for path in (f"/products/{product.id}", f"/products?filter[id]={product.id}"):
        item = client.get(path, params={"include": "group"}).json()
        included = (item["data"][0] if "data" in item else item)["group"]
        assert included == {**whole, "products": [], "groups": []}
    inner = client.get(f"/products?filter[group_id]={below.id}&include=group").json()["data"]
    assert [each["group"]["route"] for each in inner] == [whole["groups"][0]["route"]] * 2
    assert [each["group"]["start_price"]["price"] for each in inner] == [7, 7]


def test_prices_come_in_forms_as_fields_or_as_json(client, session):
    product = a_product(session)
    path = f"/products/{product.id}"
    client.post(path, data={"pricing[monthly][price]": "4,99", "pricing[monthly][setup]": "2"})
    client.post(path, files={"pricing": (None, '{"annually": {"price": 49.9}}')})
    pricing = client.get(f"{path}?pricing=1").json()["pricing"][0]
    assert (pricing["monthly"], pricing["setup_monthly"], pricing["annually"]) == (4.99, 2, 49.9)
    for text in ('{"annually": {"price": NaN}}', "{", '{"annually": ' + "[" * 2000, "[]"):
        assert client.post(path, files={"pricing": (None, text)}).status_code == 422


def test_prices_of_a_product_in_an_unknown_group_are_not_written(client, session):
    product = a_product(session)
    body = {"group_id": 999, "pricing": {"monthly": {"price": 5}}}
    answer = client.post(f"/products/{product.id}", json=body)
    assert answer.json()["errors"] == {
        "group_id": ["The group_id field must be the id of a group."]
    }
    assert client.get(f"/products/{product.id}?pricing=1").json()["pricing"] == []


def test_a_configuration_keeps_numbers_as_they_were_sent(client, session):
    product = a_product(session, type="proxmox")
    sent = {"ratio": 1.9, "big": 2**53 - 1, "tiny": 1e-7, "list": [{"x": 0.1}]}
    answer = client.put(f"/products/{product.id}/config", json=sent)
    assert answer.json()["config"] == sent
    assert client.get(f"/products/{product.id}/config").json() == sent


@pytest.mark.parametrize(
    "number", ["1e999", "-1e999", "9007199254740992", "9223372036854775808", "1" * 400]
)
def test_a_configuration_refuses_numbers_that_nobody_can_read_back(client, session, number):
    product = a_product(session, type="proxmox")
    answer = client.put(
        f"/products/{product.id}/config",
        content=f'{{"cores": 2, "limits": {{"ram": {number}}}}}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"limits.ram"}
    assert client.get(f"/products/{product.id}/config").json() == {}
