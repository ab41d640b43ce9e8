"""No framework and no SQLAlchemy: the statements as text to the driver, sqlite3 or asyncpg.

Why it is fair: as limit.py, with the room that SQLAlchemy leaves.
"""

import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import asyncpg
import orjson

from benchmarks.peers import shape
from benchmarks.peers.bare import NOTHING, UNKNOWN, Answer, Request, application, is_local, is_right
from benchmarks.peers.limit import MOMENTS
from benchmarks.peers.tables import hash_password
from models.sqlite import PATIENCE


def _with_total(statement: str, table: str) -> str:
    total = f"SELECT sum(difference) FROM row_counts WHERE table_name = '{table}'"
    return statement.replace(f" FROM {table}", f", ({total}) FROM {table}")


CUSTOMERS = f"SELECT {', '.join(shape.CUSTOMER)} FROM customers WHERE deleted_at IS NULL"
PRODUCTS = f"SELECT {', '.join(shape.PRODUCT)} FROM products WHERE deleted_at IS NULL"
SERVICES = f"SELECT {', '.join(shape.SERVICE)} FROM services WHERE deleted_at IS NULL"
CUSTOMER_PAGE = _with_total(CUSTOMERS, "customers")
PRODUCT_PAGE = _with_total(PRODUCTS, "products")
SERVICE_PAGE = SERVICES.replace(
    " FROM", ", (SELECT count(*) FROM services WHERE deleted_at IS NULL AND status = $1) FROM"
)
PRICES = f"SELECT {', '.join(shape.PRICING)} FROM pricings WHERE deleted_at IS NULL"
NOTES = f"SELECT {', '.join(shape.NOTE)} FROM metadata"
KEY = (
    "SELECT k.token FROM personal_access_tokens k JOIN admins a ON a.id = k.tokenable_id"
    " AND k.tokenable_type = 'App\\Models\\Admin\\Admin' AND a.deleted_at IS NULL WHERE k.id = $1"
)
NEW = (*"firstname lastname email phone address city region zipcode country locale".split(),
       "password", "balance", "is_confirmed", "is_deleted", "dark_mode", "gdpr_compliment",
       "created_at", "updated_at")  # fmt: skip
CREATE = (
    f"INSERT INTO customers ({', '.join(NEW)})"
    f" VALUES ({', '.join(f'${n}' for n in range(1, len(NEW) + 1))})"
    f" RETURNING {', '.join(shape.CUSTOMER)}"
)
LOG = (
    "INSERT INTO action_logs (action, model, model_id, customer_id, staff_id, payload, created_at,"
    " updated_at) VALUES ($1, $2, $3, $4, 1, $5, $6, $6)"
)
FLAGS = frozenset({"is_confirmed", "is_deleted", "dark_mode", "gdpr_compliment", "is_cancelled",
                   "pinned"})  # fmt: skip


@cache
def _numbered(statement: str) -> str:
    """Numbered places are written with a `$` by PostgreSQL, with a `?` by SQLite."""
    return statement.replace("$", "?")


class Local:
    """SQLite in the event loop: one connection, since nothing waits."""

    def __init__(self) -> None:
        path = os.environ["DATABASE_URL"].removeprefix("sqlite:///")
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in (f"busy_timeout = {PATIENCE}", "synchronous = NORMAL", "foreign_keys = ON"):
            self.connection.execute(f"PRAGMA {pragma}")

    async def fetch(self, statement: str, *bound: Any) -> list[Any]:
        return self.connection.execute(_numbered(statement), bound).fetchall()

    def among(self, ids: Sequence[int]) -> tuple[str, tuple[Any, ...]]:
        return f"IN ({', '.join(f'${n}' for n in range(1, len(ids) + 1))})", tuple(ids)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()

    def moment(self, value: datetime) -> Any:
        return f"{value:%Y-%m-%d %H:%M:%S.%f}"


