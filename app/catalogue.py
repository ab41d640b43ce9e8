"""The collections of the catalogue, and how they hang together."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import Session

from app.listing import Collection
from app.relations import Item, Many, Relation
from app.schemas.compiler import amount, compile_dump
from app.schemas.group import GroupSchema
from app.schemas.metadata import MetadataSchema
from app.schemas.pricing import PricingSchema
from app.schemas.product import ProductSchema
from app.usecases.group_tree import trees
from models import Group, Metadata, Pricing, Product

# The shop's own currency: that of lowest prices, and of a price row made by a product update.
STORE_CURRENCY = "EUR"

_group = Group.__table__
_product = Product.__table__
_pricing = Pricing.__table__
_metadata = Metadata.__table__

_dump_group = compile_dump(GroupSchema())
_dump_metadata = compile_dump(MetadataSchema())
_dump_pricing = compile_dump(PricingSchema())


def metadata_of(class_name: str, *criteria: ColumnElement[bool]) -> Relation:
    """The free notes of the rows of a class."""
    criteria = (_metadata.c.model_type == class_name, *criteria)
    return Many(_metadata, "model_id", _dump_metadata, criteria)


def prices_of(related_type: str) -> Relation:
    """The price rows of a kind of object."""
    criteria = (_pricing.c.related_type == related_type, _pricing.c.deleted_at.is_(None))
    return Many(_pricing, "related_id", _dump_pricing, criteria)


class GroupOfProduct:
    """The group a product is in, with all that a group holds."""

    def load(self, session: Session, rows: Sequence[Any], site: str) -> list[Any]:
        statement = select(_group).where(_group.c.id.in_(bindparam("ids", expanding=True)))
        ids = list({row.group_id for row in rows})
        groups = session.connection().execute(statement, {"ids": ids}).all()
        items = {item["id"]: item for item in group_items(session, groups, site)}
        return [items.get(row.group_id) for row in rows]

    def count(self, session: Session, rows: Sequence[Any]) -> list[int]:
        return [1 for _ in rows]


def group_items(session: Session, rows: Sequence[Any], site: str) -> list[Item]:
    """Group rows as the shop shows them."""
    if not rows:
        return []
    return trees(
        session,
        rows,
        site=site,
        currency=STORE_CURRENCY,
        dump_group=_dump_group,
        present_products=lambda products: PRODUCTS.items(session, products, (), site),
        number=amount,
    )


def _live(table: Any, key: str) -> Many:
    return Many(table, key, lambda row: {}, (table.c.deleted_at.is_(None),))


PRODUCTS = Collection(
    Product,
    compile_dump(ProductSchema()),
    always={"metadata": metadata_of(Product.CLASS_NAME)},
    relations={
        "metadata": metadata_of(Product.CLASS_NAME),
        "pricing": prices_of("product"),
        "group": GroupOfProduct(),
    },
    older={"q": "name", "group_id": "group_id", "type": "type"},
)

GROUPS = Collection(
    Group,
    _dump_group,
    computed=group_items,
    relations={
        "metadata": metadata_of(Group.CLASS_NAME),
        "products": _live(_product, "group_id"),
        "groups": _live(_group, "parent_id"),
    },
    older={"q": "name"},
)

PRICINGS = Collection(
    Pricing,
    _dump_pricing,
    older={"product": "related_id", "currency": "currency"},
    implied={"product": {"related_type": "product"}},
)
