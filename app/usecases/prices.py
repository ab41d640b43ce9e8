"""Prices of one object, by billing period."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Pricing

Prices = Mapping[str, Mapping[str, Decimal | None] | None]


def set_prices(
    session: Session, related_type: str, related_id: int, prices: Prices, currency: str
) -> None:
    """Write prices by period into the object's first price row, or into a new one in `currency`.

    Only the given periods change; a price or setup fee that is not given is no longer offered
    (core contract 8.5).
    """
    if not prices:
        return
    pricing = session.scalars(
        select(Pricing)
        .where(Pricing.related_type == related_type, Pricing.related_id == related_id,
               Pricing.deleted_at.is_(None))
        .order_by(Pricing.id).limit(1)
    ).first()  # fmt: skip
    if pricing is None:
        pricing = Pricing(related_type=related_type, related_id=related_id, currency=currency)
        session.add(pricing)
    for period, price in prices.items():
        amounts = price or {}
        setattr(pricing, period, amounts.get("price"))
        setattr(pricing, f"setup_{period}", amounts.get("setup"))


def remove_prices(session: Session, related_type: str, related_id: int, now: datetime) -> None:
    """Take the object's own prices away."""
    session.execute(
        update(Pricing)
        .where(Pricing.related_type == related_type, Pricing.related_id == related_id,
               Pricing.deleted_at.is_(None))
        .values(deleted_at=now)
    )  # fmt: skip