class Remote:
    """One connection of the pool of asyncpg, which prepares statements by itself."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.fetch = connection.fetch
        self.writing = connection.transaction

    def among(self, ids: Sequence[int]) -> tuple[str, tuple[Any, ...]]:
        return "= ANY($1::bigint[])", (list(ids),)

    def moment(self, value: datetime) -> Any:
        return value.replace(tzinfo=None)


def _text(value: str | None) -> str | None:
    return value and f"{value[:10]}T{value[11:]}Z"


def _amount(value: Any) -> float | None:
    return None if value is None else float(value)


# How values become JSON; orjson knows all others.
LOCAL: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(MOMENTS, _text),
    **dict.fromkeys(FLAGS, bool),
    **dict.fromkeys(shape.PRICES, lambda cents: None if cents is None else cents / 100),
    "balance": lambda cents: f"{cents / 100:.2f}",
    "data": lambda text: text and orjson.loads(text),
}
REMOTE: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(shape.PRICES, _amount),
    "balance": str,
    "data": lambda text: text and orjson.loads(text),
}


def reader(names: tuple[str, ...], kinds: dict[str, Callable[[Any], Any]]) -> Any:
    """The function that makes items of rows."""
    others = [(name, kinds[name]) for name in names if name in kinds]

    def items(rows: Any) -> list[dict[str, Any]]:
        found = [dict(zip(names, row, strict=False)) for row in rows]
        for item in found:
            for name, convert in others:
                item[name] = convert(item[name])
        return found

    return items


def handlers(local: bool) -> Callable[[Any, Request], Awaitable[Answer]]:
    kinds = LOCAL if local else REMOTE
    customers, products = reader(shape.CUSTOMER, kinds), reader(shape.PRODUCT, kinds)
    services, prices = reader(shape.SERVICE, kinds), reader(shape.PRICING, kinds)
    notes = reader(shape.NOTE, kinds)

    async def answer(store: Any, request: Request) -> Answer:
        stored = await store.fetch(KEY, request.key)
        if not stored or not is_right(request.secret, stored[0][0]):
            return UNKNOWN
        if request.method == "GET":
            return await READS[request.parts[0], len(request.parts)](store, request)
        body = orjson.loads(request.body)
        async with store.writing():
            if request.parts[0] == "customers":
                return await create(store, body)
            return await change(store, int(request.parts[1]), request.parts[2], body)

    async def show(store: Any, request: Request) -> Answer:
        found = customers(await store.fetch(f"{CUSTOMERS} AND id = $1", int(request.parts[1])))
        return (200, found[0]) if found else NOTHING

    def page(items: Any, rows: Any, request: Request, envelope: Any = shape.nested) -> Any:
        number, size = request.window
        total = rows[0][-1] if rows else 0
        return envelope(items(rows), total, number, size, request.url, request.query)

    async def list_customers(store: Any, request: Request) -> Answer:
        number, size = request.window
        if after := request.number("after", 0):
            statement = f"{CUSTOMER_PAGE} AND id > $2 ORDER BY id LIMIT $1"
            rows = await store.fetch(statement, size, after)
        else:
            statement = f"{CUSTOMER_PAGE} ORDER BY id LIMIT $1 OFFSET $2"
            rows = await store.fetch(statement, size, (number - 1) * size)
        return 200, page(customers, rows, request)

    async def list_products(store: Any, request: Request) -> Answer:
        number, size = request.window
        statement = f"{PRODUCT_PAGE} ORDER BY id LIMIT $1 OFFSET $2"
        rows = await store.fetch(statement, size, (number - 1) * size)
        answer = page(products, rows, request, shape.flat)
        found = answer["data"]
        by_product = {item["id"]: item for item in found}
        for item in found:
            item["metadata"], item["pricing"] = [], []
        among, bound = store.among(list(by_product))
        of_products = f"{NOTES} WHERE model_type = '{shape.PRODUCT_CLASS}'"
        rows = f"{of_products} AND model_id {among} ORDER BY id"
        for each in notes(await store.fetch(rows, *bound)):
            by_product[each["model_id"]]["metadata"].append(each)
        rows = f"{PRICES} AND related_type = 'product' AND related_id {among} ORDER BY id"
        for each in prices(await store.fetch(rows, *bound)):
            by_product[each["related_id"]]["pricing"].append(each)
        return 200, answer

    async def list_services(store: Any, request: Request) -> Answer:
        number, size = request.window
        status = dict(request.query)["filter[status]"]
        statement = f"{SERVICE_PAGE} AND status = $1 ORDER BY created_at DESC, id DESC"
        rows = await store.fetch(
            f"{statement} LIMIT $2 OFFSET $3", status, size, (number - 1) * size
        )
        return 200, page(services, rows, request)

    async def create(store: Any, body: dict[str, Any]) -> Answer:
        same = "SELECT id FROM customers WHERE email = $1 OR phone = $2"
        if await store.fetch(same, body["email"], body["phone"]):
            return 422, {"message": "Taken."}
        now = store.moment(datetime.now(UTC))
        body |= {"password": hash_password(body["password"]), "balance": 0, "created_at": now,
                 "updated_at": now, **dict.fromkeys(NEW[12:16], False)}  # fmt: skip
        return 201, customers(await store.fetch(CREATE, *(body[name] for name in NEW)))[0]

    async def change(store: Any, row: int, action: str, body: dict[str, Any]) -> Answer:
        statement = "SELECT status, customer_id FROM services WHERE id = $1"
        status, owner = (await store.fetch(statement, row))[0]
        moment = datetime.now(UTC)
        now = store.moment(moment)
        new = "suspended" if action == "suspend" else "active"
        if status != new:
            if action == "suspend":
                sets = "status = 'suspended', updated_at = $1, suspended_at = $1"
                await store.fetch(
                    f"UPDATE services SET {sets}, suspend_reason = $2 WHERE id = $3",
                    now, body["reason"], row,
                )  # fmt: skip
            else:
                sets = "status = 'active', updated_at = $1, suspended_at = NULL"
                await store.fetch(f"UPDATE services SET {sets} WHERE id = $2", now, row)
            payload = orjson.dumps(body).decode()
            bound = (f"service_{new}", shape.SERVICE_CLASS, str(row), owner, payload, now)
            await store.fetch(LOG, *bound)
        item = services(await store.fetch(f"{SERVICES} AND id = $1", row))[0]
        said = "The service was suspended." if action == "suspend" else "The service runs again."
        result = {"service": item, "success": True, "message": said, "created_at": moment,
                  "data": []}  # fmt: skip
        return 200, {"data": item, "result": result}

    READS: dict[tuple[str, int], Callable[[Any, Request], Awaitable[Answer]]] = {
        ("customers", 2): show,
        ("customers", 1): list_customers,
        ("products", 1): list_products,
        ("services", 1): list_services,
    }
    return answer


def create_app() -> Any:
    work = handlers(is_local())
    if is_local():
        store = Local()

        async def start() -> None:
            pass

        async def answer(request: Request) -> Answer:
            return await work(store, request)

        async def stop() -> None:
            store.connection.close()

        return application(answer, start, stop)
    pools: list[asyncpg.Pool] = []

    async def no_reset(connection: asyncpg.Connection) -> None:
        """Nothing here leaves traces in a connection, and a reset is a round trip."""

    async def open_pool() -> None:
        settings = {"jit": "off"}
        pools.append(
            await asyncpg.create_pool(
                os.environ["DATABASE_URL"],
                min_size=10,
                max_size=20,
                server_settings=settings,
                reset=no_reset,
            )
        )

    async def pooled(request: Request) -> Answer:
        async with pools[0].acquire() as connection:
            return await work(Remote(connection), request)

    async def close_pool() -> None:
        await pools[0].close()

    return application(pooled, open_pool, close_pool)
