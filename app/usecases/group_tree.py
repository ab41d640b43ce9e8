"""Groups as the shop shows them: with sub-groups, products, an address and a lowest price."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models import Group, Pricing
from models.any_of import any_of
from models.base import SHARED
from models.errors import Invalid
from models.pricing import PERIODS
from models.reads import Reader, items
from models.sentence import field, say

# How many groups may stand above one another. Deeper than a shop, far from any recursion limit.
DEPTH = 8

_group = Group.__table__
_pricing = Pricing.__table__

_roots = select(_group.c.id).where(any_of(_group.c.id, "ids"))
_below = _roots.cte("below", recursive=True)
# UNION, not UNION ALL: should rows of another program form a circle, it ends all the same.
_below = _below.union(
    select(_group.c.id).join(_below, _group.c.parent_id == _below.c.id)
    .where(_group.c.deleted_at.is_(None))
)  # fmt: skip
# The ids of groups and of all groups below them.
DESCENDANTS = select(_below.c.id)
PRICES = (
    select(_pricing)
    .where(_pricing.c.related_type == "product", _pricing.c.deleted_at.is_(None),
           _pricing.c.currency == bindparam("currency"),
           any_of(_pricing.c.related_id, "ids"))
    .order_by(_pricing.c.id)
)  # fmt: skip
PARENTS = select(_group.c.id, _group.c.slug, _group.c.parent_id).where(any_of(_group.c.id, "ids"))

Item = dict[str, Any]
Price = tuple[Decimal, str]


def trees(
    reader: Reader,
    roots: Sequence[Item],
    below: Sequence[Item],
    products: Sequence[Item],
    *,
    site: str,
    currency: str,
    number: Callable[[Decimal], Any],
    with_contents: bool = True,
) -> list[Item]:
    """Each of some groups with what stands below it, from the groups below and all products.

    `site` is the scheme and host of storefront addresses, `currency` that of the lowest price.
    Without contents, the lists of groups and products are empty; the lowest price is then found in
    the id, group and status of each product, and the id, slug and parent of each group below.
    """
    known = {group["id"]: group for group in (*below, *roots)}
    prices = lowest_prices(reader, products, currency)
    parents = {group["parent_id"] for group in known.values()} - known.keys() - {None}
    rows = reader.rows(PARENTS, {"ids": list(parents)})
    slugs = {group_id: slug for group_id, slug, _ in rows}
    slugs |= {group["id"]: group["slug"] for group in known.values()}

    products_in: dict[int, list[Item]] = defaultdict(list)
    prices_in: dict[int, list[Price]] = defaultdict(list)
    for product in products:
        products_in[product["group_id"]].append(product)
        if product["id"] in prices:
            prices_in[product["group_id"]].append(prices[product["id"]])
    children: dict[int, list[Item]] = defaultdict(list)
    for group in below:
        if group["parent_id"] is not None:
            children[group["parent_id"]].append(group)

    def tree(group: Item, depth: int) -> Item:
        inside = children[group["id"]] if depth < DEPTH else []
        offers = prices_in[group["id"]] + [
            offer for each in inside for offer in prices_in[each["id"]]
        ]
        parent = slugs.get(group["parent_id"])
        return {
            **group,
            "start_price": start_price(min(offers, default=None), currency, number),
            "route": "/".join(filter(None, (f"{site}/store", parent, group["slug"]))),
            "groups": [tree(each, depth + 1) for each in inside] if with_contents else [],
            "products": products_in[group["id"]] if with_contents else [],
        }

    return [tree(group, 1) for group in roots]


def lowest_prices(reader: Reader, products: Sequence[Item], currency: str) -> dict[int, Price]:
    """The lowest price of each active product that has one in that currency."""
    ids = [product["id"] for product in products if product["status"] == "active"]
    prices: dict[int, Price] = {}
    for pricing in items(reader, PRICES, {"ids": ids, "currency": currency}):
        # Several prices of one product in one currency may exist; the first one sells.
        product_id = pricing["related_id"]
        if product_id not in prices and (price := cheapest(pricing)):
            prices[product_id] = price
    return prices


def cheapest(pricing: Item) -> Price | None:
    """The lowest amount of a price row and its period, or None if it offers no period."""
    offers = [(pricing[period], period) for period in PERIODS]
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
        # Who places one of these below the group at the same time waits, or this does.
        parent = session.get(Group, seen, with_for_update=SHARED)
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
