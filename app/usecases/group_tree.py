"""Groups as the shop shows them: with sub-groups, products, an address and a lowest price."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models import Group, Pricing, Product
from models.errors import Invalid
from models.pricing import PERIODS
from models.sentence import field, say

# How many groups may stand above one another. Deeper than a shop, far from any recursion limit.
DEPTH = 8

_group = Group.__table__
_product = Product.__table__
_pricing = Pricing.__table__

_roots = select(_group.c.id).where(_group.c.id.in_(bindparam("ids", expanding=True)))
_below = _roots.cte("below", recursive=True)
# UNION, not UNION ALL: should rows of another program form a circle, it ends all the same.
_below = _below.union(
    select(_group.c.id).join(_below, _group.c.parent_id == _below.c.id)
    .where(_group.c.deleted_at.is_(None))
)  # fmt: skip
DESCENDANTS = (
    select(_group).where(_group.c.id.in_(select(_below.c.id)))
    .order_by(_group.c.sort_order, _group.c.id)
)  # fmt: skip
PRODUCTS = (
    select(_product)
    .where(_product.c.group_id.in_(bindparam("ids", expanding=True)),
           _product.c.deleted_at.is_(None))
    .order_by(_product.c.sort_order, _product.c.id)
)  # fmt: skip
PRICES = (
    select(_pricing)
    .where(_pricing.c.related_type == "product", _pricing.c.deleted_at.is_(None),
           _pricing.c.currency == bindparam("currency"),
           _pricing.c.related_id.in_(bindparam("ids", expanding=True)))
    .order_by(_pricing.c.id)
)  # fmt: skip
PARENTS = select(_group.c.id, _group.c.slug, _group.c.parent_id).where(
    _group.c.id.in_(bindparam("ids", expanding=True))
)

Item = dict[str, Any]
Price = tuple[Decimal, str]


def trees(
    session: Session,
    rows: Sequence[Any],
    *,
    site: str,
    currency: str,
    dump_group: Callable[[Any], Item],
    present_products: Callable[[Sequence[Any]], list[Item]],
    number: Callable[[Decimal], Any],
) -> list[Item]:
    """Each group row as an item with everything below it, in a fixed number of statements.

    `site` is the scheme and host of storefront addresses, `currency` that of the lowest price.
    """
    connection = session.connection()
    groups = connection.execute(DESCENDANTS, {"ids": [row.id for row in rows]}).all()
    known = {row.id: row for row in [*groups, *rows]}
    products = connection.execute(PRODUCTS, {"ids": list(known)}).all()
    prices: dict[int, Price] = {}
    ids = [row.id for row in products if row.status == "active"]
    for pricing in connection.execute(PRICES, {"ids": ids, "currency": currency}).all():
        # Several prices of one product in one currency may exist; the first one sells.
        if pricing.related_id not in prices and (price := cheapest(pricing)):
            prices[pricing.related_id] = price
    parents = {row.parent_id for row in known.values()} - known.keys() - {None}
    slugs = {row.id: row.slug for row in connection.execute(PARENTS, {"ids": list(parents)}).all()}
    slugs |= {row.id: row.slug for row in known.values()}

    items_in: dict[int, list[Item]] = defaultdict(list)
    prices_in: dict[int, list[Price]] = defaultdict(list)
    for row, item in zip(products, present_products(products), strict=True):
        items_in[row.group_id].append(item)
        if row.id in prices:
            prices_in[row.group_id].append(prices[row.id])
    children: dict[int, list[Any]] = defaultdict(list)
    for row in groups:
        if row.parent_id is not None:
            children[row.parent_id].append(row)

    def tree(row: Any, depth: int) -> Item:
        below = children[row.id] if depth < DEPTH else []
        offers = prices_in[row.id] + [offer for each in below for offer in prices_in[each.id]]
        parent = slugs.get(row.parent_id)
        return {
            **dump_group(row),
            "start_price": start_price(min(offers, default=None), currency, number),
            "route": "/".join(filter(None, (f"{site}/store", parent, row.slug))),
            "groups": [tree(each, depth + 1) for each in below],
            "products": items_in[row.id],
        }

    return [tree(row, 1) for row in rows]


def cheapest(pricing: Any) -> Price | None:
    """The lowest amount of a price row and its period, or None if it offers no period."""
    offers = [(getattr(pricing, period), period) for period in PERIODS]
    # min() keeps the first of equals, so of two periods at one price the shorter one is shown.
    return min((offer for offer in offers if offer[0] is not None), default=None, key=_amount)


def _amount(offer: Price) -> Decimal:
    return offer[0]


def start_price(price: Price | None, currency: str, number: Callable[[Decimal], Any]) -> Item:
    """The lowest price of a group. The setup fee is not part of it (core contract 9.7)."""
    value, period = price or (Decimal(0), "monthly")
    shown = number(value)
    return {
        "mode": "tax_excluded",
        "price_ht": shown,
        "setup_ht": 0,
        "firstpayment_ht": None,
        "base_price": shown,
        "base_setup": 0,
        "base_firstpayment": None,
        "currency": currency,
        "recurring": period,
        "free": price is not None and not value,
        "price": shown,
        "setup": 0,
    }


def place(session: Session, group: Group, parent_id: int | None) -> None:
    """Put a group below another, or at the top for None.

    Raises Invalid if there is no such group, if it lies below `group` itself, or if the tree
    would become deeper than DEPTH.
    """
    above = 0
    seen = parent_id
    while seen is not None:
        parent = session.get(Group, seen)
        if parent is None or (above == 0 and parent.deleted_at is not None):
            raise Invalid({"parent_id": [field("parent_id", say("must be the id of a group"))]})
        if parent is group:
            raise Invalid({"parent_id": [say("A group cannot be placed below itself.")]})
        above += 1
        seen = parent.parent_id
        if above >= DEPTH:
            break
    if parent_id is not None and above + _height(session, group) > DEPTH:
        raise Invalid(
            {"parent_id": [say("Groups can be nested {limit} levels deep at most.", limit=DEPTH)]}
        )
    group.parent_id = parent_id


def _height(session: Session, group: Group) -> int:
    """How many levels a group has, itself included."""
    levels, ids = 1, [group.id] if group.id else []
    while ids and levels <= DEPTH:
        ids = list(session.scalars(select(_group.c.id).where(_group.c.parent_id.in_(ids))))
        levels += bool(ids)
    return levels
