"""What the contract costs: this server, with every check on, against the bare queries.

Both run in this process on the same SQLite database. The bare side makes the same statements
through SQLAlchemy Core (key, rows, total, metadata) and encodes the rows with orjson: no
routing, no checks, no framework. Runs alternate; printed are medians and their ratio.

    python -m benchmarks.overhead
"""

import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine, bindparam, func, select

from app import create_server
from app.settings import Settings
from app.usecases.api_keys import create_api_key
from app.usecases.demo import load_demo
from models import Admin, Metadata, PersonalAccessToken, Product
from models.engine import make_engine, unit_of_work
from models.migrate import upgrade
from models.personal_access_token import hash_secret

ROUNDS, CALLS = 15, 300
LIMITS = {"read one product": 2.5, "list 25 products": 2.5}

key = PersonalAccessToken.__table__
admin = Admin.__table__
product = Product.__table__
metadata = Metadata.__table__

KEY = select(key, admin.c.id.label("admin")).join(admin, admin.c.id == key.c.tokenable_id).where(
    key.c.id == bindparam("id"))  # fmt: skip
ONE = select(product).where(product.c.id == bindparam("id"), product.c.deleted_at.is_(None))
ROWS = select(product).where(product.c.deleted_at.is_(None)).order_by(product.c.id).limit(25)
TOTAL = select(func.count()).select_from(product).where(product.c.deleted_at.is_(None))
NOTES = select(metadata).where(
    metadata.c.model_type == Product.CLASS_NAME,
    metadata.c.model_id.in_(bindparam("ids", expanding=True)),
)


def bare(engine: Engine, token: str, many: bool) -> bytes:
    """The same queries and orjson, with nothing around them."""
    number, _, secret = token.partition("|")
    with engine.connect() as connection:
        row = connection.execute(KEY, {"id": int(number)}).one()
        assert row.token == hash_secret(secret)
        if many:
            total = connection.execute(TOTAL).scalar_one()
            rows = connection.execute(ROWS).all()
        else:
            total, rows = 1, [connection.execute(ONE, {"id": 3}).one()]
        notes = connection.execute(NOTES, {"ids": [row.id for row in rows]}).all()
    found: dict[int, list[Any]] = {row.id: [] for row in rows}
    for note in notes:
        found[note.model_id].append(dict(note._mapping))
    items = [{**row._mapping, "metadata": found[row.id]} for row in rows]
    return orjson.dumps({"data": items, "total": total})


def scope(path: str, token: str) -> dict[str, Any]:
    path, _, query = path.partition("?")
    return {
        "type": "http", "method": "GET", "path": path, "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), (b"authorization", f"Bearer {token}".encode())],
        "scheme": "http", "server": ("localhost", 80), "http_version": "1.1",
    }  # fmt: skip


async def called(server: Any, path: str, token: str) -> int:
    """Call the server as an ASGI server would. Returns the status."""
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    await server(scope(path, token), receive, send)
    return status


def microseconds(work: Callable[[int], object]) -> float:
    """How long one call takes, of CALLS that `work` makes."""
    start = time.perf_counter()
    work(CALLS)
    return (time.perf_counter() - start) / CALLS * 1e6


def compare(name: str, ours: Callable[[int], object], limit: Callable[[int], object]) -> bool:
    """Print one row. Returns whether the ratio is within its limit."""
    pairs = [(microseconds(ours), microseconds(limit)) for _ in range(ROUNDS)]
    mine, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"{name:<20}{mine:>10.0f} µs{theirs:>10.0f} µs{ratio:>8.2f}  (limit {LIMITS[name]})")
    return ratio <= LIMITS[name]


def start_up(url: str) -> None:
    """Print how long a fresh process takes until it has answered, and its memory."""
    code = f"""
import asyncio, resource, time
start = time.perf_counter()
from app import create_server
from app.settings import Settings
from benchmarks.overhead import called
server = create_server(Settings(database_url={url!r}))
status = asyncio.run(called(server, "/api/application/health", "x"))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(status, f"after {{time.perf_counter() - start:.2f}} s, {{peak}} MB at most")
"""
    print("start-up: ", subprocess.check_output([sys.executable, "-c", code], text=True).strip())


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'benchmark.db'}"
        engine = make_engine(url)
        upgrade(engine)
        now = datetime.now(UTC)
        with unit_of_work(engine, write=True) as session:
            load_demo(session, now=now)
            session.flush()
            owner = session.scalars(select(Admin)).one()
            _, token = create_api_key(session, name="b", owner=owner, abilities=["*"], now=now)
        server = create_server(Settings(database_url=url, rate_limit=10**9))
        loop = asyncio.new_event_loop()

        def ours(path: str) -> Callable[[int], object]:
            async def calls(number: int) -> None:
                for _ in range(number):
                    assert await called(server, path, token) == 200

            return lambda number: loop.run_until_complete(calls(number))

        def limit(many: bool) -> Callable[[int], object]:
            return lambda number: [bare(engine, token, many) for _ in range(number)]

        print(f"{'':<20}{'this server':>13}{'bare':>13}{'ratio':>8}")
        results = [
            compare("read one product", ours("/api/application/products/3"),
                    limit(many=False)),
            compare("list 25 products", ours("/api/application/products"),
                    limit(many=True)),
        ]  # fmt: skip
        start_up(url)
        print(f"this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
