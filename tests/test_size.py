"""Ten thousand customers and fifty thousand services cost no more statements than ten."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.contract import contract
from app.jsonschema import inlined
from models import Customer, Invoice, Metadata, Service
from models.engine import write_options
from models.service import STATUSES
from tests.conftest import run
from tests.factories import a_key
from tests.http import open_client
from tests.settings import unhurried
from tests.statements import watched

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TEXT = "000"
LISTS = ("customers.index", "services.index")


def fill(engine, customers, services):
    people = [
        {"id": n, "firstname": f"F000{n % 97}", "lastname": f"L000{n % 89}",
         "email": f"c000{n}@example.org",
         "phone": f"06{n:08}", "address": "1 rue Haute", "city": "Lille", "region": "Nord",
         "zipcode": "59000", "created_at": NOW - timedelta(hours=n),
         "updated_at": NOW - timedelta(hours=n)}
        for n in range(1, customers + 1)
    ]  # fmt: skip
    statuses = list(STATUSES)
    bought = [
        {"id": n, "customer_id": n % customers + 1, "name": "VPS", "status": statuses[n % 6],
         "created_at": NOW - timedelta(minutes=n), "updated_at": NOW - timedelta(minutes=n)}
        for n in range(1, services + 1)
    ]  # fmt: skip
    notes = [
        {"model_type": model.CLASS_NAME, "model_id": n, "key": "color", "value": "blue"}
        for model in (Customer, Service) for n in range(1, customers + 1)
    ]  # fmt: skip
    bills = [
        {"customer_id": n, "billing_address": {}, "due_date": NOW, "currency": "EUR"}
        for n in range(1, customers + 1)
    ]
    with (
        engine.connect().execution_options(**write_options(engine)) as connection,
        connection.begin(),
    ):
        for model, rows in ((Customer, people), (Service, bought), (Metadata, notes),
                            (Invoice, bills)):  # fmt: skip
            connection.execute(insert(model), rows)
        names = ", ".join(model.__tablename__ for model in (Customer, Service, Metadata, Invoice))
        which = f"TABLE {names}" if engine.dialect.name == "mariadb" else ""
        connection.exec_driver_sql(f"ANALYZE {which}")


def shop(folder, customers, services):
    """A server with a shop of that size: a client for it, and its database."""
    for running in run(unhurried(folder)):
        fill(running.engine, customers, services)
        with Session(running.engine) as session:
            headers = {"Authorization": f"Bearer {a_key(session)}"}
        url = f"{running.url}/api/application"
        with open_client(url, headers=headers) as http:
            yield http, running.engine


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    yield from shop(tmp_path_factory.mktemp("small"), 10, 50)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    yield from shop(tmp_path_factory.mktemp("large"), 10_000, 50_000)


def statements(http, path):
    """What a request asks the database, in its order."""
    with watched() as found:
        answer = http.get(path)
    assert answer.status_code == 200, answer.text
    return found


def scans(engine, statement, parameters):
    """The steps of a query plan that read a table from one end to the other, and all steps."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            driver = connection.connection.dbapi_connection
            rows = driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
        steps = [row[3] for row in rows]
        return [each for each in steps if each.startswith("SCAN") and "INDEX" not in each], steps
    if engine.dialect.name == "mariadb":
        with engine.connect() as connection:
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", tuple(parameters)).all()
        steps = [f"{row.table} {row.type} {row.key} {row.rows} {row.Extra}" for row in rows]
        return [each for each in steps if " ALL " in each], steps
    steps = asyncio.run(explain(engine.url, statement, parameters))
    return [each for each in steps if "Seq Scan" in each], steps


