"""Customers: who buys, and where the invoice goes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from models.base import FIELD, Base, SoftDeleted, Timestamps, list_index
from models.phone_number import e164, spellings
from models.sentence import Sentence, say

# The languages customers may be written to (core contract 12.5).
LOCALES = ("fr_FR", "en_GB")


def of_new(
    derived: Callable[[str | None, str | None], str | None],
) -> Callable[[DefaultExecutionContext], str | None]:
    """The default of a column that follows from the phone number and the country of a new row."""

    def default(context: DefaultExecutionContext) -> str | None:
        row = context.get_current_parameters()  # type: ignore[no-untyped-call]
        return derived(row.get("phone"), row.get("country"))

    return default


class Customer(Base, Timestamps, SoftDeleted):
    __tablename__ = "customers"
    __table_args__ = (
        Index("uq_customers_phone_e164", "phone_e164", unique=True),
        *map(
            list_index,
            ("firstname", "lastname", "phone", "phone_spellings", "created_at", "updated_at"),
        ),
    )
    CLASS_NAME: ClassVar[str] = "App\\Models\\Account\\Customer"
    NOUN: ClassVar[Sentence] = say("customer")

    firstname: Mapped[str] = mapped_column(String(50))
    lastname: Mapped[str] = mapped_column(String(50))
    email: Mapped[str] = mapped_column(String(255), unique=True)
    avatar_path: Mapped[str | None] = mapped_column(String(255))
    company_name: Mapped[str | None] = mapped_column(String(255))
    billing_details: Mapped[str | None] = mapped_column(String(255))
    locale: Mapped[str] = mapped_column(String(255), default="fr_FR")
    # As the customer typed it. The number that this is has to be unique.
    phone: Mapped[str | None] = mapped_column(String(30))
    phone_e164: Mapped[str | None] = mapped_column(
        String(64), default=of_new(e164), info={FIELD: "phone"}
    )
    phone_spellings: Mapped[str | None] = mapped_column(String(100), default=of_new(spellings))
    address: Mapped[str] = mapped_column(String(250))
    address2: Mapped[str | None] = mapped_column(String(250))
    city: Mapped[str] = mapped_column(String(250))
    country: Mapped[str] = mapped_column(String(255), default="FR")
    region: Mapped[str] = mapped_column(String(250))
    # Empty in countries without postal codes.
    zipcode: Mapped[str] = mapped_column(String(255), default="")
    email_verified_at: Mapped[datetime | None]
    balance: Mapped[Decimal] = mapped_column(default=Decimal(0))
    last_login: Mapped[datetime | None]
    last_ip: Mapped[str | None] = mapped_column(String(45))
    is_confirmed: Mapped[bool] = mapped_column(default=False)
    confirmation_token: Mapped[str | None] = mapped_column(String(255))
    is_deleted: Mapped[bool] = mapped_column(default=False)
    password: Mapped[str | None] = mapped_column(String(255))
    remember_token: Mapped[str | None] = mapped_column(String(100))
    totp_secret: Mapped[str | None] = mapped_column(String(255))
    security_question_id: Mapped[int | None] = mapped_column(BigInteger)
    security_answer: Mapped[str | None] = mapped_column(String(255))
    dark_mode: Mapped[bool] = mapped_column(default=False)
    gdpr_compliment: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[str | None] = mapped_column(Text)

    def change(self, values: Mapping[str, Any]) -> None:
        """Set the given columns, and those that follow from them."""
        super().change(values)
        if not {"phone", "country"}.isdisjoint(values):
            self.phone_e164 = e164(self.phone, self.country)
            self.phone_spellings = spellings(self.phone, self.country)
