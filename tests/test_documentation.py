"""The documentation: the page where a key can be tried, the contract itself, problem types."""

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import expect

from app.contract import Contract, contract
from app.pipeline.problems import KINDS
from app.usecases.demo import load_demo
from tests.browsers import chromium
from tests.factories import a_group, a_key, a_product
from tests.http import request
from tests.needs import needs

pytestmark = pytest.mark.once

SOURCE = Path(__file__).parent.parent / "openapi" / "openapi.yaml"
# Swagger UI asks its online validator about any page but those of 127.0.0.1, hence a name.
HOST = "panel.example"


@pytest.fixture(scope="module")
@needs("chromium", "minutes")
def browser():
    with chromium(f"--host-resolver-rules=MAP {HOST} 127.0.0.1") as browser:
        yield browser


@pytest.fixture
def page(server, browser):
    """The documentation, just opened."""
    page = browser.new_page(base_url=f"http://{HOST}:{urlsplit(server.url).port}")
    # To draw all operations takes long on a machine with other work.
    page.set_default_timeout(120_000)
    page.goto("/api/documentation")
    yield page
    page.close()


def authorize(page, key):
    page.get_by_role("button", name="Authorize").click()
    dialog = page.locator(".dialog-ux")
    dialog.get_by_role("textbox").fill(key)
    dialog.get_by_role("button", name="Authorize").click()
    dialog.get_by_role("button", name="Close").click()


def operation_of(page, method, path):
    summary = page.locator(f'.opblock-summary-{method} [data-path="{path}"]')
    return page.locator(".opblock", has=summary)


def execute(page, method, path, media_type=None, **parameters):
    """Open an operation, fill in what it needs, send it; the place where its answer is shown.

    With a media type the body is sent that the page fills in for it.
    """
    operation = operation_of(page, method, path)
    operation.get_by_role("button").first.click()
    if media_type:
        operation.locator(".opblock-section-request-body select").select_option(media_type)
    for name, value in parameters.items():
        operation.get_by_placeholder(name).fill(str(value))
    operation.get_by_role("button", name="Execute").click()
    return operation.locator(".live-responses-table .response")


def test_a_key_pasted_into_the_documentation_shows_real_products(page, session):
    a_product(session, name="Élite 100%")
    authorize(page, a_key(session, "products:index"))
    answer = execute(page, "get", "/application/products")
    expect(answer.locator(".response-col_status")).to_have_text("200")
    expect(answer).to_contain_text('"name": "Élite 100%"')


def test_without_a_key_the_documentation_shows_the_problem(page):
    answer = execute(page, "get", "/application/products")
    expect(answer.locator(".response-col_status")).to_have_text("401")
    expect(answer).to_contain_text('"type": "/api/problems/unauthenticated"')


def test_a_deletion_tried_in_the_documentation_is_not_forced(page, session):
    group = a_group(session)
    a_product(session, group=group)
    authorize(page, a_key(session, "groups:delete"))
    answer = execute(page, "delete", "/application/groups/{group_id}", group_id=group.id)
    expect(answer.locator(".response-col_status")).to_have_text("409")


@pytest.mark.parametrize("media_type", ["application/json", "application/xml"])
def test_every_body_that_the_page_fills_in_is_accepted_by_a_new_demo_shop(
    page, session, media_type
):
    load_demo(session, now=datetime.now(UTC))
    session.commit()
    authorize(page, a_key(session))
    refused = {}
    for each in contract().operations.values():
        if media_type in each.bodies and each.method != "delete":
            answer = execute(page, each.method, each.path, media_type)
            status = answer.locator(".response-col_status")
            expect(status).to_have_text(re.compile("[0-9]{3}"))
            if status.inner_text()[:3] not in ("200", "201"):
                refused[each.id] = answer.inner_text()
            # What is open is drawn again with each click.
            operation_of(page, each.method, each.path).get_by_role("button").first.click()
    # The example of each action is the same service, which has already ended when it is suspended.
    assert refused.keys() == {"services.suspend", "services.suspend_by_put"}
    assert all(text.startswith("409") for text in refused.values()), refused


def test_the_page_asks_no_other_host_and_makes_no_error(page, session):
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(error.message))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.reload()
    authorize(page, a_key(session))
    expect(execute(page, "get", "/application/products")).to_be_visible()
    assert {urlsplit(address).hostname for address in asked} == {HOST}
    assert any(urlsplit(address).path == "/api/application/products" for address in asked)
    assert errors == []


@pytest.mark.parametrize("path", ["/", "/api"])
def test_who_comes_without_an_address_is_led_to_the_documentation(server, path):
    answer = request("GET", f"{server.url}{path}")
    assert answer.status_code == 302
    assert answer.headers["location"] == "/api/documentation"


def test_the_yaml_is_the_contract_as_it_was_written_with_the_address_of_the_request(server):
    source = SOURCE.read_text(encoding="utf-8")
    assert source.startswith("# ")
    for host in (urlsplit(server.url).netloc, f"{HOST}:8443"):
        answer = request("GET", f"{server.url}/api/openapi.yaml", headers={"Host": host})
        assert answer.headers["content-type"] == "application/yaml; charset=utf-8"
        expected = source.replace("- url: /api\n", f"- url: http://{host}/api\n")
        assert answer.text == expected.replace("tokenUrl: /api/", f"tokenUrl: http://{host}/api/")


