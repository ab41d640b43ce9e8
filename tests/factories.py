"""Rows with good defaults, saved."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.usecases.api_keys import create_api_key
from models import Admin, Customer, Group, Invoice, Metadata, Pricing, Product, Service
from models.base import Base

Row = TypeVar("Row", bound=Base)

_numbers = count(1)


def save(session: Session, row: Row) -> Row:
    # What was read before the server wrote would stand in the way of writing now.
    session.rollback()
    session.add(row)
    session.commit()
    return row


def an_admin(session: Session, **fields: Any) -> Admin:
    number = next(_numbers)
    defaults = {
        "username": f"admin{number}",
        "email": f"admin{number}@example.org",
        "firstname": "Ada",
        "lastname": "Martin",
    }
    return save(session, Admin(**{**defaults, **fields}))


def a_key(
    session: Session,
    *abilities: str,
    owner: Any = None,
    expires_at: datetime | None = None,
    now: datetime | None = None,
    **limits: Any,
) -> str:
    """A new API key, as it is printed; for everything if no abilities are named.

    One that has expired was made a day before its end.
    """
    now = now or datetime.now(UTC)
    if expires_at and expires_at <= now:
        now = expires_at - timedelta(days=1)
    owner = owner or session.scalars(select(Admin)).first() or an_admin(session)
    _, token = create_api_key(
        session,
        name="test",
        owner=owner,
        abilities=list(abilities) or ["*"],
        expires_at=expires_at,
        now=now,
        **limits,
    )
    session.commit()
    return token


def a_group(session: Session, **fields: Any) -> Group:
    number = next(_numbers)
    defaults = {
        "name": f"Group {number}",
        "slug": f"group-{number}",
        "description": "Things to rent",
        "status": "active",
        "sort_order": 0,
    }
    return save(session, Group(**{**defaults, **fields}))


def a_product(session: Session, *, group: Group | None = None, **fields: Any) -> Product:
    group = group or a_group(session)
    defaults = {
        "name": f"Product {next(_numbers)}",
        "group_id": group.id,
        "description": "2 vCPU, 4 GB",
        "status": "active",
        "stock": 10,
        "type": "none",
    }
    return save(session, Product(**{**defaults, **fields}))


def a_pricing(session: Session, *, product: Product | None = None, **fields: Any) -> Pricing:
    defaults: dict[str, Any] = {"related_type": "product", "currency": "EUR"}
    if "related_id" not in fields:
        defaults["related_id"] = (product or a_product(session)).id
    return save(session, Pricing(**{**defaults, **fields}))


def a_note(session: Session, row: Base, key: str, value: str | None) -> Metadata:
    return save(
        session,
        Metadata(model_type=row.CLASS_NAME, model_id=row.id, key=key, value=value),
    )


def a_customer(session: Session, **fields: Any) -> Customer:
    number = next(_numbers)
    defaults = {
        "firstname": "Ada",
        "lastname": "Martin",
        "email": f"ada{number}@example.org",
        "password": "not a hash",
        "address": "1 rue Haute",
        "city": "Lille",
        "region": "Nord",
        "zipcode": "59000",
        "country": "FR",
        "locale": "fr_FR",
    }
    return save(session, Customer(**{**defaults, **fields}))


def an_invoice(session: Session, *, customer: Customer, **fields: Any) -> Invoice:
    names = ("firstname", "lastname", "email", "address", "city", "region", "zipcode", "country")
    defaults = {
        "customer_id": customer.id,
        "billing_address": {name: getattr(customer, name) for name in names},
        "due_date": datetime(2026, 10, 11, tzinfo=UTC),
        "currency": "EUR",
        "status": "paid",
    }
    return save(session, Invoice(**{**defaults, **fields}))


def a_service(session: Session, *, customer: Customer | None = None, **fields: Any) -> Service:
    customer = customer or a_customer(session)
    defaults = {
        "customer_id": customer.id,
        "name": "VPS S",
        "type": "none",
        "billing": "monthly",
        "currency": "EUR",
        "status": "active",
    }
    return save(session, Service(**{**defaults, **fields}))
