"""A demo shop: a believable European hosting company, the same each time."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from unicodedata import normalize
from uuid import UUID

from sqlalchemy import ColumnDefault, func, insert, select
from sqlalchemy.orm import Session

from app.usecases import demo_shop
from app.usecases.api_keys import create_api_key
from app.usecases.demo_invoices import invoices
from app.usecases.demo_shop import (
    ABUSE,
    COMPANIES,
    DELIVERY_ERRORS,
    LEAVING,
    OFFERS,
    PEOPLE,
    PLACES,
    SOUTHERN,
    UNPAID,
    Row,
    stamps,
)
from models import (
    Admin,
    Base,
    Customer,
    Group,
    Invoice,
    Metadata,
    Pricing,
    Product,
    ProductConfig,
    Service,
)
from models.pricing import add_periods

ADMIN_EMAIL = "admin@example.com"

SEED = 20260301
CUSTOMERS = 60
STATUSES = {
    "active": 88,
    "pending": 10,
    "suspended": 16,
    "expired": 16,
    "cancelled": 12,
    "hidden": 8,
}
# The shop is six years old, which leaves long periods little room for renewals.
OPENED = 6
RENEWALS = {"semiannually": 4, "annually": 2, "biennially": 0, "triennially": 0}


def load_demo(session: Session, *, now: datetime) -> None:
    """Fill an empty database: an admin, a catalogue, customers and services up to `now`.

    Nobody knows the secrets of its keys.
    """
    # The seed makes the same shop each time; nothing here is a secret.
    random = Random(SEED)
    now = now.replace(microsecond=0)
    customers = [_customer(random, number, now) for number in range(1, CUSTOMERS + 1)]
    statuses = [status for status, count in STATUSES.items() for _ in range(count)]
    random.shuffle(statuses)
    services = [
        _service(random, number, status, random.choice(customers), now)
        for number, status in enumerate(statuses, 1)
    ]
    _meet_customers_first(customers, services)
    admin = Admin(username="admin", email=ADMIN_EMAIL, firstname="Alex", lastname="Demo")
    session.add(admin)
    session.flush()
    opening = add_periods(now, "annually", -OPENED)
    groups = demo_shop.groups(opening)
    products = demo_shop.products(groups, opening)
    _insert(session, Group, groups)
    _insert(session, Product, products)
    pricings = demo_shop.pricings()
    _insert(session, Pricing, pricings)
    _insert(session, ProductConfig, demo_shop.configs(opening))
    _insert(session, Customer, customers)
    _insert(session, Invoice, invoices(random, services, customers, pricings, now))
    _insert(session, Service, services)
    _insert(session, Metadata, _metadata(groups, products, customers, now))
    for days, key in enumerate(demo_shop.KEYS):
        create_api_key(session, owner=admin, now=opening + timedelta(days=days), **key)


def _insert(session: Session, model: type[Base], rows: list[Row]) -> None:
    # One statement for all rows needs the same columns in each.
    names = {name: None for row in rows for name in row}
    defaults = {
        name: default.arg
        for name in names
        if isinstance(default := model.__table__.c[name].default, ColumnDefault)
        and default.is_scalar
    }
    session.execute(insert(model), [{**names, **defaults, **row} for row in rows])
    if session.get_bind().dialect.name == "postgresql" and "id" in names:
        # Rows came with their numbers, of which the sequence knows nothing.
        table = model.__tablename__
        largest = select(func.max(model.id)).scalar_subquery()
        session.execute(select(func.setval(func.pg_get_serial_sequence(table, "id"), largest)))


def _customer(random: Random, number: int, now: datetime) -> Row:
    place = PLACES[number % len(PLACES)] if number % 3 else random.choice(PLACES[:6])
    people = PEOPLE.get(place.country, SOUTHERN)
    first, last = random.choice(people.firstnames), random.choice(people.lastnames)
    created = now - timedelta(days=random.randint(20, 900), seconds=random.randint(0, 86399))
    is_confirmed = number % 8 != 0
    latest = now - timedelta(seconds=random.randint(600, 20 * 86400))
    company = f"{last} {random.choice(COMPANIES)}" if number % 4 == 0 else None
    return {
        "id": number,
        "firstname": first,
        "lastname": last,
        "email": f"{_ascii(first)}.{_ascii(last)}{number}@example.{random.choice(('org', 'net'))}",
        "company_name": company,
        "locale": "fr_FR" if place.country in ("FR", "BE", "LU", "CA") else "en_GB",
        "phone": place.phone.format(number) if place.phone else None,
        "address": place.street.format(random.randint(1, 180)),
        "city": place.city,
        "region": place.region,
        "zipcode": place.zipcode,
        "country": place.country,
        "balance": Decimal(random.randint(100, 9000)) / 100 if number % 5 == 0 else Decimal(0),
        "is_confirmed": is_confirmed,
        "email_verified_at": created + timedelta(minutes=12) if is_confirmed else None,
        "last_login": latest if is_confirmed else None,
        "dark_mode": random.random() < 0.3,
        "gdpr_compliment": is_confirmed,
        "notes": "Prefers to be called in the morning." if number % 20 == 7 else None,
        **stamps(created, latest if is_confirmed else created),
    }


def _ascii(name: str) -> str:
    text = normalize("NFKD", name).encode("ascii", "ignore").decode()
    return text.lower().replace(" ", "")


def _service(random: Random, number: int, status: str, customer: Row, now: datetime) -> Row:
    product = random.randrange(len(OFFERS))
    offer = OFFERS[product]
    while "onetime" in offer.periods and status != "active":
        product = random.randrange(len(OFFERS))
        offer = OFFERS[product]
    billing = random.choice(offer.periods)
    row = {
        "id": number,
        "uuid": str(UUID(int=random.getrandbits(128), version=4)),
        "customer_id": customer["id"],
        "product_id": product + 1,
        "name": offer.name,
        "type": offer.type,
        "billing": billing,
        "currency": "USD" if customer["country"] in ("US", "CA") else "EUR",
        "status": status,
        "delivery_attempts": 1,
        **_life(random, status, billing, now),
    }
    if offer.type == "domain":
        row["name"] = f"{_ascii(customer['lastname'])}-{number}{offer.name}"
    if status != "pending":
        row["data"] = _data(random, offer.type, row["name"])
    return row


def _data(random: Random, kind: str, name: str) -> Row | None:
    address = f"192.0.2.{random.randint(1, 254)}"
    match kind:
        case "proxmox" | "virtualizorcloud":
            node = f"par{random.randint(1, 4)}"
            return {"vmid": random.randint(100, 9999), "node": node, "ip": address}
        case "pterodactyl" | "wisp":
            return {"server_id": random.randint(1, 900), "address": f"{address}:25565"}
        case "domain":
            return {"domain": name}
        case _:
            return None


def _life(random: Random, status: str, billing: str, now: datetime) -> Row:
    """The dates of a service and what they leave behind, as core contract 11.5 would make them."""

    def ago(least: float, most: float) -> datetime:
        return now - timedelta(seconds=int(random.uniform(least * 86400, most * 86400)))

    if billing == "onetime":
        created = ago(1, 300)
        return {"expires_at": None, **stamps(created, created + timedelta(minutes=4))}
    if status == "pending":
        created = ago(0.01, 4)
        failed = random.random() < 0.3
        return {
            "expires_at": add_periods(created, billing, 1),
            "delivery_attempts": 2 if failed else 0,
            "delivery_errors": random.choice(DELIVERY_ERRORS) if failed else None,
            **stamps(created),
        }
    unpaid = status == "suspended" and random.random() < 0.7
    if status in ("expired", "hidden"):
        expires = ago(10, 80) if status == "expired" else ago(100, 300)
    elif unpaid:
        expires = ago(0.1, 6)
    else:
        # The running period ends within its own length.
        length = add_periods(now, billing, 1) - now
        expires = now + length * random.uniform(0.05, 0.95)
        expires = expires.replace(microsecond=0)
    renewals = random.randint(0, RENEWALS.get(billing, 12))
    started = add_periods(expires, billing, -1)
    row: Row = {
        "expires_at": expires,
        "renewals": renewals,
        **stamps(add_periods(expires, billing, -1 - renewals), started),
    }
    since = min((now - started) * random.uniform(0.1, 0.9), timedelta(days=40))
    event = (now - since).replace(microsecond=0)
    if status in ("expired", "hidden") or unpaid:
        row["suspended_at"] = expires + timedelta(minutes=1)
        row["suspend_reason"] = UNPAID
        row["updated_at"] = row["suspended_at"]
        if not unpaid:
            row["updated_at"] = expires + timedelta(days=7 if status == "expired" else 90)
    elif status == "suspended":
        row |= {"suspended_at": event, "suspend_reason": random.choice(ABUSE), "updated_at": event}
    elif status == "cancelled":
        row |= {"cancelled_at": event, "is_cancelled": True, "updated_at": event}
        row["cancelled_reason"] = random.choice(LEAVING)
        row["notes"] = f"Cancelled on {event:%d/%m/%Y}."
    elif random.random() < 0.08:
        # The customer leaves when the paid time is over.
        row |= {"cancelled_at": expires, "cancelled_reason": random.choice(LEAVING)}
        row["updated_at"] = event
    return row


def _meet_customers_first(customers: Iterable[Row], services: Iterable[Row]) -> None:
    """Move the accounts that would be younger than their first service."""
    by_id = {customer["id"]: customer for customer in customers}
    for service in services:
        customer = by_id[service["customer_id"]]
        latest = service["created_at"] - timedelta(minutes=20)
        if customer["created_at"] > latest:
            customer["created_at"] = latest
            if customer["is_confirmed"]:
                customer["email_verified_at"] = latest + timedelta(minutes=12)


def _metadata(
    groups: Iterable[Row], products: Iterable[Row], customers: list[Row], now: datetime
) -> list[Row]:
    notes: list[tuple[type[Group | Product | Customer], int, str, str]] = []
    for group in groups:
        if group.get("badge_title"):
            notes.append((Group, group["id"], "use_image_as_background", "true"))
    for product in products:
        if product["type"] in ("proxmox", "virtualizorcloud"):
            notes.append((Product, product["id"], "location", "Paris"))
        if 0 < product["stock"] < 10:
            notes.append((Product, product["id"], "auto_stock", "true"))
    banned = customers[41]
    for key, value in (
        ("banned", "true"),
        ("banned_reason", "Payment fraud"),
        ("banned_at", f"{now - timedelta(days=30):%d/%m/%Y %H:%M}"),
        ("banned_by", "admin"),
    ):
        notes.append((Customer, banned["id"], key, value))
    return [
        {"model_type": model.CLASS_NAME, "model_id": id_, "key": key, "value": value, **stamps(now)}
        for model, id_, key, value in notes
    ]
