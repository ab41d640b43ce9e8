"""The two examples of the published page of the API: Guzzle for PHP, axios for Node.js."""

import json
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from tests.factories import a_key, a_note, a_pricing, a_product
from tests.http import request

CLIENTS = Path(__file__).parent / "clients"
GUZZLE = ["php", str(CLIENTS / "products.php")]
AXIOS = ["node", str(CLIENTS / "products.mjs")]

pytestmark = pytest.mark.parametrize(
    "example",
    [
        pytest.param(GUZZLE, id="guzzle", marks=pytest.mark.needs("php")),
        pytest.param(AXIOS, id="axios", marks=pytest.mark.needs("npm")),
    ],
)


def run(example, server, key, **parameters):
    command = [*example, server.url, key, *([json.dumps(parameters)] if parameters else [])]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def answer(example, server, key, **parameters):
    done = run(example, server, key, **parameters)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def names(page):
    return [item["name"] for item in page["data"]]


def test_the_example_reads_the_products(example, server, session):
    key = a_key(session, "products:index")
    product = a_product(session, name="VPS S")
    a_pricing(session, product=product, monthly=5)
    page = answer(example, server, key)
    assert page["total"] == 1
    assert (page["data"][0]["id"], page["data"][0]["name"]) == (product.id, "VPS S")
    assert "pricing" not in page["data"][0]


def test_with_pricing_the_example_reads_the_prices_too(example, server, session):
    key = a_key(session, "products:index", "pricings:index")
    product = a_product(session)
    a_pricing(session, product=product, currency="EUR", monthly=Decimal("9.99"))
    a_pricing(session, product=product, currency="USD", monthly=11)
    (item,) = answer(example, server, key, pricing=1)["data"]
    prices = [(price["currency"], price["monthly"]) for price in item["pricing"]]
    assert prices == [("EUR", 9.99), ("USD", 11)]


def test_lists_are_understood_as_the_library_writes_them(example, server, session):
    """axios writes `filter[id][]=1&filter[id][]=2`, Guzzle `filter[id][0]=1&filter[id][1]=2`."""
    key = a_key(session, "products:index")
    first, _, third = (a_product(session, name=name) for name in ("VPS S", "VPS M", "VPS L"))
    ids = [first.id, third.id]
    page = answer(example, server, key, **{"filter[id]": ids, "sort": ["-id"]})
    assert names(page) == ["VPS L", "VPS S"]


def test_nested_parameters_are_understood_as_the_library_writes_them(example, server, session):
    """Both write `filter[status][0]=hidden`; a boolean is `true` for axios and `1` for Guzzle."""
    key = a_key(session)
    pinned = a_product(session, name="Élite & co, 100% + 1", pinned=True, status="hidden")
    a_note(session, pinned, "color", "blue")
    a_product(session, name="Élite & co, 100% + 1", pinned=False, status="hidden")
    a_product(session, name="VPS S", pinned=True)
    page = answer(
        example, server, key,
        filter={"name": "co", "pinned": True, "status": ["hidden", "unreferenced"]},
        include=["pricing", "metadataCount"], per_page=1,
    )  # fmt: skip
    (item,) = page["data"]
    assert item["id"] == pinned.id
    assert (item["pricing"], item["metadata_count"]) == ([], 1)
    assert page["total"] == 1


def test_a_text_with_blanks_and_signs_arrives_as_it_was_meant(example, server, session):
    key = a_key(session)
    a_product(session, name="Élite & co = 100% + 1")
    a_product(session, name="Élite")
    assert names(answer(example, server, key, q="& co = 100% + 1")) == ["Élite & co = 100% + 1"]


def test_an_error_is_the_usual_exception_of_the_library(example, server, session):
    done = run(example, server, "1|wrong")
    exception = "AxiosError" if example is AXIOS else "GuzzleHttp\\Exception\\ClientException"
    wrong = {"Authorization": "Bearer 1|wrong"}
    problem = request("GET", f"{server.url}/api/application/products", headers=wrong).json()
    assert problem["message"]
    assert done.stderr == f"{exception}: {problem['message']}\n"
    assert (done.returncode, done.stdout) == (1, "")
