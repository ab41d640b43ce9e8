"""The collections of the catalogue, and how they hang together."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, select

from app.listing import Collection
from app.relations import Many, Relation
from app.schemas.compiler import Item, Serialiser, amount
from app.schemas.group import GroupSchema
from app.schemas.metadata import MetadataSchema
from app.schemas.pricing import PricingSchema
from app.schemas.product import ProductSchema
from app.usecases.group_tree import DESCENDANTS, trees
from models import Group, Metadata, Pricing, Product
from models.any_of import any_of
from models.reads import Reader
from models.reads import items as rows_as_items

# The shop's own currency: that of lowest prices, and of a price row made by a product update.
STORE_CURRENCY = "EUR"

_group = Group.__table__
_product = Product.__table__
_pricing = Pricing.__table__
_metadata = Metadata.__table__

_groups = Serialiser(GroupSchema(), _group)
_products = Serialiser(ProductSchema(), _product)
_pricings = Serialiser(PricingSchema(), _pricing)
_notes = Serialiser(MetadataSchema(), _metadata)

_groups_by_id = select(*_groups.columns).where(any_of(_group.c.id, "ids"))
_groups_below = (
    select(*_groups.columns).where(_group.c.id.in_(DESCENDANTS))
    .order_by(_group.c.sort_order, _group.c.id)
)  # fmt: skip
_products_in = (
    select(*_products.columns)
    .where(any_of(_product.c.group_id, "ids"), _product.c.deleted_at.is_(None))
    .order_by(_product.c.sort_order, _product.c.id)
)

# All that the lowest price of a group is found by: of the group, and of the groups right below it.
_children_of = select(_group.c.id, _group.c.slug, _group.c.parent_id).where(
    any_of(_group.c.parent_id, "ids"), _group.c.deleted_at.is_(None)
)
_priced_in = select(_product.c.id, _product.c.group_id, _product.c.status).where(
    any_of(_product.c.group_id, "ids"), _product.c.deleted_at.is_(None)
)


def metadata_of(class_name: str, *criteria: ColumnElement[bool]) -> Relation:
    """The free notes of the rows of a class."""
    of_class = _metadata.c.model_type == class_name
    return Many(_metadata, "model_id", _notes, of_class, *criteria)


def prices_of(related_type: str) -> Relation:
    """The price rows of a kind of object."""
    of_type = _pricing.c.related_type == related_type
    return Many(_pricing, "related_id", _pricings, of_type, _pricing.c.deleted_at.is_(None))


class GroupOfProduct:
    """The group that a product is in, without the lists of its products and sub-groups.

    A page may hold 1,000 products of one group. With the lists, each of them would repeat all of
    the others: 412 MB of JSON.
    """

    def load(self, reader: Reader, items: Sequence[Item], site: str) -> list[Any]:
        ids = list({item["group_id"] for item in items})
        groups = _groups.items(reader.rows(_groups_by_id, {"ids": ids}))
        found = {group["id"]: group for group in _without_contents(reader, groups, site)}
        return [found.get(item["group_id"]) for item in items]

    def count(self, reader: Reader, items: Sequence[Item]) -> list[int]:
        return [1 for _ in items]


def as_trees(reader: Reader, groups: list[Item], site: str) -> list[Item]:
    """Groups as the shop shows them, with all that stands below each."""
    if not groups:
        return groups
    rows = reader.rows(_groups_below, {"ids": [group["id"] for group in groups]})
    below = _groups.items(rows)
    ids = list({group["id"] for group in (*groups, *below)})
    products = _products.items(reader.rows(_products_in, {"ids": ids}))
    products = PRODUCTS.complete(reader, products, (), site)
    return trees(reader, groups, below, products, site=site, currency=STORE_CURRENCY, number=amount)


def _without_contents(reader: Reader, groups: list[Item], site: str) -> list[Item]:
    """Groups with their lowest price and storefront URL, and with empty lists."""
    if not groups:
        return groups
    ids = {group["id"] for group in groups}
    below = rows_as_items(reader, _children_of, {"ids": list(ids)})
    ids |= {group["id"] for group in below}
    products = rows_as_items(reader, _priced_in, {"ids": list(ids)})
    return trees(
        reader,
        groups,
        below,
        products,
        site=site,
        currency=STORE_CURRENCY,
        number=amount,
        with_contents=False,
    )


def _live(table: Table, key: str, serialiser: Serialiser) -> Many:
    return Many(table, key, serialiser, table.c.deleted_at.is_(None))


PRODUCTS = Collection(
    Product,
    ProductSchema(),
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
    GroupSchema(),
    computed=as_trees,
    relations={
        "metadata": metadata_of(Group.CLASS_NAME),
        "products": _live(_product, "group_id", _products),
        "groups": _live(_group, "parent_id", _groups),
    },
    older={"q": "name"},
)

PRICINGS = Collection(
    Pricing,
    PricingSchema(),
    older={"product": "related_id", "currency": "currency"},
    implied={"product": {"related_type": "product"}},
)
