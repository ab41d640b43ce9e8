"""Invoices: what a customer owes, or has paid. The API shows them with their customer."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import uuid4

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SoftDeleted, Timestamps

PENDING, CANCELLED = "pending", "cancelled"
# Nobody has settled these yet.
OPEN = frozenset({"draft", PENDING})


class Invoice(Base, Timestamps, SoftDeleted):
    """`billing_address` is what the customer's address was when the invoice was made."""

    __tablename__ = "invoices"
    CLASS_NAME: ClassVar[str] = "App\\Models\\Billing\\Invoice"

    uuid: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid4()))
    # NULL once the customer was erased.
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    billing_address: Mapped[dict[str, Any]]
    due_date: Mapped[datetime]
    total: Mapped[Decimal] = mapped_column(default=Decimal(0))
    subtotal: Mapped[Decimal] = mapped_column(default=Decimal(0))
    tax: Mapped[Decimal] = mapped_column(default=Decimal(0))
    setupfees: Mapped[Decimal] = mapped_column(default=Decimal(0))
    balance: Mapped[Decimal] = mapped_column(default=Decimal(0))
    fees: Mapped[Decimal] = mapped_column(default=Decimal(0))
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String(16), default="draft", index=True)
    paymethod: Mapped[str] = mapped_column(String(255), default="balance")
    payment_method_id: Mapped[str | None] = mapped_column(String(255))
    paid_at: Mapped[datetime | None]
    external_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    notes: Mapped[str] = mapped_column(String(1000), default="")
    invoice_number: Mapped[str | None] = mapped_column(String(255), unique=True)
    pdf_sha256: Mapped[str | None] = mapped_column(String(64))

    @property
    def address_lines(self) -> list[str]:
        """The billing address as it is printed (extended contract 2.3)."""
        return address_lines(self.billing_address)


def address_lines(address: Mapping[str, Any]) -> list[str]:
    """The lines of a billing address, from what `Invoice.billing_address` holds."""

    def joined(*names: str) -> str:
        return " ".join(str(address[name]) for name in names if address.get(name))

    lines = [
        address.get("company_name") or joined("firstname", "lastname"),
        joined("email"),
        joined("address", "address2"),
        joined("region", "city", "zipcode"),
        joined("country"),
        *str(address.get("billing_details") or "").splitlines(),
    ]
    return [line for line in lines if line]
