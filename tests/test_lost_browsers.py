"""People who open a wrong URL in a browser read a page; programs get a problem document."""

import re

import pytest

from tests.browsers import chromium
from tests.factories import a_product
from tests.http import request
from tests.needs import needs

pytestmark = pytest.mark.once

CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;"
    "q=0.8,application/signed-exchange;v=b3;q=0.7"
)
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PERSONS = [CHROME, FIREFOX, "text/html", "TEXT/HTML", "text/html, application/xml;q=0.9"]
PROGRAMS = {
    None: "json", "*/*": "json", "application/json": "json", "application/xml": "xml",
    "application/json, text/plain, */*": "json", "application/json, text/html;q=0.5": "json",
    "application/xml, text/html;q=0.9": "xml", "image/png": "json", "text/*": "xml",
    "text/html;q=0, */*": "json",
}  # fmt: skip
# Neither the contract nor a page is there, or it is not there for that method.
WRONG = [
    ("GET", "/nothing", 404),
    ("GET", "/api/nothing", 404),
    ("GET", "/api/application/nothing", 404),
    ("GET", "/api/application/products/3/nothing", 404),
    ("GET", "/api/application", 404),
    ("GET", "/storage/nothing.png", 404),
    ("GET", "/api/problems/nothing", 404),
    ("GET", "/api/documentation/nothing.js", 404),
    ("GET", "/api/application/services/3/suspend", 405),
    ("GET", "/api/xmlrpc", 405),
    ("POST", "/api/documentation", 405),
    ("POST", "/livez", 405),
]


def ask(server, method, path, accepted, **headers):
    headers |= {"Accept": accepted} if accepted else {}
    return request(method, f"{server.url}{path}", headers=headers)


@pytest.mark.parametrize("accepted", PERSONS)
@pytest.mark.parametrize(("method", "path", "status"), WRONG)
def test_a_person_reads_a_page(server, method, path, status, accepted):
    answer = ask(server, method, path, accepted)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Accept" in answer.headers["vary"].split(", ")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    links = re.findall(r'href="(.*?)"', answer.text)
    assert links == ["/api/documentation", "/"]
    for link in links:
        assert request("GET", f"{server.url}{link}").status_code in (200, 302)
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize(("accepted", "form"), PROGRAMS.items())
@pytest.mark.parametrize(("method", "path", "status"), WRONG)
def test_a_program_gets_a_problem_document(server, method, path, status, accepted, form):
    answer = ask(server, method, path, accepted)
    assert answer.status_code == status
    assert answer.headers["content-type"] == f"application/problem+{form}"


@pytest.mark.parametrize("path", ["/nothing", "/api/application/nothing"])
def test_the_page_is_in_the_language_of_the_person(server, path):
    answer = ask(server, "GET", path, FIREFOX, **{"Accept-Language": "fr-FR, en;q=.5"})
    assert answer.headers["content-language"] == "fr"
    assert '<html lang="fr">' in answer.text
    assert "Documentation de l&#39;API" in answer.text


@pytest.mark.parametrize("path", ["/{}", "/api/application/{}"])
def test_what_was_typed_is_shown_as_text(server, path):
    answer = ask(server, "GET", path.format("%3Cscript%3Ealert(1)%3C/script%3E"), FIREFOX)
    assert "<script" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text


@pytest.mark.parametrize("path", ["/nothing", "/api/application/nothing"])
def test_head_has_the_headers_of_the_page_and_no_body(server, path):
    get, head = (ask(server, method, path, FIREFOX) for method in ("GET", "HEAD"))
    assert head.content == b""
    assert head.status_code == get.status_code
    assert head.headers["content-type"] == get.headers["content-type"]


def test_operations_answer_browsers_as_programs(client, session):
    product = a_product(session)
    for accepted in (CHROME, FIREFOX):
        headers = {"Accept": accepted}
        answer = client.get(f"/products/{product.id}", headers=headers)
        assert answer.headers["content-type"] == "application/json"
        answer = client.get("/products/999", headers=headers)
        assert answer.headers["content-type"] == "application/problem+json"
        answer = client.get("/products?per_page=x", headers=headers)
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.fixture(scope="module")
@needs("chromium")
def browser():
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/nothing", 404, "There is nothing at /nothing."),
        ("/api/application/nothing", 404, "There is nothing at /api/application/nothing."),
        ("/api/application/products", 401, '"title": "Unauthenticated"'),
        ("/api/application/services/3/suspend", 405, "GET is not possible"),
        ("/storage/nothing.png", 404, "There is nothing at /storage/nothing.png."),
        ("/livez", 200, "ok"),
    ],
)
def test_a_browser_shows_what_it_gets_instead_of_saving_it(server, browser, path, status, text):
    page = browser.new_page()
    saved = []
    page.on("download", lambda download: saved.append(download))
    answer = page.goto(f"{server.url}{path}")
    assert answer.status == status
    assert text in page.locator("body").inner_text()
    assert saved == []
    page.close()


def test_both_links_of_the_page_lead_to_the_documentation(server, browser):
    page = browser.new_page()
    for name in ("Documentation of the API", "Start page"):
        page.goto(f"{server.url}/nothing")
        page.get_by_role("link", name=name).click()
        page.wait_for_url("**/api/documentation")
    page.close()
