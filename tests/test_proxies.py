"""The server behind a proxy: what it says of the scheme, the client and the path is understood."""

import re
from contextlib import contextmanager
from urllib.parse import urljoin

import pytest
import yaml
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from models import EmailMessage
from models.engine import make_engine
from tests.browsers import chromium
from tests.factories import a_customer, a_group, a_product, a_service
from tests.http import open_client, request
from tests.needs import needs
from tests.nginx import nginx
from tests.processes import free_port
from tests.serving import served

pytestmark = pytest.mark.once

LINKS = "/api/application/products"


# ── Below a path ──────────────────────────────────────────────────────────────


class Site:
    """A server below a path, as its clients see it."""

    def __init__(self, url, process, folder):
        self.url, self.process, self.folder = url, process, folder

    def get(self, path, **headers):
        return self.request("GET", path, headers=headers)

    def request(self, method, path, headers=None, **options):
        headers = {"Authorization": f"Bearer {self.process.key}", **(headers or {})}
        return request(method, self.url + path, headers=headers, **options)

    @contextmanager
    def session(self):
        engine = make_engine(self.process.database_url)
        with Session(engine) as session:
            yield session
        engine.dispose()


@pytest.fixture(scope="module", params=["setting", "setting like our base path", "header"])
@needs("nginx")
def site(request, tmp_path_factory):
    """A server that learns of its path from PUBLIC_URL, or from the header of its proxy."""
    folder = tmp_path_factory.mktemp("site")
    path = "/api" if "base path" in request.param else "/billing/v1"
    port = free_port()
    url = f"http://127.0.0.1:{port}{path}"
    by_header = request.param == "header"
    said = f"proxy_set_header X-Forwarded-Prefix {path};" if by_header else ""
    settings = {} if by_header else {"PUBLIC_URL": f"{url}/"}
    with served(folder, **settings) as process:
        server = (
            f"server {{ listen 127.0.0.1:{port}; location / {{ return 410; }} "
            f"location {path}/ {{ proxy_pass {process.url}/; proxy_set_header Host $http_host; "
            f"{said} }} }}"
        )
        with nginx(folder, port, server):
            site = Site(url, process, folder)
            with site.session() as session:
                a_group(session, id=1)
                for _ in range(2):
                    a_product(session)
                a_service(session, id=3)
            yield site


def resolved(site, path, link):
    """The address that a browser finds behind a link in the answer to a path."""
    return urljoin(site.url + path, link)


def test_links_of_lists_lead_below_the_path(site):
    answer = site.get("/api/application/products?per_page=1")
    page = answer.json()
    assert page["path"] == f"{site.url}/api/application/products"
    for link in (page["next_page_url"], page["last_page_url"], page["links"][1]["url"]):
        assert link.startswith(f"{site.url}/api/application/products?")
    assert site.get(page["next_page_url"].removeprefix(site.url)).json()["current_page"] == 2
    (link,) = re.findall(r"<(.*?)>", answer.headers["link"])
    assert link.startswith(site.url)


def test_the_location_of_what_was_created_is_below_the_path(site):
    body = {"name": "New", "slug": "new", "description": "x", "status": "active", "sort_order": 0}
    answer = site.request("POST", "/api/application/groups", json=body)
    assert answer.headers["location"] == f"{site.url}/api/application/groups/{answer.json()['id']}"
    read = answer.headers["location"].removeprefix(site.url)
    assert site.get(read).json() == answer.json()
    site.request("DELETE", f"/api/application/groups/{answer.json()['id']}")


@pytest.mark.parametrize("path", ["/api/application/products/999", "/nothing", "/api/problems/x",
                                  "/api/application/nothing"])  # fmt: skip
def test_a_problem_leads_to_its_page_and_names_the_path_of_the_request(site, path):
    problem = site.get(path).json()
    assert resolved(site, path, problem["instance"]) == site.url + path
    page = request("GET", resolved(site, path, problem["type"]))
    assert f"<h1>{problem['title']}</h1>" in page.text


def test_the_page_of_a_problem_leads_to_the_documentation(site):
    path = "/api/problems/not-found"
    (link,) = re.findall(r'href="(.*?)"', site.get(path).text)
    assert resolved(site, path, link) == f"{site.url}/api/documentation"


def test_the_successor_of_a_deprecated_operation_is_below_the_path(site):
    path = "/api/application/suspend/3"
    answer = site.request("PUT", path, json={})
    (link,) = re.findall(r"<(.*?)>", answer.headers["link"])
    assert resolved(site, path, link) == f"{site.url}/api/application/services/3/suspend"


@pytest.mark.parametrize("path", ["/", "/api"])
def test_the_start_page_leads_to_the_documentation(site, path):
    answer = site.get(path)
    assert answer.status_code == 302
    target = resolved(site, path, answer.headers["location"])
    assert target == f"{site.url}/api/documentation"
    assert request("GET", target).status_code == 200


@pytest.mark.parametrize("path", ["openapi.json", "openapi.yaml", "openapi.json?auth=bearer",
                                  "openapi.yaml?media=json"])  # fmt: skip
def test_documents_name_the_server_below_the_path(site, path):
    document = yaml.safe_load(site.get(f"/api/{path}").text)
    assert document["servers"] == [{"url": f"{site.url}/api"}]
    scheme = document["components"]["securitySchemes"]["bearer"]
    if "bearer" not in path:
        flow = scheme["flows"]["clientCredentials"]
        assert flow["tokenUrl"] == f"{site.url}/api/oauth/token"


