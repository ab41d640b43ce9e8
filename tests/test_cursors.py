"""Cursors: a list is read from end to end and back, by the links that its pages hand out."""

import base64
import json
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest

from app.contract import contract
from app.keyset import Cursor
from app.pipeline.cursors import write_cursor
from models import Customer, Group, Pricing, Product, Service
from tests.factories import a_customer, a_group, a_product, a_service

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LISTS = [name for name in contract().operations if name.endswith(".index")]


@pytest.fixture
def shop(session):
    """A few rows of everything, many of them alike, some without what they are sorted by."""
    group = a_group(session)
    for n in range(7):
        moment = NOW + timedelta(microseconds=n // 3)
        customer = a_customer(
            session, firstname="ABA"[n % 3], phone=f"061234567{n}" if n % 2 else None
        )
        product = a_product(session, group_id=group.id, name="ABA"[n % 3], stock=n // 2)
        service = a_service(session, customer=customer, status=("active", "pending")[n % 2])
        for row in (customer, product, service, a_group(session)):
            row.created_at = row.updated_at = moment
        session.add(
            Pricing(
                related_id=product.id,
                related_type="product",
                currency="EUR",
                monthly=None if n % 2 else n // 3,
                setup_monthly=n,
            )
        )
    session.commit()


def ids(answer):
    return [item["id"] for item in answer.json()["data"]]


def walk(client, path, relation):
    """The pages from one on, by the links of each."""
    answer = client.get(path)
    while True:
        assert answer.status_code == 200, answer.text
        yield answer
        if relation not in answer.links:
            return
        answer = client.get(answer.links[relation]["url"])


def sorts():
    for name in LISTS:
        parameter = next(each for each in contract().operations[name].query if each.name == "sort")
        path = contract().operations[name].path.removeprefix("/application")
        for sort in (None, *parameter.schema["items"]["enum"]):
            yield path, f"&sort={sort}" if sort else ""
    yield "/customers", "&sort=firstname,-phone"
    yield "/customers", "&sort=-phone,created_at,-firstname"
    yield "/services", "&sort=status,-updated_at&filter[status]=active"


@pytest.mark.parametrize(("path", "query"), list(sorts()))
def test_cursors_lead_through_every_order_and_back(client, shop, path, query):
    whole = ids(client.get(f"{path}?per_page=1000{query}"))
    pages = [ids(each) for each in walk(client, f"{path}?per_page=2{query}", "next")]
    assert list(chain(*pages)) == whole
    assert all(len(page) == 2 for page in pages[:-1])
    last = client.get(f"{path}?per_page=2{query}&page={len(pages)}")
    back = [ids(each) for each in walk(client, str(last.url), "prev")]
    # Where the walk back meets the beginning, it stops with the first items.
    assert list(chain(*reversed(back))) == whole


def test_rows_that_come_in_between_shift_nothing(client, shop, session):
    first = client.get("/customers?sort=-id&per_page=3")
    a_customer(session)
    session.commit()
    following = client.get(first.links["next"]["url"])
    assert ids(following) == [ids(first)[-1] - n for n in (1, 2, 3)]
    # Page numbers count from the beginning, which is now elsewhere.
    assert ids(client.get("/customers?sort=-id&per_page=3&page=2"))[0] == ids(first)[-1]


def test_a_row_that_is_gone_still_marks_its_place(client, shop, session):
    first = client.get("/services?sort=-created_at&per_page=3")
    session.get(Service, ids(first)[-1]).deleted_at = NOW
    session.commit()
    whole = ids(client.get("/services?sort=-created_at"))
    assert ids(client.get(first.links["next"]["url"])) == whole[2:5]


def test_a_page_by_cursor_tells_where_it_is(client, shop):
    first = client.get("/products?per_page=3&filter[type]=none&sort=name")
    second = client.get(first.links["next"]["url"])
    page = second.json()
    assert (page["current_page"], page["from"], page["to"], page["total"]) == (2, 4, 6, 7)
    assert page["prev_page_url"] == second.links["prev"]["url"]
    assert page["next_page_url"] == second.links["next"]["url"]
    assert page["first_page_url"].endswith("&page=1")
    assert [each["label"] for each in page["links"]] == [
        "&laquo; Previous", "1", "2", "3", "Next &raquo;",
    ]  # fmt: skip
    assert page["links"][2]["active"]
    third = client.get(page["next_page_url"])
    assert "next" not in third.links
    assert third.json()["next_page_url"] is None


def test_there_is_no_page_before_the_first_one_even_if_rows_came_in_there(client, session):
    group = a_group(session)
    for name in "bcd":
        a_product(session, group_id=group.id, name=name)
    first = client.get("/products?sort=name&per_page=1")
    second = client.get(first.links["next"]["url"])
    a_product(session, group_id=group.id, name="a")
    page = client.get(second.links["prev"]["url"]).json()
    assert (page["data"][0]["name"], page["current_page"]) == ("b", 1)
    assert page["prev_page_url"]
    assert page["links"][0]["page"] == 1


def test_a_cursor_remembers_its_order_and_takes_filters_includes_and_sizes(client, shop):
    first = client.get("/customers?sort=-firstname&per_page=2")
    cursor = first.links["next"]["url"].rpartition("cursor=")[2]
    whole = ids(client.get("/customers?sort=-firstname"))
    other = client.get(f"/customers?cursor={cursor}&sort=id&page=9&per_page=4&include=services")
    assert ids(other) == whole[2:6]
    assert other.json()["data"][0]["services"]


def test_one_page_has_no_links(client, shop):
    assert client.get("/customers").links == {}
    assert client.get("/customers?page=8&per_page=7").links == {}


def forged(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()


ROW = {"firstname": "A", "id": 3}
FORGED = [
    *("x", "e30", "W10", "_" * 2000, "-", "a" * 5),
    forged(["firstname"], False, 2, {"id": 3}),
    forged(["firstname"], False, 2, {**ROW, "password": "x"}),
    forged(["password"], False, 2, {"password": "x", "id": 3}),
    forged(["firstname"], False, 2, {**ROW, "id": "3"}),
    forged(["firstname"], False, 2, {**ROW, "id": None}),
    forged(["firstname"], False, 2, {**ROW, "id": 2**80}),
    forged(["firstname"], False, 2, {**ROW, "firstname": 3}),
    forged(["firstname"], False, 2, {**ROW, "firstname": None}),
    forged(["firstname"], False, 2, {**ROW, "firstname": "\x00"}),
    forged(["firstname"], False, 0, ROW),
    forged(["firstname"], False, 1.5, ROW),
    forged(["firstname"], 1, 2, ROW),
    forged("firstname", False, 2, ROW),
    forged(["firstname"], False, 2, [3]),
    forged(["created_at"], False, 2, {"created_at": "9999-99-99", "id": 3}),
    forged(["created_at"], False, 2, {"created_at": 5, "id": 3}),
    forged(["firstname"], False, 2, ROW, 5),
    forged(*[[] for _ in range(4)]),
]


@pytest.mark.parametrize("cursor", FORGED)
def test_what_no_page_has_given_is_refused(client, shop, cursor):
    answer = client.get("/customers", params={"cursor": cursor})
    assert answer.status_code == 400, answer.text
    assert list(answer.json()["errors"]) == ["cursor"]


def test_a_right_cursor_looks_like_the_forged_ones(client, shop):
    cursor = forged(["firstname"], False, 2, ROW)
    assert client.get("/customers", params={"cursor": cursor}).status_code == 200


def test_a_cursor_may_have_2000_characters():
    def written(length):
        return write_cursor(Cursor(("name",), False, 2, {"name": "x" * length, "id": 1}))

    longest = next(length for length in range(3000) if written(length + 1) is None)
    assert len(written(longest)) == 2000


def test_values_too_long_for_an_address_make_no_cursor(client, session):
    group = a_group(session)
    for letter in "ab":
        a_product(session, group_id=group.id, description=letter * 3000)
    session.commit()
    answer = client.get("/products?sort=description&per_page=1")
    assert answer.links == {}
    assert answer.json()["next_page_url"].endswith("&page=2")


@pytest.mark.parametrize("model", [Customer, Group, Pricing, Product, Service])
def test_every_number_that_fits_an_answer_can_be_a_place(client, shop, model):
    """The largest values that a forger may put in are numbers to every database."""
    path = f"/{model.__tablename__}"
    operation = contract().operations[f"{model.__tablename__}.index"]
    sorts = next(each for each in operation.query if each.name == "sort").schema["items"]["enum"]
    shown = client.get(path).json()["data"][0]
    numbers = [name for name in sorts if type(shown.get(name)) in (int, float) and name != "id"]
    for name in numbers:
        for value in (2**31, 2**53 - 1, 2**63 - 1, -(2**31) - 1, 0.001, 10**9 + 0.5):
            cursor = forged([name], False, 2, {name: value, "id": 3})
            assert client.get(path, params={"cursor": cursor}).status_code in (200, 400)
