"""Stock Connexion as its documentation shows it: a FlaskApp, with responses validated.

Why it is fair: the same operations, parameters and schemas (see extract.py), the key looked up
by a `bearerInfoFunc`, ORM sessions, and both checks on, as they are in this server; uvicorn with
uvloop and httptools. Connexion runs operations in threads.
"""

import hmac
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import connexion
from connexion.resolver import Resolver
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from benchmarks.extract import extract
from benchmarks.peers import shape
from benchmarks.peers.tables import (
    Customer,
    Key,
    Product,
    Service,
    hash_password,
    open_engine,
    values,
)
from models.engine import write_options

engine = open_engine()


def find_key(token: str) -> dict[str, Any] | None:
    number, _, secret = token.partition("|")
    if not number.isdigit():
        return None
    with Session(engine) as session:
        key = session.get(Key, int(number))
        hashed = sha256(secret.encode()).hexdigest()
        if key is None or not hmac.compare_digest(key.token, hashed):
            return None
        return {"sub": str(key.id), "scope": key.abilities}


def dump(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """A row as JSON."""
    found = values(row, names)
    for name, value in found.items():
        if isinstance(value, datetime):
            found[name] = value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        elif isinstance(value, Decimal):
            found[name] = f"{value:.2f}" if name == "balance" else float(value)
    return found


def page_of(session: Session, model: Any, page: int, per_page: int, *criteria: Any) -> Any:
    """The rows of a page, to be ordered, and the total."""
    criteria = (model.deleted_at.is_(None), *criteria)
    total = session.scalar(select(func.count()).select_from(model).where(*criteria))
    rows = select(model).where(*criteria).limit(per_page).offset((page - 1) * per_page)
    return rows, total


def place(page: int, per_page: int) -> tuple[Any, ...]:
    request = connexion.request
    path = str(request.url.replace(query=""))
    return page, per_page, path, list(request.query_params.multi_items())


def list_customers(page: int, per_page: int, **_: Any) -> Any:
    with Session(engine) as session:
        rows, total = page_of(session, Customer, page, per_page)
        found = [dump(row, shape.CUSTOMER) for row in session.scalars(rows.order_by(Customer.id))]
        return shape.nested(found, total, *place(page, per_page))


def show_customer(customer_id: int, **_: Any) -> Any:
    with Session(engine) as session:
        found = session.get(Customer, customer_id)
        if found is None or found.deleted_at is not None:
            return connexion.problem(404, "Not found", "There is no such customer.")
        return dump(found, shape.CUSTOMER)


def create_customer(body: dict[str, Any], **_: Any) -> Any:
    body["password"] = hash_password(body["password"])
    with Session(engine, expire_on_commit=False) as session:
        session.connection(execution_options=write_options(engine))
        found = Customer(**body)
        session.add(found)
        try:
            session.commit()
        except IntegrityError:
            return connexion.problem(422, "Taken", "This customer is there already.")
        return dump(found, shape.CUSTOMER), 201


def list_services(
    page: int,
    per_page: int,
    sort: list[str] | None = None,
    filter_status: list[str] | None = None,
    **_: Any,
) -> Any:
    criteria = [Service.status.in_(filter_status)] if filter_status else []
    name = (sort or ["id"])[0]
    column = getattr(Service, name.lstrip("-"))
    order = [column.desc(), Service.id.desc()] if name.startswith("-") else [column, Service.id]
    with Session(engine) as session:
        rows, total = page_of(session, Service, page, per_page, *criteria)
        items = [dump(row, shape.SERVICE) for row in session.scalars(rows.order_by(*order))]
        return shape.nested(items, total, *place(page, per_page))


def list_products(page: int, per_page: int, **_: Any) -> Any:
    relations = selectinload(Product.pricing), selectinload(Product.notes)
    with Session(engine) as session:
        rows, total = page_of(session, Product, page, per_page)
        items = [
            dump(row, shape.PRODUCT)
            | {
                "metadata": [dump(each, shape.NOTE) for each in row.notes],
                "pricing": [dump(each, shape.PRICING) for each in row.pricing],
            }
            for row in session.scalars(rows.options(*relations).order_by(Product.id))
        ]
        return shape.flat(items, total, *place(page, per_page))


HANDLERS = {
    "customers.index": list_customers,
    "customers.show": show_customer,
    "customers.create": create_customer,
    "services.index": list_services,
    "products.index": list_products,
}


def create_app() -> Any:
    document = extract()
    scheme = document["components"]["securitySchemes"]["bearer"]
    scheme["x-bearerInfoFunc"] = f"{__name__}.find_key"
    app = connexion.FlaskApp(__name__)
    app.add_api(document, resolver=Resolver(HANDLERS.__getitem__), validate_responses=True)
    return app
