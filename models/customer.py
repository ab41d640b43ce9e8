"""Customers: who buys, and where the invoice goes."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SoftDeleted, Timestamps, list_index
from models.sentence import Sentence, say

# Where customers may live, and the languages they may be written to (core contract 12.5).
COUNTRIES = (
    "FR", "BE", "CH", "LU", "CA", "US", "GB", "DE", "ES", "IT",
    "PT", "NL", "IE", "AT", "MA", "DZ", "TN", "SN", "CI", "CM",
)  # fmt: skip
LOCALES = ("fr_FR", "en_GB")


class Customer(Base, Timestamps, SoftDeleted):
    __tablename__ = "customers"
    __table_args__ = (
        Index("uq_customers_phone", "phone", unique=True),
        *map(list_index, ("firstname", "lastname", "created_at", "updated_at")),
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
    phone: Mapped[str | None] = mapped_column(String(30))
    address: Mapped[str] = mapped_column(String(250))
    address2: Mapped[str | None] = mapped_column(String(250))
    city: Mapped[str] = mapped_column(String(250))
    country: Mapped[str] = mapped_column(String(255), default="FR")
    region: Mapped[str] = mapped_column(String(250))
    zipcode: Mapped[str] = mapped_column(String(255))
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
