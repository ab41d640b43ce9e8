"""Invoices, as they are shown with their customer."""

from typing import Any

from marshmallow import Schema, fields

from app.schemas.compiler import Moment, Money
from models.invoice import address_lines


class AddressLines(fields.Field[list[str]]):
    """A billing address, as the lines that are printed."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> list[str]:
        return address_lines(value)


class InvoiceSchema(Schema):
    id = fields.Integer(dump_only=True)
    uuid = fields.String(dump_only=True)
    customer_id = fields.Integer(dump_only=True)
    billing_address = AddressLines(dump_only=True)
    due_date = Moment(dump_only=True)
    total = Money(dump_only=True)
    subtotal = Money(dump_only=True)
    tax = Money(dump_only=True)
    setupfees = Money(dump_only=True)
    balance = Money(dump_only=True)
    fees = Money(dump_only=True)
    currency = fields.String(dump_only=True)
    status = fields.String(dump_only=True)
    paymethod = fields.String(dump_only=True)
    payment_method_id = fields.String(dump_only=True)
    paid_at = Moment(dump_only=True)
    external_id = fields.String(dump_only=True)
    notes = fields.String(dump_only=True)
    invoice_number = fields.String(dump_only=True)
    pdf_sha256 = fields.String(dump_only=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)
    deleted_at = Moment(dump_only=True)
