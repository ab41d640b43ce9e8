"""Addresses that are long or written in another way: headers stay short, and rules of proxies hold.

nginx takes 4 KB for the headers of a response by default, and counts a response with more against
the server for everybody.
"""

import pytest

from tests.factories import a_group, a_key, a_product
from tests.http import request
from tests.needs import needs
from tests.nginx import nginx
from tests.processes import free_port
from tests.rpc import post

pytestmark = pytest.mark.once

# In bytes, of all headers of a response.
PAGE = 4096


@pytest.fixture
@needs("nginx")
def proxied(server, tmp_path):
    """The address of an nginx before the server that is configured to do no more than that."""
    port = free_port()
    servers = f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {server.url}; }} }}"
    with nginx(tmp_path, port, servers):
        yield f"http://127.0.0.1:{port}"


def size_of(headers):
    return sum(len(name) + len(value) + 4 for name, value in headers.raw)


IDS = ["a" * 5000, "1%0d%0aX:%201", "%F0%9F%99%82", "1" * 40, "1;a", "%00"]


@pytest.mark.parametrize("text", IDS)
@pytest.mark.parametrize("is_known", [True, False], ids=["with a key", "without a key"])
def test_an_old_address_repeats_no_text_that_is_no_id(server, session, text, is_known):
    headers = {"Authorization": f"Bearer {a_key(session)}"} if is_known else {}
    answer = request("DELETE", f"{server.url}/api/application/expire/{text}", headers=headers)
    assert answer.status_code in ((400, 404) if is_known else (401, 400, 404))
    assert "successor-version" not in answer.headers.get("link", "")
    assert size_of(answer.headers) < PAGE


@pytest.mark.parametrize("number", ["7", "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d"])
def test_an_old_address_names_the_new_one_of_an_id(server, session, number):
    answer = request("DELETE", f"{server.url}/api/application/expire/{number}")
    assert answer.status_code == 401
    link = f'</api/application/services/{number}/expire>; rel="successor-version"'
    assert answer.headers["link"] == link


@pytest.mark.parametrize("length", [100, 1000, 2000, 20_000])
def test_the_links_of_a_page_are_in_its_body_however_long_they_are(
    server, session, proxied, length
):
    group = a_group(session)
    for _ in range(3):
        a_product(session, group=group)
    query = f"per_page=1&page=2&unused={'x' * length}"
    headers = {"Authorization": f"Bearer {a_key(session)}"}
    # nginx itself takes no address of more than 8 KB.
    for url in (server.url, proxied) if length < 8000 else (server.url,):
        answer = request("GET", f"{url}/api/application/products?{query}", headers=headers)
        assert answer.status_code == 200
        assert size_of(answer.headers) < PAGE
        assert ("link" in answer.headers) == (length == 100)
        body = answer.json()
        assert f"unused={'x' * length}" in body["next_page_url"] + body["prev_page_url"]


def test_an_unknown_member_of_a_call_gets_into_no_header(server, session):
    key = a_key(session)
    call = (
        "<methodCall><methodName>products.index</methodName><params><param><value><struct>"
        f"<member><name>unused</name><value>{'x' * 30_000}</value></member>"
        "</struct></value></param></params></methodCall>"
    )
    answer = post(server, call.encode(), key)
    assert b"<fault>" not in answer.content
    assert size_of(answer.headers) < PAGE


def test_a_long_address_does_not_make_a_proxy_refuse_others(server, session, proxied):
    key = {"Authorization": f"Bearer {a_key(session)}"}
    for _ in range(5):
        answer = request("DELETE", f"{proxied}/api/application/expire/{'a' * 5000}")
        assert answer.status_code == 401
        answer = request("GET", f"{proxied}/api/application/products", headers=key)
        assert answer.status_code == 200


ALIASES = ["/apiapplication/products", "/api//application/products", "/api/application//products",
           "//api/application/products", "/api%2Fapplication/products",
           "/api/application%2fproducts", "/api/application/products//",
           "/api/application/products%2F1"]  # fmt: skip


@pytest.mark.parametrize("path", ALIASES)
@pytest.mark.parametrize("is_known", [True, False], ids=["with a key", "without a key"])
def test_a_path_has_one_spelling(server, session, path, is_known):
    headers = {"Authorization": f"Bearer {a_key(session)}"} if is_known else {}
    answer = request("GET", f"{server.url}{path}", headers=headers)
    assert answer.status_code in ((404,) if is_known else (401, 404))
    assert "total" not in answer.text


def test_a_slash_at_the_end_of_a_path_means_nothing(client, session):
    product = a_product(session)
    assert client.get(f"/products/{product.id}/").json()["id"] == product.id
