"""What was read can be written back: clients read an object, change a field, and send all of it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.usecases.demo import ADMIN_EMAIL, load_demo
from models import Admin
from tests.factories import a_customer, a_group, a_key, a_pricing, a_product, a_service
from tests.keys import number

COLLECTIONS = ("customers", "products", "groups", "pricings", "services", "api_keys")
TYPES = ("application/json", "application/xml")
LONG = "\u00e9" * 65535


def differences(client, path, media_type):
    """What the server says against an object that is sent back as it was read; None if nothing."""
    headers = {"Accept": media_type, "Content-Type": media_type}
    read = client.get(path, headers=headers)
    written = client.patch(path, content=read.content, headers=headers)
    if written.status_code != 200:
        return path, written.text
    return None if written.content == read.content else (path, read.text, written.text)


@pytest.fixture
def shop(session):
    load_demo(session, now=datetime.now(UTC))
    session.commit()


@pytest.mark.parametrize("media_type", TYPES)
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_object_of_the_demo_shop_can_be_sent_back_as_it_was_read(
    client, session, shop, collection, media_type
):
    admin = session.scalars(select(Admin).where(Admin.email == ADMIN_EMAIL)).one()
    client.headers["Authorization"] = f"Bearer {a_key(session, owner=admin)}"
    items = client.get(f"/{collection}?per_page=1000").json()["data"]
    assert len(items) > 2
    found = [differences(client, f"/{collection}/{each['id']}", media_type) for each in items]
    assert [each for each in found if each] == []


# Rows as other programs write them into the same database, and those of earlier versions.
ROWS = {
    "customers": lambda session: [
        a_customer(session, locale="en"),
        a_customer(session, country="PL", zipcode="00-950", phone="+48 22 123 45 67"),
        a_customer(session, zipcode="unknown", phone="12345", region="Deleted"),
        a_customer(session, country="CI", zipcode=""),
        a_customer(session, balance=Decimal("-999999999.99")),
        a_customer(session, balance=Decimal("9999999999.99"), address2="x" * 250),
        a_customer(session, company_name="x" * 255, billing_details="x" * 255, phone="0" * 30),
    ],
    "products": lambda session: [
        a_product(session, name="x" * 255, description=LONG, stock=2**31 - 1),
    ],
    "groups": lambda session: [
        a_group(session, name="x" * 255, slug="x" * 255, description=LONG, badge_title="x" * 255),
        a_group(session, badge_color="x" * 32, badge_icon="x" * 64, sort_order=-(2**31)),
    ],
    "pricings": lambda session: [
        a_pricing(session, monthly=Decimal("999999.99"), weekly=Decimal("0.01"), onetime=0),
    ],
    "services": lambda session: [
        a_service(session, name="x" * 255, notes=LONG, description=LONG, delivery_errors=LONG),
        a_service(session, cancelled_reason="x" * 255, renewals=2**31 - 1, max_renewals=0),
        a_service(session, data=[{"a": [1, 1.5, None, True, {}]}], server_id=2**53 - 1),
        a_service(session, status="hidden", product_id=None),
    ],
}  # fmt: skip


@pytest.mark.parametrize("media_type", TYPES)
@pytest.mark.parametrize("collection", ROWS)
def test_a_row_of_another_program_can_be_sent_back_as_it_was_read(
    client, session, collection, media_type
):
    ids = [row.id for row in ROWS[collection](session)]
    found = [differences(client, f"/{collection}/{each}", media_type) for each in ids]
    assert [each for each in found if each] == []


@pytest.mark.parametrize("media_type", TYPES)
def test_a_key_of_an_earlier_version_can_be_sent_back_as_it_was_read(client, session, media_type):
    keys = [
        a_key(session, "products:store", "pricing:index", "hearth"),
        a_key(session, expires_at=datetime.now(UTC) - timedelta(days=1)),
        a_key(session, rate_limit=10**9),
    ]
    found = [differences(client, f"/api_keys/{number(key)}", media_type) for key in keys]
    assert [each for each in found if each] == []


@pytest.mark.parametrize(
    ("field", "was", "becomes"),
    [
        ("locale", "en", "de"),
        ("country", "PL", "XX"),
        ("balance", Decimal("-5.00"), "-4.00"),
        ("zipcode", "unknown", "none"),
    ],
)
def test_only_the_very_value_that_is_there_may_be_sent_back(client, session, field, was, becomes):
    path = f"/customers/{a_customer(session, **{field: was}).id}"
    answer = client.patch(path, json={field: becomes})
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {field})
    assert client.patch(path, json={field: str(was)}).status_code == 200
