"""XML-RPC as the usual clients speak it: Python's own, PHP's extension, the package for Node.js."""

import json
import os
import subprocess
import xmlrpc.client
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from models import Customer
from tests.factories import a_customer, a_key, a_note, a_pricing, a_product, a_service
from tests.test_customers import NEW

pytestmark = pytest.mark.once

CLIENTS = Path(__file__).parent / "clients"
# What XML has no way to write, what it would read as something else, and what looks like an escape.
ODD = "Élite & <co> \u0007 tab\there\r\nline _x0007_ \U0001f600"
ODD_ESCAPED = "Élite & <co> _x0007_ tab\there\r\nline _x005F_x0007_ \U0001f600"


def python(url, key, method, *arguments):
    headers = [("Authorization", f"Bearer {key}")]
    with xmlrpc.client.ServerProxy(f"{url}/api/xmlrpc", headers=headers) as proxy:
        try:
            return getattr(proxy, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            return {"faultCode": fault.faultCode, "faultString": fault.faultString}


def run(*command):
    # What tests of Python want to be warned of, examples need not care for.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def php(url, key, method, *arguments):
    script = str(CLIENTS / "xmlrpc.php")
    return json.loads(run("php", script, url, key, method, json.dumps(arguments)))


def node(url, key, method, *arguments):
    script = str(CLIENTS / "xmlrpc.mjs")
    return json.loads(run("node", script, url, key, method, json.dumps(arguments)))


@pytest.fixture(
    params=[
        pytest.param(python, id="python"),
        pytest.param(php, id="php", marks=pytest.mark.needs("php")),
        pytest.param(node, id="node", marks=pytest.mark.needs("npm")),
    ]
)
def call(request, server, session):
    """A function that calls a method with a key for everything."""
    key = a_key(session)
    return lambda method, *arguments: request.param(server.url, key, method, *arguments)


def test_customers_are_created_and_listed(call, server):
    created = call("customers.create", NEW)
    assert {name: created[name] for name in NEW} == NEW
    page = call("customers.index", {"filter[email]": NEW["email"], "per_page": 1})
    assert [item["id"] for item in page["data"]] == [created["id"]]
    with Session(server.engine) as session:
        assert session.get(Customer, created["id"]).email == NEW["email"]


def test_a_service_is_suspended_and_read_back(call, session):
    service = a_service(session)
    done = call("services.suspend", {"service_id": service.id, "reason": "Unpaid"})
    assert done["result"]["success"] is True
    read = call("services.show", {"service_id": service.id})
    assert (read["status"], read["suspend_reason"]) == ("suspended", "Unpaid")
    session.rollback()
    assert service.status == "suspended"


def test_all_kinds_of_values_arrive(call, session):
    product = a_product(session, pinned=True, stock=-1, description="2 vCPU")
    a_pricing(session, product=product, monthly=Decimal("9.99"), setup_monthly=None)
    read = call("products.show", {"product_id": product.id, "include": ["pricing", "metadata"]})
    assert (read["id"], read["name"], read["stock"]) == (product.id, product.name, -1)
    assert (read["pinned"], read["image"], read["metadata"]) == (True, None, [])
    assert (read["pricing"][0]["monthly"], read["pricing"][0]["setup_monthly"]) == (9.99, None)


def test_texts_arrive_whatever_is_in_them(call, session):
    customer = a_customer(session, notes=ODD)
    a_note(session, customer, "color", ODD)
    read = call("customers.show", {"customer_id": customer.id, "include": "metadata"})
    assert read["metadata"][0]["value"] == ODD_ESCAPED


def test_texts_are_created_as_they_were_sent(call, server):
    created = call("customers.create", {**NEW, "firstname": "Élodie", "city": "東京"})
    with Session(server.engine) as session:
        customer = session.get(Customer, created["id"])
        assert (customer.firstname, customer.city) == ("Élodie", "東京")


def test_a_number_of_more_than_32_bits_arrives_as_text(call, session):
    a_customer(session, id=5_000_000_000)
    assert call("customers.show", {"customer_id": "5000000000"})["id"] == "5000000000"
    assert call("customers.index", {"filter[id]": "5000000000"})["meta"]["total"] == 1


def test_a_problem_is_a_fault(call):
    fault = {"faultCode": 404, "faultString": "There is no customer 999."}
    assert call("customers.show", {"customer_id": 999}) == fault


def test_a_list_needs_no_argument(call, session):
    a_customer(session)
    assert call("customers.index")["meta"]["total"] == 1
