"""API3:2023, broken object property level authorization: what may be written, what may be seen."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from sqlalchemy import Boolean, DateTime, Integer, Numeric, select

from app.contract import contract
from models import Customer
from models.base import Base
from models.row_count import RowCount
from tests.databases import empty
from tests.factories import a_key, a_note, an_admin, an_invoice, save
from tests.http import request
from tests.rpc import ask
from tests.security.shop import FILES, OPERATIONS, a_body, a_shop, files_for, path_to, properties

# A configuration is a free object, and a column of its own.
FREE = "products.update_config"
WRITES = {each.id: each for each in OPERATIONS.values() if each.bodies and each.scopes}
del WRITES[FREE]
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
# Made by chance, or at another moment, in each run.
CHANCE = {"created_at", "updated_at", "password", "token", "previous_token", "uuid", "content",
          "expires_at", "previous_expires_at", "email_verified_at", "due_at", "suspended_at",
          "deleted_at"}  # fmt: skip
MARK = "unseen"
# How the values of an intruder begin. One identifier of 65,536 begins with the year alone.
FOREIGN = ("2001-01-01", MARK)


def intruder(column):
    """A value that a column could hold and that nothing has."""
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, (Integer, Numeric)):
        return 424242
    if isinstance(column.type, DateTime):
        return "2001-01-01T00:00:00Z"
    return MARK


COLUMNS = {
    column.name: intruder(column)
    for table in Base.metadata.sorted_tables
    for column in table.columns
}
PROPERTIES = {
    name: MARK
    for schema in contract().document["components"]["schemas"].values()
    for name in schema.get("properties", ())
}
ODD = ("is_admin", "role", "roles", "__class__", "__proto__", "attributes", "fillable", "guarded",
       "_token", "tokenable_id")  # fmt: skip
NAMES = {**PROPERTIES, **dict.fromkeys(ODD, MARK), **COLUMNS}


def undeclared(operation, media_type):
    """What an operation does not take: columns, properties of other schemas, odd names."""
    known = {*properties(operation, media_type), *(each.name for each in operation.query)}
    return {name: value for name, value in NAMES.items() if name not in known}


def rows(session):
    """All values of the database, by table, row and column; of those by chance only if there is
    one, and whether it is that of an intruder."""
    session.rollback()
    found = {}
    for table in Base.metadata.sorted_tables:
        if table is RowCount.__table__:
            # Triggers count the rows of all others.
            continue
        for number, row in enumerate(session.execute(select(table).order_by(*table.primary_key))):
            for name, value in row._mapping.items():
                if name == "last_used_at":
                    continue
                is_chance = name in CHANCE and value and not str(value).startswith(FOREIGN)
                found[table.name, number, name] = "by chance" if is_chance else repr(value)
    return found


def pairs(body, start=""):
    for name, value in body.items():
        key = f"{start}[{name}]" if start else name
        if isinstance(value, dict):
            yield from pairs(value, key)
        else:
            yield key, str(value).lower() if isinstance(value, bool) else value


def done(server, session, operation, media_type, extra):
    """The status of an operation on a fresh shop, what it answered, and the shop afterwards."""
    empty(session)
    admin = an_admin(session, username="ada", email="ada@example.org")
    ids = a_shop(session)
    body = {**a_body(operation, ids), **extra}
    content = {"json": body} if media_type == JSON else {"data": dict(pairs(body))}
    content["files"] = files_for(operation)
    headers = {"Authorization": f"Bearer {a_key(session, owner=admin)}"}
    path = f"{server.url}/api{path_to(operation, ids)}"
    answer = request(operation.method, path, headers=headers, **content)
    return answer, rows(session)


@pytest.mark.parametrize(
    ("operation", "media_type"),
    [(each, media) for each in WRITES.values() for media in (JSON, FORM) if media in each.bodies]
    + [(each, FILES) for each in WRITES.values() if each.bodies.keys() == {FILES}],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_no_operation_writes_what_it_does_not_declare(server, session, operation, media_type):
    """Columns, properties of other operations and odd names, all at once, change nothing."""
    plain, expected = done(server, session, operation, media_type, {})
    assert plain.is_success, plain.text
    extra = undeclared(operation, media_type)
    assert len(extra) > 100
    answer, found = done(server, session, operation, media_type, extra)
    if answer.status_code == 422:
        # An object that is closed names each of them.
        assert "additionalProperties" in str(operation.bodies[media_type]) or extra.keys() <= (
            answer.json()["errors"].keys()
        )
        return
    assert answer.status_code == plain.status_code, answer.text
    assert found == expected
    assert MARK not in answer.text


def test_nested_objects_take_nothing_more_either(client, session):
    ids = a_shop(session)
    product, service = f"/products/{ids['product_id']}", f"/services/{ids['service_id']}"
    before = rows(session)
    for path in (product, service):
        for price in ({"id": 1}, {"price": 1, "currency": "USD"}, {"related_id": 9}, {"x": 1}):
            answer = client.post(path, json={"pricing": {"monthly": price}})
            assert answer.status_code in (200, 422)
        assert client.post(path, json={"pricing": {"fortnightly": {"price": 1}}}).status_code == 422
    changed = {key for key, value in rows(session).items() if before.get(key) != value}
    places = {(table, name) for table, _, name in changed}
    assert places <= {("pricings", "monthly"), ("row_counts", "difference")}


def test_a_free_object_is_written_into_its_own_column_whatever_is_in_it(client, session):
    ids = a_shop(session)
    before = rows(session)
    config = {name: str(value) for name, value in [*NAMES.items()][:50]}
    path = path_to(OPERATIONS[FREE], ids).removeprefix("/application")
    assert client.request(OPERATIONS[FREE].method, path, json=config).status_code == 200
    found = rows(session)
    assert {key: found.get(key) for key in before} == before
    assert {table for table, _, _ in found.keys() - before.keys()} == {"product_configs"}


SECRETS = ("password", "remember_token", "totp_secret", "security_answer", "confirmation_token",
           "last_ip", "avatar_path")  # fmt: skip


@pytest.fixture
def unseen(session):
    """A shop where every column that no answer shows says so."""
    ids = a_shop(session)
    customer = session.get(Customer, ids["customer_id"])
    for name in SECRETS:
        setattr(customer, name, MARK)
    save(session, customer)
    an_invoice(session, customer=customer)
    a_note(session, customer, "plain", "seen")
    return ids


READS = {each.id: each for each in OPERATIONS.values() if each.method == "get" and each.scopes}


@pytest.mark.parametrize("operation", READS.values(), ids=READS)
def test_no_answer_shows_what_it_does_not_declare(server, session, unseen, operation):
    key = a_key(session)
    query = [
        (each.name, value)
        for each in operation.query
        if each.name == "include"
        for value in each.schema["items"]["enum"]
    ]
    include = ",".join(value for _, value in query)
    path = f"{server.url}/api{path_to(operation, unseen)}?{urlencode({'include': include})}"
    for accept in ("application/json", "application/xml"):
        headers = {"Authorization": f"Bearer {key}", "Accept": accept}
        answer = request("GET", path, headers=headers)
        assert answer.status_code == 200, answer.text
        assert MARK not in answer.text
        assert key.partition("|")[2] not in answer.text
    arguments = {name: unseen[name] for name in operation.path_parameters}
    value = ask(server, key, operation.id, {**arguments, **({"include": include} if query else {})})
    assert MARK not in str(value)


def test_a_password_is_written_and_never_read(client, session):
    ids = a_shop(session)
    path = f"/customers/{ids['customer_id']}"
    answer = client.post(path, json={"password": "correct horse battery"})
    assert answer.status_code == 200
    assert "correct horse" not in answer.text
    assert "argon2" not in client.get(f"{path}?include=metadata,services,invoices").text
    wrong = client.post(path, json={"password": "short77", "firstname": 5})
    assert wrong.status_code == 422
    assert "short77" not in wrong.text


def test_no_list_can_be_searched_by_what_it_does_not_show(client, session, unseen):
    """A filter or an order by a secret would tell it, letter by letter."""
    lists = [each for each in READS.values() if each.id.endswith(".index")]
    for operation in lists:
        path = operation.path.removeprefix("/application")
        known = {each.name for each in operation.query}
        for name in {*COLUMNS, "customer.password", "customer[password]"}:
            if f"filter[{name}]" not in known:
                answer = client.get(path, params={f"filter[{name}]": MARK})
                assert answer.status_code == 400, (operation.id, name)
        sorts = next(each for each in operation.query if each.name == "sort")
        for name in COLUMNS.keys() - {*sorts.schema["items"]["enum"]}:
            assert client.get(path, params={"sort": name}).status_code == 400
        if "include" in known:
            assert client.get(path, params={"include": "password,tokens"}).status_code == 400


def test_dates_of_answers_are_those_of_the_server(client, session):
    ids = a_shop(session)
    body = {"created_at": "2001-01-01T00:00:00Z", "updated_at": "2001-01-01T00:00:00Z"}
    answer = client.post(f"/groups/{ids['group_id']}", json=body)
    for name in body:
        assert datetime.fromisoformat(answer.json()[name]) > datetime(2026, 1, 1, tzinfo=UTC)