def test_the_json_says_the_same_at_both_of_its_addresses(server):
    written = yaml.safe_load(request("GET", f"{server.url}/api/openapi.yaml").text)
    for path in ("/api/openapi.json", "/docs/api-docs.json"):
        answer = request("GET", f"{server.url}{path}")
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == written
    assert written["servers"] == [{"url": f"{server.url}/api"}]


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/openapi.yaml", "/docs/api-docs.json"])
def test_tools_that_know_no_oauth_get_a_view_with_a_plain_bearer_token(server, path):
    document = yaml.safe_load(request("GET", f"{server.url}{path}?auth=bearer").text)
    assert document["components"]["securitySchemes"]["bearer"]["type"] == "http"
    products = document["paths"]["/application/products"]["get"]
    assert products["security"] == [{"bearer": []}]
    assert products["x-permissions"] == ["products:index"]
    assert document["servers"] == [{"url": f"{server.url}/api"}]


def test_the_view_with_a_plain_bearer_token_changes_nothing_else(server):
    written = request("GET", f"{server.url}/api/openapi.json").json()
    view = request("GET", f"{server.url}/api/openapi.json?auth=bearer").json()
    for path, item in view["paths"].items():
        for method, operation in item.items():
            if "x-permissions" in operation:
                scopes = operation.pop("x-permissions")
                operation["security"] = written["paths"][path][method]["security"]
                named = [entry["bearer"] for entry in operation["security"]]
                assert scopes == [scope for each in named for scope in each]
    scheme = written["components"]["securitySchemes"]["bearer"]
    assert view["components"]["securitySchemes"].pop("bearer") == {
        "type": "http", "scheme": "bearer", "description": scheme["description"],
    }  # fmt: skip
    view["components"]["securitySchemes"]["bearer"] = scheme
    assert view == written


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/openapi.yaml"])
@pytest.mark.parametrize("query", ["media=json", "auth=bearer&media=json"])
def test_tools_that_trip_over_two_media_types_get_a_view_in_json(server, path, query):
    view = yaml.safe_load(request("GET", f"{server.url}{path}?{query}").text)
    written = request("GET", f"{server.url}/api/openapi.json").json()
    bearer = view["components"]["securitySchemes"]["bearer"]
    assert (bearer["type"] == "http") == ("bearer" in query)
    bodies, responses = bodies_of(view), view["components"]["responses"]
    contents = [[*each.get("content", {})] for each in (*bodies.values(), *responses.values())]
    in_json = [["application/json"], ["application/problem+json"]]
    # What is never JSON stays: the request of a token, and images.
    others = [["application/x-www-form-urlencoded"], ["multipart/form-data"], []]
    assert all(content in in_json + others for content in contents)
    assert all(content in contents for content in others)
    kinds = (written["components"][kind] for kind in ("requestBodies", "responses"))
    for part in (part for kind in kinds for part in kind.values()):
        content = part.get("content", {})
        if found := {name: each for name, each in content.items() if "json" in name}:
            part["content"] = found
    assert responses == written["components"]["responses"]
    assert bodies == {
        # Bodies are components in the contract, and in their operations in the view.
        name: written["components"]["requestBodies"][body["$ref"].rpartition("/")[2]]
        for name, body in bodies_of(written).items()
    }


def bodies_of(document):
    return {
        operation["operationId"]: operation["requestBody"]
        for item in document["paths"].values()
        for operation in item.values()
        if "requestBody" in operation
    }


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/openapi.yaml"])
def test_bodies_have_an_example_in_xml_in_the_view_for_pages_that_fill_them_in(server, path):
    view = yaml.safe_load(request("GET", f"{server.url}{path}?auth=bearer&examples=xml").text)
    content = view["components"]["requestBodies"]["ProductConfig"]["content"]
    assert content["application/json"]["example"] == {"cores": 4, "node": "pve1"}
    assert '<entry key="cores" type="integer">4</entry>' in content["application/xml"]["example"]
    assert view["components"]["securitySchemes"]["bearer"]["type"] == "http"


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/openapi.yaml"])
@pytest.mark.parametrize(
    "query", ["media=json", "auth=bearer", "examples=xml", "auth=bearer&media=json"]
)
def test_a_view_is_made_once_whatever_the_host_is(server, monkeypatch, path, query):
    url = f"{server.url}{path}?{query}"
    own = request("GET", url).text
    assert f"{server.url}/api" in own
    monkeypatch.delattr(Contract, "served")
    for host in ("a.example", "b.example:8443", "[2001:db8::1]:8000"):
        answer = request("GET", url, headers={"Host": host})
        assert answer.text == own.replace(f"{server.url}/api", f"http://{host}/api")
    if path.endswith("json"):
        assert answer.json()["servers"] == [{"url": "http://[2001:db8::1]:8000/api"}]
    else:
        # All of the document takes seconds to read.
        servers = answer.text[answer.text.index("servers:\n") :].partition("\n-")
        line = servers[2].partition("\n")[0] if servers[1] else servers[0]
        assert yaml.safe_load("-" + line) == [{"url": "http://[2001:db8::1]:8000/api"}]


@pytest.mark.parametrize("kind", KINDS)
def test_every_problem_type_is_a_page_that_says_what_to_do(server, kind):
    answer = request("GET", f"{server.url}/api/problems/{kind}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    text = unescape(answer.text)
    for part in (KINDS[kind].title, kind, f"status {KINDS[kind].status}", KINDS[kind].remedy):
        assert part in text


def test_the_type_of_a_problem_leads_to_its_page(server):
    problem = request("GET", f"{server.url}/api/application/products").json()
    page = request("GET", f"{server.url}{problem['type']}")
    assert page.headers["content-type"].startswith("text/html")
    assert f"<h1>{problem['title']}</h1>" in page.text


def test_an_unknown_problem_type_is_a_problem_itself(server):
    answer = request("GET", f"{server.url}/api/problems/unknown")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/api/problems/not-found"
