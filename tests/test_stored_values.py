"""Values come back as they went in, and compare alike, whatever the database."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from models import Customer, Service
from models.base import flush
from models.errors import Invalid
from tests.factories import a_customer, a_group, a_service

# By code points: capital letters first, letters with accents behind all without, a space counts.
NAMES = [
    "Ada",
    "Ada ",
    "Zoé",
    "ada",
    "zoe",
    "zoé",
    "\u00c9lodie",
    "\u00e9lodie",
    "\u6797",
    "\U0001f600",
]
LONGEST = 65535


def test_texts_are_sorted_by_their_code_points(client, session):
    for name in reversed(NAMES):
        a_customer(session, firstname=name)
    for sort, expected in (("firstname", NAMES), ("-firstname", NAMES[::-1])):
        answer = client.get(f"/customers?sort={sort}&per_page=50").json()
        assert [item["firstname"] for item in answer["data"]] == expected


@pytest.mark.parametrize("text", ["ZO\u00c9", "zo\u00e9"])
def test_a_part_of_a_text_is_found_in_any_case_but_not_without_its_accent(client, session, text):
    for name in NAMES:
        a_customer(session, firstname=name)
    found = client.get("/customers", params={"filter[firstname]": text}).json()["data"]
    assert [item["firstname"] for item in found] == ["Zoé", "zoé"]


def test_what_differs_in_a_letter_or_a_space_is_not_the_same(session):
    for email in ("ada@example.org", "Ada@example.org", "\u00e1da@example.org", "ada@example.org "):
        a_customer(session, email=email)
    assert session.scalars(select(Customer.email).where(Customer.email == "ada@example.org")).one()


@pytest.mark.parametrize("value", ["ada@example.org", "x' for key 'uq_customers_phone'"])
def test_a_value_that_is_taken_meanwhile_is_named_after_its_field(session, value):
    a_customer(session, email=value)
    session.rollback()
    session.add(Customer(firstname="Ada", lastname="", email=value, address="", city="", region="",
                         zipcode=""))  # fmt: skip
    with pytest.raises(Invalid) as refused:
        flush(session)
    assert list(refused.value.errors) == ["email"]
    session.rollback()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, 0, 999999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1000, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_moments_keep_their_microseconds(client, session, moment):
    service = a_service(session, expires_at=moment)
    shown = client.get(f"/services/{service.id}").json()["expires_at"]
    assert shown == moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
    session.rollback()
    assert session.scalar(select(Service.id).where(Service.expires_at == moment)) == service.id


def test_the_longest_text_has_room_whatever_its_letters(client, session):
    text = "\U0001f600" * LONGEST
    group = a_group(session)
    body = {"name": "VPS", "group_id": group.id, "description": text, "status": "active",
            "type": "none", "stock": 1}  # fmt: skip
    created = client.post("/products", json=body, timeout=30).json()
    assert created.get("description") == text, created
    assert client.get(f"/products/{created['id']}").json()["description"] == text


def test_json_keeps_its_types(client, session):
    data = {"a": [1, 1.5, None, True, False, {}], "b": "é\u2028\"'\\%s", "c": 2**60}
    service = a_service(session, data=data)
    session.expire_all()
    assert session.get(Service, service.id).data == data
    assert client.get(f"/services/{service.id}").json()["data"] == data
