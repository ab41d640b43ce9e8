"""What a group does to its place in the tree, its address and the rows around it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from slugify import slugify
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.usecases import products
from app.usecases.group_tree import place
from app.usecases.notes import remove_notes, write_notes
from models import Group, Product
from models.base import HELD, flush, is_taken, living, taken
from models.errors import Conflict, Invalid
from models.sentence import Sentence, field, say

BACKGROUND = "use_image_as_background"
# Whoever changes a group holds this one.
FIRST = select(Group.id).order_by(Group.id).limit(1).with_for_update(**HELD)


def to_change(session: Session, group_id: int) -> Group:
    """The group with that id, held until the transaction ends. Raises NotFound.

    Groups are changed one at a time: two that are given one name would not see each other, and two
    that are moved below each other would wait for each other.
    """
    session.execute(FIRST)
    return living(session, Group, group_id)


def write(session: Session, group: Group, body: Mapping[str, Any]) -> None:
    """Write the fields of a body into a new or an existing group.

    Raises Invalid, naming every field that repeats what must be unique or refers to nothing.
    """
    values = dict(body)
    errors: dict[str, list[Sentence]] = {}
    is_new = group.id is None
    with session.no_autoflush:
        if "slug" in values:
            values["slug"] = slugify(values["slug"], max_length=255)
            if not values["slug"]:
                errors["slug"] = [field("slug", say("must have letters or digits"))]
            elif is_taken(session, group, Group.slug == values["slug"]):
                errors["slug"] = [taken("slug")]
        if "name" in values and not is_new:
            same = (Group.name == values["name"], Group.deleted_at.is_(None))
            if is_taken(session, group, *same):
                errors["name"] = [taken("name")]
        if "parent_id" in values:
            try:
                place(session, group, values.pop("parent_id"))
            except Invalid as error:
                errors |= error.errors
    if errors:
        raise Invalid(errors)
    if "pinned" in values:
        values["pinned"] = bool(values["pinned"])
    group.change(values)
    session.add(group)
    flush(session)


def image_stem(session: Session, group: Group) -> str:
    """The path of a group's image, but for its extension: `groups/<slug>` (core contract 9.3).

    A group that has changed its slug keeps its file, so the name may be in use: then the id,
    behind a dot that no slug has, tells them apart.
    """
    # A file name has at most 255 bytes, with extension and temporary marks.
    stem = f"groups/{group.slug[:200]}"
    other = (Group.id != group.id) & Group.image.startswith(f"{stem}.", autoescape=True)
    return f"{stem}.{group.id}" if session.scalar(select(Group.id).where(other).limit(1)) else stem


def set_background(session: Session, group: Group, wanted: bool | None) -> None:
    """Note whether the storefront shows the group's image as its background."""
    if wanted:
        write_notes(session, group, {BACKGROUND: "true"})
    else:
        remove_notes(session, group, [BACKGROUND])


def delete(session: Session, group: Group, now: datetime, *, force: bool) -> list[Product]:
    """Delete a group; its sub-groups move to the top. Returns the products deleted with it.

    Raises Conflict while it holds products, unless `force`, which deletes them too.
    """
    holding = (
        select(Product)
        .where(Product.group_id == group.id, Product.deleted_at.is_(None))
        .order_by(Product.id)
    )
    held = list(session.scalars(holding.with_for_update(**HELD) if force else holding))
    if held and not force:
        reason = say("The group still holds products. Delete or move them first, or use force.")
        raise Conflict(
            reason,
            error=reason,
            blocking_reasons={
                "products": {
                    "count": len(held),
                    "products": {str(product.id): product.name for product in held[:100]},
                }
            },
        )
    for product in held:
        products.delete(session, product, now)
    session.execute(update(Group).where(Group.parent_id == group.id).values(parent_id=None))
    group.deleted_at = now
    session.flush()
    return held
