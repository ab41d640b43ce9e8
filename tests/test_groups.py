"""Product groups, and the tree they form."""

import pytest

from tests.factories import a_group, a_pricing, a_product


def a_body(**fields):
    return {
        "name": "VPS",
        "slug": "Virtual Servers",
        "description": "Machines",
        "status": "active",
        "sort_order": 1,
        **fields,
    }


def test_a_created_group_gets_a_slug_fit_for_addresses(client, session):
    answer = client.post("/groups", json=a_body(parent_id=None, group=-1))
    assert answer.status_code == 201
    group = answer.json()
    assert group["slug"] == "virtual-servers"
    assert group["groups"] == group["products"] == []
    assert group["route"].endswith("/store/virtual-servers")


def test_a_slug_is_taken_even_by_a_deleted_group(client, session):
    first = client.post("/groups", json=a_body()).json()
    client.delete(f"/groups/{first['id']}")
    answer = client.post("/groups", json=a_body(parent_id=999))
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"slug", "parent_id"}


def test_a_group_shows_its_tree_and_its_lowest_price(client, session):
    parent = a_group(session, slug="games")
    child = a_group(session, slug="minecraft", parent_id=parent.id)
    cheap, dear = (a_product(session, group=group) for group in (child, parent))
    a_pricing(session, product=cheap, monthly=5, annually=50)
    a_pricing(session, product=cheap, currency="USD", monthly=1)
    a_pricing(session, product=dear, monthly=9)
    group = client.get(f"/groups/{parent.id}").json()
    assert [each["id"] for each in group["groups"]] == [child.id]
    assert [each["id"] for each in group["groups"][0]["products"]] == [cheap.id]
    assert [each["id"] for each in group["products"]] == [dear.id]
    price = group["start_price"]
    assert (price["price"], price["currency"], price["recurring"]) == (5, "EUR", "monthly")
    assert group["groups"][0]["route"].endswith("/store/games/minecraft")


def test_hidden_products_do_not_set_the_lowest_price(client, session):
    product = a_product(session, status="hidden")
    a_pricing(session, product=product, monthly=5)
    assert client.get(f"/groups/{product.group_id}").json()["start_price"]["price"] == 0


def test_an_update_keeps_what_it_does_not_name(client, session):
    parent = a_group(session)
    group = a_group(session, slug="vps", parent_id=parent.id, pinned=True)
    answer = client.post(f"/groups/{group.id}", json={"name": "New"})
    assert answer.status_code == 200
    kept = {name: answer.json()[name] for name in ("slug", "parent_id", "pinned")}
    assert kept == {"slug": "vps", "parent_id": parent.id, "pinned": True}
    assert client.patch(f"/groups/{group.id}", json={"parent_id": None}).json()["parent_id"] is None


def test_two_groups_cannot_be_renamed_alike(client, session):
    a_group(session, name="VPS")
    group = a_group(session, name="Cloud")
    answer = client.post(f"/groups/{group.id}", json={"name": "VPS"})
    assert set(answer.json()["errors"]) == {"name"}


def test_a_group_cannot_be_put_below_itself(client, session):
    group = a_group(session)
    child = a_group(session, parent_id=group.id)
    for parent in (group.id, child.id):
        answer = client.post(f"/groups/{group.id}", json={"parent_id": parent})
        assert answer.status_code == 422
        assert set(answer.json()["errors"]) == {"parent_id"}


def test_groups_can_be_nested_eight_levels_deep_and_no_deeper(client, session):
    parent = None
    for _ in range(8):
        parent = a_group(session, parent_id=parent).id
    answer = client.post("/groups", json=a_body(parent_id=parent))
    assert set(answer.json()["errors"]) == {"parent_id"}


def test_a_group_that_holds_products_is_kept_and_says_why(client, session):
    product = a_product(session, name="VPS S")
    answer = client.delete(f"/groups/{product.group_id}")
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["error"] == problem["detail"]
    held = {"count": 1, "products": {str(product.id): "VPS S"}}
    assert problem["blocking_reasons"] == {"products": held}
    assert client.get(f"/groups/{product.group_id}").is_success


def test_force_deletes_a_group_with_its_products(client, session):
    product = a_product(session)
    answer = client.delete(f"/groups/{product.group_id}?force=1")
    assert answer.status_code == 200
    assert answer.json()["deleted_at"] is not None
    assert client.get(f"/products/{product.id}").status_code == 404


def test_sub_groups_of_a_deleted_group_move_to_the_top(client, session):
    parent = a_group(session)
    child = a_group(session, parent_id=parent.id)
    assert client.delete(f"/groups/{parent.id}").is_success
    assert client.get(f"/groups/{child.id}").json()["parent_id"] is None


@pytest.mark.parametrize("wanted", [True, False])
def test_the_background_is_noted_in_the_metadata(client, session, wanted):
    group = client.post("/groups", json=a_body(use_image_as_background=True)).json()
    path = f"/groups/{group['id']}"
    client.post(path, json={"use_image_as_background": "true" if wanted else "false"})
    notes = client.get(path, params={"include": "metadata"}).json()["metadata"]
    assert [note["key"] for note in notes] == ["use_image_as_background"] * wanted


@pytest.mark.parametrize("text", ["none", "null", "", " None "])
def test_forms_have_words_for_null(client, session, text):
    group = a_group(session, parent_id=a_group(session).id, pinned=True, badge_icon="star")
    body = {"parent_id": text, "pinned": text, "badge_icon": text}
    answer = client.post(f"/groups/{group.id}", data=body).json()
    assert answer["parent_id"] is None
    assert answer["pinned"] is False
    assert answer["badge_icon"] == (text.strip() or None)


def test_a_pin_that_is_null_is_no_pin(client):
    assert client.post("/groups", json=a_body(pinned=None)).json()["pinned"] is False
