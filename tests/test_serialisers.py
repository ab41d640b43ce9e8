"""What a compiled serialiser reads is what marshmallow's own `dump` gives, for any row."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, fields
from sqlalchemy import Column, MetaData, Table, create_engine, select

from app.schemas.compiler import Moment, Serialiser, amount
from app.schemas.customer import CustomerSchema
from app.schemas.group import GroupSchema
from app.schemas.invoice import InvoiceSchema
from app.schemas.metadata import MetadataSchema
from app.schemas.pricing import PricingSchema
from app.schemas.product import ProductSchema
from app.schemas.service import ConfigOptionSchema, ServiceSchema
from models import (
    ConfigOptionService,
    Customer,
    Group,
    Invoice,
    Metadata,
    Pricing,
    Product,
    Service,
)
from models.base import UTCDateTime

pytestmark = pytest.mark.once

CENTS = st.integers(0, 99_999_999).map(lambda cents: Decimal(cents).scaleb(-2))
MOMENTS = st.datetimes(timezones=st.just(UTC))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
JSON = st.dictionaries(TEXTS, TEXTS | st.integers(-(2**53), 2**53) | st.none(), max_size=3)
VALUES = {
    "BigInteger": st.integers(-(2**63), 2**63 - 1),
    "Integer": st.integers(-(2**31), 2**31 - 1),
    "String": TEXTS,
    "Text": TEXTS,
    "Boolean": st.booleans(),
    "JSON": JSON,
    "Money": CENTS,
    "UTCDateTime": MOMENTS,
}
KINDS = [
    (ProductSchema, Product),
    (GroupSchema, Group),
    (PricingSchema, Pricing),
    (MetadataSchema, Metadata),
    (CustomerSchema, Customer),
    (ServiceSchema, Service),
    (InvoiceSchema, Invoice),
    (ConfigOptionSchema, ConfigOptionService),
]


def values(table):
    """Any values for the columns of a table, null where that is possible."""
    return st.fixed_dictionaries(
        {
            column.name: VALUES[type(column.type).__name__]
            | (st.none() if column.nullable else st.nothing())
            for column in table.columns
        }
    )


def without_constraints(table):
    """The table on its own: its columns, and nothing that rows could break."""
    return Table(
        table.name,
        MetaData(),
        *(Column(each.name, each.type, primary_key=each.primary_key) for each in table.columns),
    )


@pytest.mark.parametrize(("schema", "model"), KINDS, ids=lambda each: each.__name__)
@given(data=st.data())
def test_a_compiled_serialiser_equals_dump(schema, model, data):
    table = without_constraints(model.__table__)
    row = data.draw(values(model.__table__))
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        table.create(connection)
        connection.execute(table.insert(), row)
        serialiser = Serialiser(schema(), table)
        (item,) = serialiser.items(connection.execute(select(*serialiser.columns)))
    engine.dispose()
    own = schema(only=list(item))
    assert item == own.dump(row)
    assert list(item) == [name for name in schema().dump_fields if name in item]


@given(CENTS)
def test_an_amount_leaves_with_the_digits_that_are_stored(value):
    assert Decimal(str(amount(value))) == value


def test_a_property_may_have_another_name_than_its_column():
    table = Table("t", MetaData(), Column("made", UTCDateTime()))
    schema = Schema.from_dict({"created_at": Moment(attribute="made"), "x": fields.Nested(dict)})()
    serialiser = Serialiser(schema, table)
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        table.create(connection)
        connection.execute(table.insert(), {"made": datetime(2026, 3, 2, 9, tzinfo=UTC)})
        items = serialiser.items(connection.execute(select(*serialiser.columns)))
    engine.dispose()
    assert items == [{"created_at": "2026-03-02T09:00:00.000000Z"}]
