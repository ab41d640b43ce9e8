"""Ten thousand customers and fifty thousand services cost no more statements than ten."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import Engine, event, insert
from sqlalchemy.orm import Session

from app.contract import contract
from app.jsonschema import inlined
from app.settings import Settings
from models import Customer, Invoice, Metadata, Service
from models.engine import WRITE
from models.service import STATUSES
from tests.conftest import run
from tests.factories import a_key

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TEXT = "1"
LISTS = ("customers.index", "services.index")


def fill(engine, customers, services):
    people = [
        {"id": n, "firstname": f"F{n % 97}", "lastname": f"L{n % 89}", "email": f"c{n}@example.org",
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
    with engine.connect().execution_options(**WRITE) as connection, connection.begin():
        for model, rows in ((Customer, people), (Service, bought), (Metadata, notes),
                            (Invoice, bills)):  # fmt: skip
            connection.execute(insert(model), rows)


def shop(folder, customers, services):
    """A server with a shop of that size: a client for it, and its database."""
    for running in run(Settings(database_url=f"sqlite:///{folder / 'shop.db'}", rate_limit=0)):
        fill(running.engine, customers, services)
        with Session(running.engine) as session:
            headers = {"Authorization": f"Bearer {a_key(session)}"}
        url = f"{running.url}/api/application"
        with httpx.Client(base_url=url, headers=headers, timeout=60) as http:
            yield http, running.engine


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    yield from shop(tmp_path_factory.mktemp("small"), 10, 50)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    yield from shop(tmp_path_factory.mktemp("large"), 10_000, 50_000)


def statements(http, path):
    """What a request asks the database, in its order."""
    found = []

    def note(connection, cursor, statement, parameters, *rest):
        if statement.startswith("SELECT") and "personal_access_tokens" not in statement:
            found.append((statement, parameters))

    http.get(path)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        answer = http.get(path)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert answer.status_code == 200, answer.text
    return found


def plan(engine, statement, parameters):
    with engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        return [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]


@pytest.mark.parametrize(
    "path",
    [
        "/customers",
        "/customers?include=invoices,services,metadata,servicesCount,invoicesExists",
        "/customers?filter[email]=c1&sort=-created_at&per_page=5",
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
    total, rows, *_ = statements(http, f"{path}?{name}={value}")
    for statement in (total, rows):
        steps = plan(engine, *statement)
        assert not [step for step in steps if step.startswith("SCAN") and "INDEX" not in step]
        # A part of a text is looked for in the whole index, all else is found in it.
        if value != TEXT:
            assert any(step.startswith("SEARCH") for step in steps), steps


@pytest.mark.parametrize(("path", "sort"), list(sorts()))
def test_every_sort_reads_an_index_from_one_end(large, path, sort):
    http, engine = large
    _, rows, *_ = statements(http, f"{path.removeprefix('/application')}?sort={sort}")
    steps = plan(engine, *rows)
    assert not [step for step in steps if "TEMP B-TREE" in step]
    if sort.lstrip("-") != "id":
        assert [step for step in steps if "USING INDEX" in step]


@pytest.mark.parametrize("include", ["services", "metadata", "invoices"])
def test_every_relation_of_a_customer_is_found_by_an_index(large, include):
    http, engine = large
    *_, related = statements(http, f"/customers?include={include}")
    assert all(step.startswith(("SEARCH", "USE TEMP")) for step in plan(engine, *related))


@pytest.mark.parametrize("include", ["customer", "metadata", "pricing", "configoptions"])
def test_every_relation_of_a_service_is_found_by_an_index(large, include):
    http, engine = large
    *_, related = statements(http, f"/services?include={include}")
    assert all(step.startswith(("SEARCH", "USE TEMP")) for step in plan(engine, *related))
