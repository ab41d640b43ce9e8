"""Customers, without anything secret."""

from marshmallow import EXCLUDE, Schema, fields

from app.schemas.compiler import Balance, Moment
from app.schemas.invoice import InvoiceSchema
from app.schemas.metadata import MetadataSchema


class CustomerSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.Integer(dump_only=True)
    firstname = fields.String()
    lastname = fields.String()
    email = fields.String()
    avatar_path = fields.String(dump_only=True)
    company_name = fields.String(allow_none=True)
    billing_details = fields.String(allow_none=True)
    locale = fields.String()
    phone = fields.String(allow_none=True)
    address = fields.String()
    address2 = fields.String(allow_none=True)
    city = fields.String()
    country = fields.String()
    region = fields.String()
    zipcode = fields.String(allow_none=True)
    email_verified_at = Moment(dump_only=True)
    balance = Balance()
    last_login = Moment(dump_only=True)
    is_confirmed = fields.Boolean(dump_only=True)
    is_deleted = fields.Boolean(dump_only=True)
    deleted_at = Moment(dump_only=True)
    dark_mode = fields.Boolean(dump_only=True)
    notes = fields.String(dump_only=True)
    created_at = Moment(dump_only=True)
    gdpr_compliment = fields.Boolean(dump_only=True)
    security_question_id = fields.Integer(dump_only=True)
    password = fields.String(load_only=True, allow_none=True)
    verified = fields.Boolean(load_only=True, allow_none=True)
    invoices = fields.List(fields.Nested(InvoiceSchema), dump_only=True)
    metadata = fields.List(fields.Nested(MetadataSchema), dump_only=True)
    services = fields.List(fields.Nested("ServiceSchema"), dump_only=True)
