"""Prices: what one object costs in one currency, by billing period."""

from calendar import monthrange
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SoftDeleted
from models.sentence import Sentence, say

# Billing period -> calendar months; 0 never ends, 0.5 stands for one week (core contract 12.2).
PERIODS = {
    "onetime": 0,
    "monthly": 1,
    "quarterly": 3,
    "semiannually": 6,
    "annually": 12,
    "biennially": 24,
    "triennially": 36,
    "weekly": 0.5,
}


class Pricing(Base, SoftDeleted):
    """A price of NULL is a period that is not offered; 0 is free."""

    __tablename__ = "pricings"
    __table_args__ = (Index(None, "related_type", "related_id"),)
    CLASS_NAME: ClassVar[str] = "App\\Models\\Store\\Pricing"
    NOUN: ClassVar[Sentence] = say("price")

    related_id: Mapped[int] = mapped_column(BigInteger)
    related_type: Mapped[str] = mapped_column(String(32))
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    weekly: Mapped[Decimal | None]
    setup_weekly: Mapped[Decimal | None]
    onetime: Mapped[Decimal | None]
    monthly: Mapped[Decimal | None]
    quarterly: Mapped[Decimal | None]
    semiannually: Mapped[Decimal | None]
    annually: Mapped[Decimal | None]
    biennially: Mapped[Decimal | None]
    triennially: Mapped[Decimal | None]
    setup_onetime: Mapped[Decimal | None]
    setup_monthly: Mapped[Decimal | None]
    setup_quarterly: Mapped[Decimal | None]
    setup_semiannually: Mapped[Decimal | None]
    setup_annually: Mapped[Decimal | None]
    setup_biennially: Mapped[Decimal | None]
    setup_triennially: Mapped[Decimal | None]


def add_periods(moment: datetime, period: str, count: int) -> datetime:
    """The moment that many periods later (earlier if negative), not beyond the month's last day."""
    if period == "weekly":
        return moment + timedelta(weeks=count)
    years, month = divmod(moment.month - 1 + int(PERIODS[period]) * count, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
