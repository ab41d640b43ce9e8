"""Prices of one object in one currency."""

from marshmallow import EXCLUDE, Schema, fields

from app.schemas.compiler import Moment, Money


class PricingSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.Integer(dump_only=True)
    related_id = fields.Integer()
    related_type = fields.String()
    currency = fields.String()
    weekly = Money(dump_only=True)
    setup_weekly = Money(dump_only=True)
    onetime = Money(allow_none=True)
    monthly = Money(allow_none=True)
    quarterly = Money(allow_none=True)
    semiannually = Money(allow_none=True)
    annually = Money(allow_none=True)
    biennially = Money(allow_none=True)
    triennially = Money(allow_none=True)
    setup_onetime = Money(allow_none=True)
    setup_monthly = Money(allow_none=True)
    setup_quarterly = Money(allow_none=True)
    setup_semiannually = Money(allow_none=True)
    setup_annually = Money(allow_none=True)
    setup_biennially = Money(allow_none=True)
    setup_triennially = Money(allow_none=True)
    deleted_at = Moment(dump_only=True)
