"""What a product does to its prices, its configuration and the rows around it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete as delete_rows
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Group, Metadata, Pricing, Product, ProductConfig
from models.base import flush
from models.errors import Invalid, NotFound
from models.sentence import field, say

# The most fields that a configuration grows to, however it is written.
CONFIG_FIELDS = 1000


def values(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a body. A pin that is null is no pin."""
    return {**body, **({"pinned": bool(body["pinned"])} if "pinned" in body else {})}


def save(session: Session, product: Product) -> None:
    """Write a product. Raises Invalid if its group is not there."""
    if product.group_id is not None:
        with session.no_autoflush:
            group = session.get(Group, product.group_id)
        if group is None or group.deleted_at is not None:
            raise Invalid({"group_id": [field("group_id", say("must be the id of a group"))]})
    flush(session)


def set_prices(
    session: Session,
    product: Product,
    prices: Mapping[str, Mapping[str, Decimal | None] | None],
    currency: str,
) -> None:
    """Write prices by period into the product's first price row, or into a new one in `currency`.

    Only the given periods change; a price or setup fee that is not given is no longer offered
    (core contract 8.5).
    """
    if not prices:
        return
    pricing = session.scalars(
        select(Pricing)
        .where(Pricing.related_type == "product", Pricing.related_id == product.id,
               Pricing.deleted_at.is_(None))
        .order_by(Pricing.id).limit(1)
    ).first()  # fmt: skip
    if pricing is None:
        pricing = Pricing(related_type="product", related_id=product.id, currency=currency)
        session.add(pricing)
    for period, price in prices.items():
        amounts = price or {}
        setattr(pricing, period, amounts.get("price"))
        setattr(pricing, f"setup_{period}", amounts.get("setup"))


def delete(session: Session, product: Product, now: datetime) -> None:
    """Take a product off the shelf, with its prices and notes. Its services stay."""
    product.deleted_at = now
    session.execute(
        update(Pricing)
        .where(Pricing.related_type == "product", Pricing.related_id == product.id,
               Pricing.deleted_at.is_(None))
        .values(deleted_at=now)
    )  # fmt: skip
    session.execute(
        delete_rows(Metadata).where(
            Metadata.model_type == Product.CLASS_NAME, Metadata.model_id == product.id
        )
    )
    session.flush()


def config(session: Session, product: Product) -> ProductConfig:
    """The configuration of a product's driver, empty until it is written.

    Raises NotFound if products of that type have none.
    """
    if not product.is_configurable:
        raise NotFound(say("Products of the type {type} have no configuration.", type=product.type))
    found = session.scalars(
        select(ProductConfig).where(ProductConfig.product_id == product.id)
    ).first()
    if found is None:
        found = ProductConfig(product_id=product.id, data={})
    return found


def write_config(session: Session, product: Product, data: Mapping[str, Any]) -> dict[str, Any]:
    """Change fields of a configuration; the others stay. Returns the whole of it.

    Raises Invalid if it would have more than CONFIG_FIELDS fields.
    """
    found = config(session, product)
    # Forms have no booleans: the text true means true (core contract 8.7).
    changed = {name: True if value == "true" else value for name, value in data.items()}
    found.data = {**found.data, **changed}
    if len(found.data) > CONFIG_FIELDS:
        raise Invalid(
            {"body": [say("A configuration has at most {limit} fields.", limit=CONFIG_FIELDS)]}
        )
    session.add(found)
    session.flush()
    return found.data
