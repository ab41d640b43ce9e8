"""Prices."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import PRICINGS
from app.listing import Page, Query
from app.schemas.compiler import Item
from app.schemas.pricing import PricingSchema
from models import Pricing
from models.base import living
from models.reads import Reader, SessionReader

SCHEMA = PricingSchema()


def index(reader: Reader, query: Query, site: str) -> Page:
    return PRICINGS.page(reader, query, site)


def create(session: Session, body: dict[str, Any], site: str) -> Item:
    pricing = Pricing(**SCHEMA.load(body))
    session.add(pricing)
    session.flush()
    return PRICINGS.item(SessionReader(session), pricing.id, site)


def show(reader: Reader, pricing_id: int, site: str) -> Item:
    return PRICINGS.item(reader, pricing_id, site)


def update(session: Session, pricing_id: int, body: dict[str, Any], site: str) -> Item:
    pricing = living(session, Pricing, pricing_id)
    pricing.change(SCHEMA.load(body, partial=True))
    session.flush()
    return PRICINGS.item(SessionReader(session), pricing_id, site)


patch = update


def delete(session: Session, pricing_id: int, site: str, now: datetime) -> Item:
    pricing = living(session, Pricing, pricing_id)
    pricing.deleted_at = now
    session.flush()
    return PRICINGS.deleted(SessionReader(session), pricing_id, site)
