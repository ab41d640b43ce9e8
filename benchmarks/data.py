"""The shop that is measured: the same rows each time, in SQLite or PostgreSQL.

A filled SQLite file is kept in build/bench-data until the migrations or this module change.
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zlib import crc32

import psycopg
from sqlalchemy import Connection, Engine, make_url, text

from models import Admin, Product
from models.engine import make_engine, write_options
from models.migrate import MIGRATIONS, upgrade
from models.personal_access_token import hash_secret
from models.service import STATUSES

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build"
SERVICES, PRODUCTS, GROUPS = 50_000, 100, 10
# Every sixth service is active: as many as these can be suspended, one after the other.
SUSPENDED = 1000
SECRET = "a-key-for-benchmarks"
TOKEN = f"1|{SECRET}"
NOW = datetime(2026, 3, 2, 9)

# Table, columns, rows.
Rows = tuple[str, str, Iterable[Sequence[Any]]]


def _ago(**span: int) -> str:
    """A moment in the form of both databases."""
    return f"{NOW - timedelta(**span):%Y-%m-%d %H:%M:%S}.000000"


def _people(count: int) -> Rows:
    columns = (
        "id, firstname, lastname, email, locale, phone, address, city, country, region, zipcode,"
        "balance, is_confirmed, is_deleted, dark_mode, gdpr_compliment, created_at, updated_at"
    )
    rows = (
        (n, f"First{n % 97}", f"Last{n % 89}", f"customer{n}@example.org", "fr_FR", f"06{n:08}",
         f"{n % 200} rue Haute", "Lille", "FR", "Nord", "59000", 0, True, False, False, True,
         _ago(minutes=n), _ago(minutes=n))
        for n in range(1, count + 1)
    )  # fmt: skip
    return "customers", columns, rows


def _bought(customers: int) -> Rows:
    columns = (
        "id, customer_id, uuid, name, type, billing, currency, product_id, status, expires_at,"
        "is_cancelled, delivery_attempts, renewals, created_at, updated_at"
    )
    statuses = list(STATUSES)
    rows = (
        (n, n % customers + 1, str(UUID(int=n)), f"VPS {n}", "none", "monthly", "EUR",
         n % PRODUCTS + 1, statuses[n % 6], _ago(days=-30), False, 1, 0, _ago(minutes=n),
         _ago(minutes=n))
        for n in range(1, SERVICES + 1)
    )  # fmt: skip
    return "services", columns, rows


def _shop(cents: bool) -> Iterator[Rows]:
    """The key, and what is on the shelves. Amounts are whole numbers of cents or decimals."""
    moment = _ago(days=365)
    yield (
        "admins", "id, username, email, firstname, lastname, created_at, updated_at",
        [(1, "bench", "bench@example.org", "Ada", "Martin", moment, moment)],
    )  # fmt: skip
    yield (
        "personal_access_tokens",
        "id, tokenable_type, tokenable_id, name, token, abilities, created_at, updated_at",
        [(1, Admin.CLASS_NAME, 1, "bench", hash_secret(SECRET), '["*"]', moment, moment)],
    )
    yield (
        "groups",
        "id, name, slug, status, description, pinned, sort_order, created_at, updated_at",
        [(n, f"Group {n}", f"group-{n}", "active", "Things to rent", False, n, moment, moment)
         for n in range(1, GROUPS + 1)],
    )  # fmt: skip
    yield (
        "products",
        "id, name, group_id, status, description, pinned, stock, type, sort_order,"
        "created_at, updated_at",
        [(n, f"VPS {n}", n % GROUPS + 1, "active", "2 vCPU, 4 GB, 80 GB", False, 10, "none", n,
          moment, moment) for n in range(1, PRODUCTS + 1)],
    )  # fmt: skip
    unit = 1 if cents else 100
    yield (
        "pricings", "id, related_id, related_type, currency, monthly, annually, setup_monthly",
        [(2 * n + e, n, "product", ("USD", "EUR")[e], 499 / unit, 4990 / unit, 0)
         for n in range(1, PRODUCTS + 1) for e in (0, 1)],
    )  # fmt: skip
    yield (
        "metadata", "id, model_type, model_id, key, value, created_at, updated_at",
        [(n, Product.CLASS_NAME, n, "location", "Paris", moment, moment)
         for n in range(1, PRODUCTS + 1)],
    )  # fmt: skip


def fill(engine: Engine, customers: int) -> None:
    """Make the tables and fill them, past the ORM."""
    upgrade(engine)
    local = engine.dialect.name == "sqlite"
    everything = [*_shop(cents=local), _people(customers), _bought(customers)]
    with engine.connect().execution_options(**write_options(engine)) as connection:
        with connection.begin():
            driver: Any = connection.connection.dbapi_connection
            searched = [] if local else _without_searches(connection)
            for table, columns, rows in everything:
                if local:
                    marks = ", ".join("?" * len(columns.split(",")))
                    driver.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
                    continue
                copy = f"COPY {table} ({columns}) FROM STDIN"
                with driver.cursor() as cursor, cursor.copy(copy) as target:
                    for row in rows:
                        target.write_row(row)
                last = f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"
                connection.exec_driver_sql(last)
            for definition in searched:
                connection.exec_driver_sql(definition)
        with connection.begin():
            connection.exec_driver_sql("ANALYZE")


def _without_searches(connection: Connection) -> list[str]:
    """Drop the indexes for parts of texts, which are made faster than filled. Returns how."""
    rows = connection.exec_driver_sql(
        "SELECT indexname, indexdef FROM pg_indexes WHERE left(indexname, 3) = 'tx_'"
    ).all()
    for name, _ in rows:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    return [definition for _, definition in rows]


def restore(url: str, customers: int) -> None:
    """Take back what a load has written."""
    engine = make_engine(url)
    active = [6 * n + 1 for n in range(SUSPENDED)]
    with (
        engine.connect().execution_options(**write_options(engine)) as connection,
        connection.begin(),
    ):
        connection.execute(text("DELETE FROM customers WHERE id > :last"), {"last": customers})
        connection.execute(text("DELETE FROM action_logs"))
        connection.execute(
            text(
                "UPDATE services SET status = 'active', suspended_at = NULL, suspend_reason = NULL"
                " WHERE id <= :last AND status = 'suspended' AND id % 6 = 1"
            ),
            {"last": active[-1]},
        )
    engine.dispose()


def _version() -> str:
    """Changes with the migrations and with the rows that are made here."""
    head = max(path.stem for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    return f"{head}-{crc32(Path(__file__).read_bytes()):08x}"


def local_file(customers: int) -> Path:
    """A filled SQLite file, made if need be."""
    folder = BUILD / "bench-data"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{customers}-{_version()}.db"
    if not path.exists():
        for old in folder.glob(f"{customers}-*"):
            old.unlink()
        unfinished = path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        engine = make_engine(f"sqlite:///{unfinished}")
        fill(engine, customers)
        engine.dispose()
        unfinished.rename(path)
    return path


@contextmanager
def database(kind: str, customers: int, folder: Path, server: str) -> Iterator[str]:
    """The address of a filled database of its own.

    `kind` is sqlite or postgresql, `folder` is for files, `server` a PostgreSQL server.
    """
    if kind == "sqlite":
        copy = folder / f"{customers}.db"
        shutil.copy(local_file(customers), copy)
        yield f"sqlite:///{copy}"
        for file in folder.glob(f"{copy.name}*"):
            file.unlink()
        return
    name = f"bench_{customers}_{uuid4().hex}"
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            engine = make_engine(url)
            fill(engine, customers)
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as cleaning:
                cleaning.exec_driver_sql("VACUUM")
            engine.dispose()
            yield url
        finally:
            # A server that has ended meanwhile was ended with all it had.
            with suppress(psycopg.OperationalError):
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def moment(text: str) -> datetime:
    """A moment of an answer."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
