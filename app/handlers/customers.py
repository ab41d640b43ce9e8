"""Customers."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts import CUSTOMERS
from app.listing import Page, Query
from app.schemas.compiler import Item
from app.schemas.customer import CustomerSchema
from app.usecases import account_blocks, customers
from app.usecases.erasure import erase
from models import Customer
from models.base import living
from models.reads import Reader, SessionReader
from models.sentence import say

SCHEMA = CustomerSchema()


def index(reader: Reader, query: Query, site: str) -> Page:
    return CUSTOMERS.page(reader, query, site)


def create(
    session: Session, body: dict[str, Any], any_password_hash: str, site: str, now: datetime
) -> Item:
    values = SCHEMA.load(body)
    customer = customers.create(session, values, any_password_hash, site=site, now=now)
    return CUSTOMERS.item(SessionReader(session), customer.id, site)


def show(reader: Reader, customer_id: int, query: Query, site: str) -> Item:
    return CUSTOMERS.item(reader, customer_id, site, query)


def update(
    session: Session, customer_id: int, body: dict[str, Any], password_hash: str | None,
    site: str, admin_id: int,
) -> Item:  # fmt: skip
    customer = living(session, Customer, customer_id)
    values = SCHEMA.load(body, partial=True)
    customers.update(session, customer, values, password_hash, by=admin_id)
    return CUSTOMERS.item(SessionReader(session), customer_id, site)


patch = update


def delete(
    session: Session, customer_id: int, force: bool, body: dict[str, Any], now: datetime,
    admin_id: int,
) -> dict[str, Any]:  # fmt: skip
    customer = living(session, Customer, customer_id)
    erase(session, customer, force=force or bool(body["force"]), now=now, by=admin_id)
    return {"message": say("The customer was deleted.")}


def confirm(session: Session, customer_id: int, site: str, now: datetime, admin_id: int) -> Item:
    customers.confirm(session, living(session, Customer, customer_id), now=now, by=admin_id)
    return CUSTOMERS.item(SessionReader(session), customer_id, site)


def resend_confirmation(
    session: Session, customer_id: int, site: str, now: datetime
) -> dict[str, Any]:
    customer = living(session, Customer, customer_id)
    customers.resend_confirmation(session, customer, site=site, now=now)
    return {"message": say("A link that confirms the e-mail address is on its way.")}


def send_password(session: Session, customer_id: int, site: str, now: datetime) -> dict[str, Any]:
    customer = living(session, Customer, customer_id)
    customers.send_password(session, customer, site=site, now=now)
    return {"message": say("A link to choose a new password is on its way.")}


def suspend(
    session: Session, customer_id: int, body: dict[str, Any], site: str, now: datetime,
    admin_id: int,
) -> Item:  # fmt: skip
    return _block(session, customer_id, "suspended", body, site, now, admin_id)


def ban(
    session: Session, customer_id: int, body: dict[str, Any], site: str, now: datetime,
    admin_id: int,
) -> Item:  # fmt: skip
    return _block(session, customer_id, "banned", body, site, now, admin_id)


def _block(
    session: Session, customer_id: int, state: str, body: dict[str, Any], site: str,
    now: datetime, admin_id: int,
) -> Item:  # fmt: skip
    account_blocks.block(
        session, living(session, Customer, customer_id), state, reason=body.get("reason"),
        force=bool(body["force"]), notify=bool(body["notify"]), now=now, by=admin_id,
    )  # fmt: skip
    return CUSTOMERS.item(SessionReader(session), customer_id, site)


def reactivate(
    session: Session, customer_id: int, body: dict[str, Any], site: str, now: datetime,
    admin_id: int,
) -> Item:  # fmt: skip
    customer = living(session, Customer, customer_id)
    notify = bool(body["notify"])
    account_blocks.reactivate(session, customer, notify=notify, now=now, by=admin_id)
    return CUSTOMERS.item(SessionReader(session), customer_id, site)


def disable2FA(session: Session, customer_id: int, site: str, admin_id: int) -> Item:
    account_blocks.disable_2fa(session, living(session, Customer, customer_id), by=admin_id)
    return CUSTOMERS.item(SessionReader(session), customer_id, site)
