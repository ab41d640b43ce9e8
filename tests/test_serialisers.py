"""The compiled serialisers give what marshmallow's own `dump` gives, for any row."""

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, fields

from app.schemas.compiler import Moment, Money, amount, compile_dump
from app.schemas.group import GroupSchema
from app.schemas.metadata import MetadataSchema
from app.schemas.pricing import PricingSchema
from app.schemas.product import ProductSchema

CENTS = st.integers(0, 99_999_999).map(lambda cents: Decimal(cents).scaleb(-2))
MOMENTS = st.datetimes(timezones=st.just(UTC))
VALUES = {
    fields.Integer: st.integers(-(2**63), 2**63 - 1),
    fields.String: st.text(),
    fields.Boolean: st.booleans(),
    fields.Float: st.floats(allow_nan=False),
    Money: CENTS,
    Moment: MOMENTS,
}


class MixedSchema(Schema):
    """Names that differ from their attributes, and a kind of field that is not compiled."""

    number = fields.Integer(attribute="count")
    ratio = fields.Float()


def columns(schema):
    """The fields that are read from the row itself."""
    for name, field in schema.dump_fields.items():
        if type(field) in VALUES and not field.metadata.get("computed"):
            yield field.attribute or name, field


@pytest.mark.parametrize(
    "kind", [ProductSchema, GroupSchema, PricingSchema, MetadataSchema, MixedSchema]
)
@given(data=st.data())
def test_a_compiled_serialiser_equals_dump(kind, data):
    schema = kind()
    values = {name: st.none() | VALUES[type(field)] for name, field in columns(schema)}
    row = SimpleNamespace(**data.draw(st.fixed_dictionaries(values)))
    assert compile_dump(schema)(row) == schema.dump(row)


@given(CENTS)
def test_an_amount_leaves_with_the_digits_that_are_stored(value):
    assert Decimal(str(amount(value))) == value


def test_a_moment_has_six_digits_and_a_z():
    row = SimpleNamespace(created_at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    schema = Schema.from_dict({"created_at": Moment()})()
    assert compile_dump(schema)(row) == {"created_at": "2026-03-02T09:00:00.000000Z"}
