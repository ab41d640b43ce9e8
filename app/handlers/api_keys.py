"""API keys of the admin whose key asks."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.access import API_KEYS
from app.listing import Page, Query
from app.schemas.api_key import ApiKeySchema
from app.schemas.compiler import Item
from app.usecases import api_keys
from app.usecases.rights import Principal
from models import Admin
from models.reads import Reader, SessionReader

SCHEMA = ApiKeySchema()


def index(reader: Reader, query: Query, site: str, principal: Principal) -> Page:
    return API_KEYS.page(reader, query, site, owner_id=principal.admin_id)


def create(
    session: Session, body: dict[str, Any], site: str, principal: Principal, now: datetime
) -> Item:
    owner = session.get_one(Admin, principal.admin_id)
    key, token = api_keys.create_api_key(
        session, owner=owner, within=principal.rights, now=now, **SCHEMA.load(body)
    )
    return {**_read(SessionReader(session), key.id, site, principal), "token": token}


def show(reader: Reader, api_key_id: int, site: str, principal: Principal) -> Item:
    return _read(reader, api_key_id, site, principal)


def update(
    session: Session, api_key_id: int, body: dict[str, Any], site: str, principal: Principal,
    now: datetime,
) -> Item:  # fmt: skip
    key = api_keys.key_beside(session, principal, api_key_id)
    values = SCHEMA.load(body, partial=True)
    api_keys.change(session, key, values, within=principal.rights, now=now)
    return _read(SessionReader(session), api_key_id, site, principal)


patch = update


def rotate(
    session: Session, api_key_id: int, body: dict[str, Any], site: str, principal: Principal,
    now: datetime,
) -> Item:  # fmt: skip
    key = api_keys.key_beside(session, principal, api_key_id)
    overlap = timedelta(seconds=body["overlap"])
    token = api_keys.rotate(session, key, overlap=overlap, within=principal.rights, now=now)
    return {**_read(SessionReader(session), api_key_id, site, principal), "token": token}


def delete(session: Session, api_key_id: int, principal: Principal) -> None:
    api_keys.revoke(session, api_keys.key_beside(session, principal, api_key_id))


def _read(reader: Reader, key_id: int, site: str, principal: Principal) -> Item:
    return API_KEYS.item(reader, key_id, site, owner_id=principal.admin_id)
