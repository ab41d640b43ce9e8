"""Services and what an answer may hold beside them."""

from marshmallow import EXCLUDE, Schema, fields

from app.schemas.compiler import Moment
from app.schemas.customer import CustomerSchema
from app.schemas.metadata import MetadataSchema
from app.schemas.pricing import PricingSchema


class ConfigOptionSchema(Schema):
    id = fields.Integer(dump_only=True)
    config_option_id = fields.Integer(dump_only=True)
    service_id = fields.Integer(dump_only=True)
    value = fields.String(dump_only=True)
    key = fields.String(dump_only=True)
    expires_at = Moment(dump_only=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)


class ServiceSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.Integer(dump_only=True)
    customer_id = fields.Integer()
    uuid = fields.String(dump_only=True)
    name = fields.String()
    type = fields.String()
    billing = fields.String()
    currency = fields.String()
    server_id = fields.Integer(allow_none=True)
    product_id = fields.Integer(allow_none=True)
    invoice_id = fields.Integer(dump_only=True)
    status = fields.String()
    expires_at = Moment(allow_none=True)
    suspended_at = Moment(allow_none=True)
    suspend_reason = fields.String(dump_only=True)
    cancelled_at = Moment(allow_none=True)
    cancelled_reason = fields.String(allow_none=True)
    cancellation_reason_id = fields.Integer(dump_only=True)
    is_cancelled = fields.Boolean(dump_only=True)
    notes = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    delivery_errors = fields.String(allow_none=True)
    delivery_attempts = fields.Integer()
    renewals = fields.Integer()
    max_renewals = fields.Integer(allow_none=True)
    trial_ends_at = Moment(allow_none=True)
    data = fields.Raw(allow_none=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)
    deleted_at = Moment(dump_only=True)
    customer = fields.Nested(CustomerSchema, dump_only=True)
    metadata = fields.List(fields.Nested(MetadataSchema), dump_only=True)
    pricing = fields.List(fields.Nested(PricingSchema), dump_only=True)
    configoptions = fields.List(fields.Nested(ConfigOptionSchema), dump_only=True)
