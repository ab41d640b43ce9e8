"""Every request has an id, and one line in the log that holds nothing secret."""

import re
import xmlrpc.client
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from models.engine import make_engine
from tests.serving import served

MADE = re.compile(r"[0-9a-f]{32}")


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    with served(tmp_path_factory.mktemp("logs")) as process:
        yield process


@pytest.fixture
def http(process):
    with process.client() as http:
        yield http


def sent(http, request_id):
    return http.get("/api/application/health", headers={"X-Request-Id": request_id}).headers[
        "x-request-id"
    ]


@pytest.mark.parametrize(
    "request_id",
    [
        "a",
        "6f1c2a3e-5a4b-4c6d-8e7f-000000000001",
        "01JD3Z8Q2V7X9K4M6N8P0R2T4V",
        "Root=1-67891233-abcdef012345678912345678",
        "x" * 128,
    ],
)
def test_the_id_of_a_request_comes_back(http, request_id):
    assert sent(http, request_id) == request_id


@pytest.mark.parametrize("request_id", ["", "x" * 129, "a b", '"', "-a", "é", "a\tb", "<b>"])
def test_what_is_no_id_is_replaced(http, request_id):
    assert MADE.fullmatch(sent(http, request_id.encode()))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/application/health"),
        ("HEAD", "/api/application/products"),
        ("OPTIONS", "/api/application/products"),
        ("GET", "/api/application/products/999"),
        ("PUT", "/api/application/health"),
        ("GET", "/api/application/nothing"),
        ("GET", "/api/documentation"),
        ("GET", "/nothing"),
        ("POST", "/api/xmlrpc"),
    ],
)
def test_every_answer_has_an_id_of_its_own(http, method, path):
    ids = {http.request(method, path).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(map(MADE.fullmatch, ids))


def test_a_request_has_one_line_that_tells_what_became_of_it(process, http):
    answer = http.get("/api/application/products?per_page=3", headers={"X-Request-Id": "one"})
    (line,) = process.logged("one")
    assert datetime.now(UTC) - datetime.fromisoformat(line.pop("time")) < timedelta(minutes=1)
    assert 0 < line.pop("duration_ms") < 10_000
    assert line == {
        "level": "info", "message": "request", "request_id": "one", "client": "127.0.0.1",
        "method": "GET", "path": "/api/application/products", "operation": "products.index",
        "key_id": 1, "status": 200, "bytes": len(answer.content),
    }  # fmt: skip


def test_what_is_not_in_the_contract_has_a_line_too(process, http):
    http.get("/nothing/here", headers={"X-Request-Id": "two"})
    (line,) = process.logged("two")
    assert (line["operation"], line["key_id"], line["status"]) == ("", None, 404)


def test_a_call_by_xmlrpc_and_its_operation_have_the_same_id(process, http):
    body = xmlrpc.client.dumps(({},), "products.index")
    headers = {"X-Request-Id": "three", "Content-Type": "text/xml"}
    assert http.post("/api/xmlrpc", content=body, headers=headers).is_success
    while len(lines := process.logged("three")) < 2:
        pass
    assert [line["operation"] for line in lines] == ["products.index", ""]
    http.post("/api/xmlrpc", content=body)

    made = http.post("/api/xmlrpc", content=body, headers={"Content-Type": "text/xml"})
    while len(process.logged(made.headers["x-request-id"])) < 2:
        pass


def test_a_line_holds_neither_secrets_nor_what_was_sent(process, http):
    path = f"/api/application/{process.key}"
    body = {"email": "ada@example.org", "password": "correct horse battery"}
    http.post(f"{path}?filter[email]=ada@example.org", json=body, headers={"X-Request-Id": "four"})
    http.post("/api/application/customers", json=body, headers={"X-Request-Id": "five"})
    assert process.logged("four")[0]["path"] == "/api/application/[secret]"
    process.logged("five")
    log = (process.folder / "log").read_text()
    for secret in (process.key, process.key.partition("|")[2], "ada@example.org", "horse"):
        assert secret not in log


@pytest.mark.parametrize(
    "path", ["/a%0A%7B%22level%22%3A%22error%22%7D", "/%ED%A0%80", "/%00%1b[31m"]
)
def test_no_address_can_forge_or_break_a_line(process, http, path):
    before = len(process.lines())
    request_id = http.get(path).headers["x-request-id"]
    (line,) = process.logged(request_id)
    assert (line["level"], line["status"]) == ("info", 404)
    assert len(process.lines()) == before + 1


def refuse_customers(database_url):
    """Let the database refuse each new customer, for a reason that the server does not know."""
    engine = make_engine(database_url)
    refusal = (
        "CREATE TRIGGER refuse BEFORE INSERT ON customers BEGIN SELECT RAISE(ABORT, 'no'); END"
        if engine.dialect.name == "sqlite"
        else "ALTER TABLE customers ADD CONSTRAINT refuse CHECK (email = '')"
    )
    with Session(engine) as session:
        session.execute(text(refusal))
        session.commit()
    engine.dispose()


def test_an_error_of_the_server_is_told_with_the_id_and_without_the_values(tmp_path):
    with served(tmp_path, LOG_LEVEL="warning") as process, process.client() as http:
        refuse_customers(process.database_url)
        body = {
            "firstname": "Ada", "lastname": "Martin", "email": "ada@example.org",
            "phone": "0600000000", "address": "1 rue Haute", "city": "Lille", "region": "Nord",
            "zipcode": "59000", "country": "FR",
        }  # fmt: skip
        answer = http.post("/api/application/customers", json=body)
        assert answer.status_code == 500, answer.text
        error, line = process.logged(answer.headers["x-request-id"])
        assert error["level"] == line["level"] == "error"
        assert "INSERT INTO customers" in error["exception"]
        assert "ada@example.org" not in str(error)
        # Only trouble was asked for.
        assert http.get("/api/application/products/999").status_code == 404
        assert {each["level"] for each in process.lines()} == {"error"}
