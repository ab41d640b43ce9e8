"""Reads go to the driver without SQLAlchemy, and bring what SQLAlchemy would bring."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.accounts import CUSTOMERS, SERVICES
from app.catalogue import GROUPS, PRICINGS, PRODUCTS
from app.listing import Shape
from app.pipeline.keys import _BY_HASH
from models import Customer, Metadata, Product
from models.any_of import any_of
from models.database import open_database
from models.personal_access_token import hash_secret
from models.reads import SessionReader, items, prepare
from tests.factories import (
    a_customer,
    a_group,
    a_key,
    a_note,
    a_pricing,
    a_product,
    a_service,
    an_invoice,
)  # fmt: skip

MOMENT = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)
COLLECTIONS = [CUSTOMERS, GROUPS, PRICINGS, PRODUCTS, SERVICES]


@pytest.fixture
def shop(session):
    customer = a_customer(session, balance=Decimal("-0.05"), last_login=MOMENT)
    an_invoice(session, customer=customer, total=Decimal("1234.50"))
    product = a_product(session, group=a_group(session, parent_id=a_group(session).id))
    for amount in (None, "0", "5", "0.10", "-3.07", "9999999999.99"):
        a_pricing(session, product=product, monthly=amount and Decimal(amount))
    a_service(session, customer=customer, data={"a": [1.5, None, True]}, expires_at=MOMENT)
    for row in (customer, product):
        a_note(session, row, "color", "bl\u00fc")
    a_key(session)


def read(server, statement, parameters):
    async def once():
        database = open_database(server.settings.database_url)
        try:
            return await database.read(lambda reader: reader.rows(statement, parameters))
        finally:
            await database.close()

    return [tuple(row) for row in asyncio.run(once())]


def both(server, session, statement, parameters):
    """The rows that the driver brings, after a look that SQLAlchemy brings the same."""
    found = read(server, statement, parameters)
    assert found == [tuple(row) for row in session.execute(statement, parameters)]
    assert [tuple(map(type, row)) for row in found] == [
        tuple(map(type, row)) for row in session.execute(statement, parameters)
    ]
    return found


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda each: each.table.name)
def test_lists(server, session, shop, collection):
    dialect = session.get_bind().dialect.name
    shape = Shape((("id", "exact", 2),), ("-id",), dialect)
    statements = collection._statements(shape)
    window = {"f0_0": 1, "f0_1": 2, "size": 10, "start": 0}
    assert both(server, session, statements.rows[0], window)
    assert both(server, session, statements.total, window)


@pytest.mark.parametrize(
    ("collection", "name"),
    [(each, name) for each in COLLECTIONS for name in each.relations],
    ids=lambda value: value if isinstance(value, str) else value.table.name,
)
def test_relations(server, session, shop, collection, name):
    relation = collection.relations[name]
    for statement in (getattr(relation, "_rows", None), getattr(relation, "_counts", None)):
        if statement is not None:
            both(server, session, statement, {"owners": [1, 2, 3], "ids": [1, 2, 3]})


def test_keys(server, session, shop):
    assert both(server, session, _BY_HASH, {"hash": hash_secret(a_key(session).partition("|")[2])})


def test_lists_of_values_of_any_type(server, session, shop):
    customer, product = Customer.__table__, Product.__table__
    for column, values, number in (
        (customer.c.email, ["nobody", 'O\'Reilly \u2028 "x"'], 0),
        (customer.c.id, [1, 2**60], 1),
        (customer.c.last_login, [MOMENT], 1),
        (customer.c.dark_mode, [False], 1),
        (product.c.type, [], 0),
    ):
        statement = select(column).where(any_of(column, "values"))
        assert len(both(server, session, statement, {"values": values})) == number


def test_rows_by_name_and_in_a_transaction(session, shop):
    statement = select(Metadata.__table__.c.key).order_by(Metadata.__table__.c.id)
    assert items(SessionReader(session), statement, {})[0] == {"key": "color"}


def test_a_statement_that_changes_with_its_values_is_refused(session):
    statement = select(Customer.__table__.c.id).where(Customer.__table__.c.id.in_([1, 2]))
    with pytest.raises(TypeError, match="any_of"):
        prepare(statement, session.get_bind().dialect)