def test_the_schema_of_answers_finds_that_of_problems(site):
    path = "/api/schema.xsd"
    (location,) = re.findall(r'schemaLocation="(.*?)"', site.get(path).text)
    assert request("GET", resolved(site, path, location)).status_code == 200


def test_a_mailed_link_leads_to_a_page_whose_form_works(site):
    with site.session() as session:
        customer = a_customer(session).id
    answer = site.request("POST", f"/api/application/customers/{customer}/send_password")
    assert answer.is_success
    link = mailed(site)
    assert link.startswith(f"{site.url}/")
    form = request("GET", link)
    (token,) = re.findall(r'name="token" value="(.*?)"', form.text)
    action = (re.findall(r'<form[^>]*action="(.*?)"', form.text) or [link])[0]
    target = urljoin(link, action)
    saved = request("POST", target, data={"token": token, "password": "a-long-password-1"})
    assert saved.status_code == 200


def mailed(site):
    """The link in the last mail of the outbox."""
    with site.session() as session:
        message = session.query(EmailMessage).order_by(EmailMessage.id.desc()).first()
        return re.search(r"https?://[^\s\"<>]+", message.content)[0]


@pytest.fixture(scope="module")
@needs("chromium", "minutes")
def browser():
    with chromium() as browser:
        yield browser


def test_the_documentation_shows_real_products_in_a_browser(site, browser):
    page = browser.new_page()
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(error.message))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.goto(f"{site.url}/")
    page.get_by_role("button", name="Authorize").click()
    dialog = page.locator(".dialog-ux")
    dialog.get_by_role("textbox").fill(site.process.key)
    dialog.get_by_role("button", name="Authorize").click()
    dialog.get_by_role("button", name="Close").click()
    place = page.locator('[data-path="/application/products"]')
    operation = page.locator(".opblock-get", has=place)
    operation.get_by_role("button").first.click()
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response")
    expect(answer.locator(".response-col_status")).to_have_text("200")
    expect(answer).to_contain_text(f'"path": "{site.url}/api/application/products"')
    assert [address for address in asked if not address.startswith((site.url, "data:"))] == []
    assert errors == []
    page.close()


# ── What a proxy says ─────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    with served(tmp_path_factory.mktemp("proxied")) as process:
        yield process


def path_seen(process, *headers):
    """The address of a list that the server finds for a request with those headers."""
    sent = [("Host", "panel.example"), ("Authorization", f"Bearer {process.key}"), *headers]
    with open_client(process.url) as http:
        answer = http.get(LINKS, headers=sent)
    assert ("strict-transport-security" in answer.headers) == answer.json()["path"].startswith(
        "https:"
    )
    return answer.json()["path"].removesuffix(LINKS)


@pytest.mark.parametrize(
    ("said", "scheme"),
    [
        (["https"], "https"), (["http"], "http"), (["https,http"], "https"),
        (["https, http"], "https"), (["http, https"], "http"), (["HTTPS"], "https"),
        (["Https , HTTP"], "https"), (["https", "http"], "https"),
        (["http", "https"], "http"), ([""], "http"), (["ftp"], "http"), (["wss"], "http"),
        (["https://evil.example"], "http"), ([",https"], "http"),
    ],
)  # fmt: skip
def test_the_first_scheme_of_a_chain_of_proxies_is_that_of_the_client(process, said, scheme):
    headers = [("X-Forwarded-Proto", each) for each in said]
    assert path_seen(process, *headers) == f"{scheme}://panel.example"


@pytest.mark.parametrize(
    ("said", "prefix"),
    [
        ("/billing", "/billing"), ("/billing/", "/billing"), ("/a/b-c_d.e", "/a/b-c_d.e"),
        ("/billing, /inner", "/billing"), ("/", ""), ("", ""), ("billing", ""),
        ("//evil.example", ""), ("/\\evil.example", ""), ("/a//b", ""),
        ("https://evil.example", ""), ("/<script>", ""), ('/"', ""), ("/a?b", ""),
    ],
)  # fmt: skip
def test_a_prefix_is_a_path_of_plain_segments(process, said, prefix):
    seen = path_seen(process, ("X-Forwarded-Prefix", said))
    assert seen == f"http://panel.example{prefix}"


def test_a_client_that_is_no_proxy_is_not_believed(tmp_path):
    with served(tmp_path, FORWARDED_ALLOW_IPS="192.0.2.1") as process:
        headers = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Prefix", "/billing")]
        assert path_seen(process, *headers) == "http://panel.example"


def test_a_configured_address_goes_before_what_a_proxy_says(tmp_path):
    with served(tmp_path, PUBLIC_URL="https://example.org") as process:
        headers = {"X-Forwarded-Proto": "http", "X-Forwarded-Prefix": "/billing"}
        with process.client(**headers) as http:
            assert http.get(LINKS).json()["path"] == f"https://example.org{LINKS}"
            assert http.get("/nothing").json()["instance"] == "/nothing"


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ("203.0.113.9", "203.0.113.9"), ("203.0.113.9, 127.0.0.1", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"), ("203.0.113.9:5000", "203.0.113.9"),
        ("[2001:db8::1]:5000", "2001:db8::1"), ("2001:db8::1, ::1", "2001:db8::1"),
    ],
)  # fmt: skip
def test_the_client_is_the_last_address_that_no_proxy_of_ours_has(process, said, client):
    with process.client() as http:
        answer = http.get(LINKS, headers={"X-Forwarded-For": said})
    (line,) = process.logged(answer.headers["x-request-id"])
    assert line["client"] == client
