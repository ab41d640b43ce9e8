"""Products, their images and the configuration of their drivers."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import PRODUCTS, STORE_CURRENCY
from app.listing import Page, Query
from app.schemas.compiler import Item
from app.schemas.product import ProductSchema
from app.storage import Storage
from app.usecases import products
from app.usecases.prices import set_prices
from models import Product
from models.base import living
from models.reads import Reader, SessionReader
from models.sentence import say

SCHEMA = ProductSchema()
IMAGES = frozenset({"jpg", "png", "gif", "svg"})


def index(reader: Reader, query: Query, site: str) -> Page:
    return PRODUCTS.page(reader, query, site)


def create(session: Session, body: dict[str, Any], storage: Storage, site: str) -> Item:
    product = Product(**products.values(SCHEMA.load(body)))
    session.add(product)
    products.save(session, product)
    storage.update(product, f"products/{product.id}", body, IMAGES)
    session.flush()
    return PRODUCTS.item(SessionReader(session), product.id, site)


def show(reader: Reader, product_id: int, query: Query, site: str) -> Item:
    return PRODUCTS.item(reader, product_id, site, query)


def update(
    session: Session, product_id: int, body: dict[str, Any], storage: Storage, site: str
) -> Item:
    product = living(session, Product, product_id)
    product.change(products.values(SCHEMA.load(body, partial=True)))
    products.save(session, product)
    set_prices(session, "product", product.id, body.get("pricing") or {}, STORE_CURRENCY)
    storage.update(product, f"products/{product.id}", body, IMAGES)
    session.flush()
    return PRODUCTS.item(SessionReader(session), product_id, site)


patch = upload_image = update


def delete(session: Session, product_id: int, storage: Storage, site: str, now: datetime) -> Item:
    product = living(session, Product, product_id)
    storage.remove(product.image)
    products.delete(session, product, now)
    return PRODUCTS.deleted(SessionReader(session), product_id, site)


def show_config(reader: Reader, product_id: int) -> dict[str, Any]:
    return products.shown_config(reader, product_id)


def update_config(session: Session, product_id: int, body: dict[str, Any]) -> dict[str, Any]:
    product = living(session, Product, product_id)
    config = products.write_config(session, product, body)
    return {"message": say("The configuration was saved."), "config": config}
