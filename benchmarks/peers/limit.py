"""No framework and no checks: the statements of this server through SQLAlchemy Core, and orjson.

Why it is fair, and a limit: it looks a key up and makes the same answers, and leaves out all
else. What is faster does without SQLAlchemy (see driver.py).
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    Numeric,
    String,
    bindparam,
    func,
    insert,
    make_url,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.types import TypeDecorator
from sqlalchemy.util import greenlet_spawn

from benchmarks.peers import shape
from benchmarks.peers.bare import NOTHING, UNKNOWN, Answer, Request, application, is_local, is_right
from benchmarks.peers.tables import hash_password
from models import ActionLog, Admin, Customer, Metadata, PersonalAccessToken, Pricing, Product
from models import Service as ServiceModel
from models.engine import make_engine, write_options
from models.row_count import living_rows

MOMENTS = frozenset(
    "email_verified_at last_login deleted_at created_at updated_at expires_at suspended_at"
    " cancelled_at trial_ends_at".split()
)


class MomentText(TypeDecorator[Any]):
    """SQLite has text."""

    impl = String
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else f"{value[:10]}T{value[11:]}Z"


class Cents(TypeDecorator[Any]):
    impl = Integer
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else value / 100


class CentsText(TypeDecorator[Any]):
    impl = Integer
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return f"{value / 100:.2f}"


class DecimalText(TypeDecorator[Any]):
    impl = Numeric(12, 2)
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return str(value)


def columns(table: Any, names: tuple[str, ...], local: bool) -> list[Any]:
    """Columns whose values are JSON as they come."""

    def typed(name: str) -> Any:
        column = table.c[name]
        if name in MOMENTS:
            return type_coerce(column, MomentText() if local else DateTime())
        if name in shape.PRICES:
            return type_coerce(column, Cents() if local else Numeric(12, 2, asdecimal=False))
        if name == "balance":
            return type_coerce(column, CentsText() if local else DecimalText())
        return column

    return [typed(name).label(name) for name in names]


def items(names: tuple[str, ...], rows: Any) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=False)) for row in rows]


def page(names: tuple[str, ...], rows: Any, request: Request, envelope: Any = shape.nested) -> Any:
    """A page of rows whose last column is the total, in its envelope."""
    rows = rows.all()
    number, size = request.window
    total = rows[0][-1] if rows else 0
    return envelope(items(names, rows), total, number, size, request.url, request.query)


def handlers(engine: Engine, reader: Engine, local: bool) -> Callable[[Request], Answer]:
    """The statements, built once, and the function that answers a request with them."""
    key, admin = PersonalAccessToken.__table__, Admin.__table__
    customer, product, service = Customer.__table__, Product.__table__, ServiceModel.__table__
    pricing, note = Pricing.__table__, Metadata.__table__
    by_id, ids = bindparam("id"), bindparam("ids", expanding=True)
    size, start = bindparam("size"), bindparam("start")

    one_key = (
        select(key.c.token)
        .join(admin, (admin.c.id == key.c.tokenable_id) & (key.c.tokenable_type == Admin.CLASS_NAME)
              & admin.c.deleted_at.is_(None))
        .where(key.c.id == by_id)
    )  # fmt: skip
    customers = select(*columns(customer, shape.CUSTOMER, local)).where(
        customer.c.deleted_at.is_(None)
    )
    one_customer = customers.where(customer.c.id == by_id)
    customer_rows = customers.add_columns(living_rows(customer)).order_by(customer.c.id).limit(size)
    customer_page = customer_rows.offset(start)
    customer_slice = customer_rows.where(customer.c.id > bindparam("after"))
    customer_taken = select(customer.c.id).where(
        (customer.c.email == bindparam("email")) | (customer.c.phone == bindparam("phone"))
    )
    product_page = (
        select(*columns(product, shape.PRODUCT, local), living_rows(product))
        .where(product.c.deleted_at.is_(None))
        .order_by(product.c.id).limit(size).offset(start)
    )  # fmt: skip
    prices = (
        select(*columns(pricing, shape.PRICING, local))
        .where(pricing.c.related_id.in_(ids), pricing.c.related_type == "product",
               pricing.c.deleted_at.is_(None))
        .order_by(pricing.c.id)
    )  # fmt: skip
    notes = (
        select(*columns(note, shape.NOTE, local))
        .where(note.c.model_id.in_(ids), note.c.model_type == shape.PRODUCT_CLASS)
        .order_by(note.c.id)
    )
    in_status = (service.c.deleted_at.is_(None), service.c.status == bindparam("status"))
    services = select(*columns(service, shape.SERVICE, local))
    counted = select(func.count()).select_from(service).where(*in_status).scalar_subquery()
    service_page = (
        services.add_columns(counted)
        .where(*in_status).order_by(service.c.created_at.desc(), service.c.id.desc())
        .limit(size).offset(start)
    )  # fmt: skip
    one_service = services.where(service.c.id == by_id, service.c.deleted_at.is_(None))
    status_of = select(service.c.status, service.c.customer_id).where(service.c.id == by_id)

    def answer(request: Request) -> Answer:
        if request.method == "POST":
            return write(request)
        with reader.connect() as connection:
            stored = connection.execute(one_key, {"id": request.key}).scalar()
            if stored is None or not is_right(request.secret, stored):
                return UNKNOWN
            return READS[request.parts[0], len(request.parts)](connection, request)

    def show(connection: Connection, request: Request) -> Answer:
        rows = connection.execute(one_customer, {"id": int(request.parts[1])}).all()
        return (200, items(shape.CUSTOMER, rows)[0]) if rows else NOTHING

    def list_customers(connection: Connection, request: Request) -> Answer:
        if after := request.number("after", 0):
            bound = {"size": request.window[1], "after": after}
            return 200, page(shape.CUSTOMER, connection.execute(customer_slice, bound), request)
        rows = connection.execute(customer_page, window(request))
        return 200, page(shape.CUSTOMER, rows, request)

    def list_products(connection: Connection, request: Request) -> Answer:
        rows = connection.execute(product_page, window(request))
        found = page(shape.PRODUCT, rows, request, shape.flat)
        by_product = {item["id"]: item for item in found["data"]}
        for item in found["data"]:
            item["metadata"], item["pricing"] = [], []
        wanted = {"ids": list(by_product)}
        for each in items(shape.NOTE, connection.execute(notes, wanted)):
            by_product[each["model_id"]]["metadata"].append(each)
        for each in items(shape.PRICING, connection.execute(prices, wanted)):
            by_product[each["related_id"]]["pricing"].append(each)
        return 200, found

    def list_services(connection: Connection, request: Request) -> Answer:
        wanted = {"status": dict(request.query)["filter[status]"], **window(request)}
        return 200, page(shape.SERVICE, connection.execute(service_page, wanted), request)

    def window(request: Request) -> dict[str, int]:
        number, per_page = request.window
        return {"size": per_page, "start": (number - 1) * per_page}

    def write(request: Request) -> Answer:
        options = write_options(engine)
        with engine.connect().execution_options(**options) as connection, connection.begin():
            stored = connection.execute(one_key, {"id": request.key}).scalar()
            if stored is None or not is_right(request.secret, stored):
                return UNKNOWN
            body = orjson.loads(request.body)
            if request.parts[0] == "customers":
                return create(connection, body)
            return change(connection, int(request.parts[1]), request.parts[2], body)

    def create(connection: Connection, body: dict[str, Any]) -> Answer:
        body["password"] = hash_password(body["password"])
        same = {"email": body["email"], "phone": body["phone"]}
        if connection.execute(customer_taken, same).first():
            return 422, {"message": "Taken."}
        new = connection.execute(insert(customer), body).inserted_primary_key
        assert new is not None
        rows = connection.execute(one_customer, {"id": new[0]})
        return 201, items(shape.CUSTOMER, rows)[0]

    def change(connection: Connection, row: int, action: str, body: dict[str, Any]) -> Answer:
        status, owner = connection.execute(status_of, {"id": row}).one()
        now = datetime.now(UTC)
        if action == "suspend":
            new = {"status": "suspended", "suspended_at": now, "suspend_reason": body["reason"]}
        else:
            new = {"status": "active", "suspended_at": None}
        if status != new["status"]:
            connection.execute(update(service).where(service.c.id == row), new)
            connection.execute(insert(ActionLog.__table__), {
                "action": f"service_{new['status']}", "model": shape.SERVICE_CLASS,
                "model_id": str(row), "customer_id": owner, "staff_id": 1, "payload": body,
            })  # fmt: skip
        item = items(shape.SERVICE, connection.execute(one_service, {"id": row}))[0]
        said = f"The service was {action}ed." if action == "suspend" else "The service runs again."
        result = {"service": item, "success": True, "message": said, "created_at": now, "data": []}
        return 200, {"data": item, "result": result}

    READS: dict[tuple[str, int], Callable[[Connection, Request], Answer]] = {
        ("customers", 2): show,
        ("customers", 1): list_customers,
        ("products", 1): list_products,
        ("services", 1): list_services,
    }
    return answer


def create_app() -> Any:
    local = is_local()
    if local:
        engine = make_engine(os.environ["DATABASE_URL"])
        work = handlers(engine, engine, local)

        async def answer(request: Request) -> Answer:
            return work(request)

        async def stop() -> None:
            engine.dispose()
    else:
        url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
        remote = create_async_engine(
            url, pool_size=20, pool_reset_on_return=None,
            connect_args={"server_settings": {"jit": "off"}},
        )  # fmt: skip
        reader = remote.execution_options(isolation_level="AUTOCOMMIT")
        work = handlers(remote.sync_engine, reader.sync_engine, local)

        async def answer(request: Request) -> Answer:
            return await greenlet_spawn(work, request)

        async def stop() -> None:
            await remote.dispose()

    async def start() -> None:
        pass

    return application(answer, start, stop)