async def explain(url, statement, parameters):
    """The plan of PostgreSQL, which takes an index wherever there is one that fits."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(address)
    try:
        await connection.execute("SET enable_seqscan = off")
        rows = await connection.fetch(f"EXPLAIN {statement}", *parameters)
    finally:
        await connection.close()
    return [row[0] for row in rows]


@pytest.mark.needs("minutes")
@pytest.mark.parametrize(
    "path",
    [
        "/customers",
        "/customers?include=invoices,services,metadata,servicesCount,invoicesExists",
        "/customers?filter[email]=c000&sort=-created_at&per_page=5",
        "/customers?q=example&page=2&per_page=5",
        "/services?include=customer,metadata,pricing,configoptions,pricingCount",
        "/services?filter[status]=active&sort=-updated_at,id&per_page=3&page=2",
        "/services?filter[customer_id]=3,4",
        "/statistics",
    ],
)
def test_the_size_of_the_shop_does_not_change_what_is_asked(small, large, path):
    counts = [len(statements(http, path)) for http, _ in (small, large)]
    assert counts[0] == counts[1]


def sample(schema):
    """A value that a filter may be asked for."""
    schema = inlined(contract().document, schema)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("format") == "date":
        return "2026-02-20"
    return "5" if schema["type"] == "integer" else TEXT


def filters():
    for name in LISTS:
        operation = contract().operations[name]
        for parameter in operation.query:
            if parameter.name.startswith("filter["):
                yield operation.path, parameter.name, sample(parameter.schema["items"])


def sorts():
    for name in LISTS:
        operation = contract().operations[name]
        parameter = next(each for each in operation.query if each.name == "sort")
        for sort in parameter.schema["items"]["enum"]:
            yield operation.path, sort


@pytest.mark.parametrize(("path", "name", "value"), list(filters()))
def test_every_filter_has_an_index(large, path, name, value):
    http, engine = large
    path = path.removeprefix("/application")
    rows, *_ = statements(http, f"{path}?{name}={value}")
    found, steps = scans(engine, *rows)
    # MariaDB has no index for parts of texts, and reads the table.
    assert found == [] or (value == TEXT and engine.dialect.name == "mariadb")
    # A part of a text is looked for in the whole index, all else is found in it.
    if value != TEXT and engine.dialect.name == "sqlite":
        assert sum(step.startswith("SEARCH") for step in steps) == 2, steps


@pytest.mark.parametrize(("path", "sort"), list(sorts()))
def test_every_sort_reads_an_index_from_one_end(large, path, sort):
    http, engine = large
    rows, *_ = statements(http, f"{path.removeprefix('/application')}?sort={sort}")
    assert_reads_an_index(engine, sort, rows)


def assert_reads_an_index(engine, sort, statement, sorted_rows=0):
    """The rows come in their order out of an index; servers may sort up to `sorted_rows`."""
    found, steps = scans(engine, *statement)
    if engine.dialect.name == "sqlite":
        assert not [step for step in steps if "TEMP B-TREE" in step], steps
        assert sort.lstrip("-") == "id" or [step for step in steps if "USING INDEX" in step]
    else:
        assert found == []
        kind = r"\W*Sort .*rows=(\d+)|.* (\d+) .*filesort"
        sorts = [re.match(kind, step) for step in steps]
        assert all(int(sort[1] or sort[2]) <= sorted_rows for sort in sorts if sort), steps


@pytest.mark.parametrize(("path", "sort"), list(sorts()))
def test_a_cursor_finds_its_place_in_an_index(large, path, sort):
    http, engine = large
    path = path.removeprefix("/application")
    following = http.get(f"{path}?sort={sort}&page=200&per_page=20").links["next"]["url"]
    for rows in statements(http, following):
        # Those of one value, which it takes to be few.
        assert_reads_an_index(engine, sort, rows, sorted_rows=200)
        if engine.dialect.name == "sqlite":
            place = next(step for step in scans(engine, *rows)[1] if path[1:] in step)
            assert place.startswith("SEARCH"), place


RELATIONS = [
    *(("/customers", name) for name in ("services", "metadata", "invoices")),
    *(("/services", name) for name in ("customer", "metadata", "pricing", "configoptions")),
]


@pytest.mark.parametrize(("path", "include"), RELATIONS)
def test_every_relation_is_found_by_an_index(large, path, include):
    http, engine = large
    *_, related = statements(http, f"{path}?include={include}")
    assert scans(engine, *related)[0] == []
