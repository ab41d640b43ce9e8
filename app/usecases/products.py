"""What a product does to its prices, its configuration and the rows around it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.usecases.notes import has_note, remove_notes
from app.usecases.prices import remove_prices
from models import Group, Product, ProductConfig, Service
from models.base import HELD, flush, is_living, missing
from models.counters import one_more
from models.errors import Invalid, NotFound
from models.product import WITHOUT_CONFIGURATION
from models.reads import Reader
from models.sentence import field, say

_product = Product.__table__
_config = ProductConfig.__table__
_CONFIG = (
    select(_product.c.type, _config.c.data)
    .outerjoin(_config, _config.c.product_id == _product.c.id)
    .where(_product.c.id == bindparam("key"), _product.c.deleted_at.is_(None))
)
# The most fields that a configuration grows to, however it is written.
CONFIG_FIELDS = 1000


def values(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a body. A pin that is null is no pin."""
    return {**body, **({"pinned": bool(body["pinned"])} if "pinned" in body else {})}


def save(session: Session, product: Product) -> None:
    """Write a product. Raises Invalid if its group is not there."""
    if product.group_id is not None:
        with session.no_autoflush:
            is_there = is_living(session, Group, product.group_id)
        if not is_there:
            raise Invalid({"group_id": [field("group_id", say("must be the id of a group"))]})
    flush(session)


def delete(session: Session, product: Product, now: datetime) -> None:
    """Take a product off the shelf, with its prices and notes. Its services stay."""
    product.deleted_at = now
    remove_prices(session, "product", product.id, now)
    remove_notes(session, product)
    session.flush()


def take_from_stock(session: Session, service: Service) -> None:
    """Count one piece less. A stock of -1 never runs out, and one of 0 stays.

    The service stores which product it has taken a piece of (docs/decisions/0031).
    """
    product = _held(session, service.product_id)
    if product is not None and product.stock > 0:
        product.stock -= 1
        service.stock_product_id = product.id


def put_back_into_stock(session: Session, service: Service) -> None:
    """Count one piece more, if the service has taken one and the product's stock looks after itself
    (core contract 11.5).

    Raises Conflict if the stock is the largest that can be stored.
    """
    product = _held(session, service.stock_product_id)
    if product is not None and product.stock >= 0 and has_note(session, product, "auto_stock"):
        product.stock = one_more(product.stock, "stock", product.NOUN, service.allowed)
    service.stock_product_id = None


def _held(session: Session, product_id: int | None) -> Product | None:
    return session.get(Product, product_id, with_for_update=HELD) if product_id else None


def _check_configurable(kind: str) -> None:
    if kind in WITHOUT_CONFIGURATION:
        raise NotFound(say("Products of the type {type} have no configuration.", type=kind))


def shown_config(reader: Reader, product_id: int) -> dict[str, Any]:
    """The fields of a product's configuration, as `config` has them, without a session."""
    rows = reader.rows(_CONFIG, {"key": product_id})
    if not rows:
        raise missing(Product, product_id)
    kind, data = rows[0]
    _check_configurable(kind)
    return data or {}


def config(session: Session, product: Product) -> ProductConfig:
    """The configuration of a product's driver, empty until it is written.

    Raises NotFound if products of that type have none.
    """
    _check_configurable(product.type)
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
