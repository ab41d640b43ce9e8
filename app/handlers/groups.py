"""Product groups."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import GROUPS
from app.listing import Page, Query
from app.schemas.compiler import Item
from app.schemas.group import GroupSchema
from app.storage import Storage
from app.usecases import groups
from models import Group
from models.base import living
from models.reads import Reader, SessionReader

SCHEMA = GroupSchema()
IMAGES = frozenset({"jpg", "png", "gif", "svg", "webp"})


def index(reader: Reader, query: Query, site: str) -> Page:
    return GROUPS.page(reader, query, site)


def create(session: Session, body: dict[str, Any], storage: Storage, site: str) -> Item:
    group = Group()
    _write(session, group, body, storage)
    return GROUPS.item(SessionReader(session), group.id, site)


def show(reader: Reader, group_id: int, query: Query, site: str) -> Item:
    return GROUPS.item(reader, group_id, site, query)


def update(
    session: Session, group_id: int, body: dict[str, Any], storage: Storage, site: str
) -> Item:
    _write(session, groups.to_change(session, group_id), body, storage)
    return GROUPS.item(SessionReader(session), group_id, site)


patch = upload_image = update


def delete(
    session: Session, group_id: int, force: bool, storage: Storage, site: str, now: datetime
) -> Item:
    group = living(session, Group, group_id)
    for product in groups.delete(session, group, now, force=force):
        storage.remove(product.image)
    storage.remove(group.image)
    return GROUPS.deleted(SessionReader(session), group_id, site)


def _write(session: Session, group: Group, body: dict[str, Any], storage: Storage) -> None:
    groups.write(session, group, SCHEMA.load(body))
    if "use_image_as_background" in body:
        groups.set_background(session, group, body["use_image_as_background"])
    storage.update(group, groups.image_stem(session, group), body, IMAGES)
    session.flush()
