"""API8:2023, security misconfiguration: HTTP as the standard has it, and pages that give nothing
away."""

import re
from dataclasses import replace
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from models import Customer, EmailMessage
from tests.conftest import run
from tests.databases import empty
from tests.factories import a_customer, a_key
from tests.http import request
from tests.security.shop import OPERATIONS, a_body, a_shop, path_to, properties
from tests.security.wire import get, send
from tests.test_documentation import browser

pytestmark = pytest.mark.once

__all__ = ["browser"]

POST = b"POST /api/application/groups HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("hosts", [(b"a", b"b"), (b"<x>", b"b"), (b"b", b"<x>"), (b"a", b"a")])
def test_two_host_headers_are_refused(server, hosts):
    """RFC 9112 section 3.2. Addresses in answers and mails begin with it, so there is but one."""
    answer = get(server.url, b"/api/application/groups", *(b"Host: " + each for each in hosts))
    assert answer.status == 400


@pytest.mark.parametrize(
    "request_",
    [
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        POST + b"Content-Length: +5\r\n\r\nabcde",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        POST + b"X: a\r\n folded: b\r\nContent-Length : 0\r\n\r\n",
        POST + b"X: a\x00b\r\n\r\n",
        POST + b"X\x01: a\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
        b"GET /api/application/groups HTTP/1.1\nHost: x\n\n",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused_and_nothing_after_it(server, request_):
    """What is one request to a proxy and two to the server would smuggle the second one in."""
    smuggled = b"GET /api/documentation HTTP/1.1\r\nHost: x\r\n\r\n"
    answers = send(server.url, request_ + smuggled)
    assert [answer.status for answer in answers] == [400]


MARK = "X-Planted"
BREAKS = [b"%0d%0aX-Planted:%201", b"%0aX-Planted:%201", b"%e5%98%8d%e5%98%8aX-Planted:1"]
PATHS = (b"/", b"/api", b"/api/documentation", b"/api/openapi.json", b"/api/application/groups",
         b"/api/application/services/1/suspend", b"/api/xmlrpc", b"/storage", b"/confirm-email",
         b"/api/problems", b"/expire")  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_line_break_of_an_address_gets_into_a_header_or_the_log(server, caplog, path):
    for line_break in BREAKS:
        for asked in (path + line_break, path + b"/" + line_break, path + b"?a=" + line_break,
                      path + b"?" + line_break + b"=1", path + b"//" + line_break):  # fmt: skip
            answer = get(server.url, asked)
            assert answer.status < 500
            assert answer.header(MARK.lower()) is None
    assert not [record for record in caplog.records if "\n" in record.getMessage()]


@pytest.mark.needs("minutes")
def test_no_line_break_of_a_field_gets_into_a_header_or_the_log(server, session, caplog):
    """Every field of every body, one after the other."""
    text = f"a\r\n{MARK}: 1\r\n\r\nb"
    for operation in OPERATIONS.values():
        for name in properties(operation):
            session.rollback()
            empty(session)
            ids = a_shop(session)
            body = {**a_body(operation, ids), name: text}
            path = f"{server.url}/api{path_to(operation, ids)}"
            content = {"json": body} if operation.needs_key else {"data": body}
            headers = {"Authorization": f"Bearer {a_key(session)}"}
            answer = request(operation.method, path, headers=headers, **content)
            assert answer.status_code < 500, (operation.id, name)
            assert MARK not in answer.headers
    assert not [record for record in caplog.records if MARK in record.getMessage()]


EVERYBODY = ("/", "/api/documentation", "/api/documentation/swagger-ui.css", "/api/openapi.json",
             "/api/openapi.yaml", "/api/schema.xsd", "/api/problem.xsd", "/api/problems/conflict",
             "/confirm-email", "/reset-password", "/storage/x", "/nothing", "/api/xmlrpc",
             "/api/application/health", "/api/application/groups/1",
             "/api/oauth/token")  # fmt: skip


@pytest.mark.parametrize("path", EVERYBODY)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "TRACE"])
def test_no_answer_sets_a_cookie_opens_itself_to_other_origins_or_tells_its_versions(
    server, path, method
):
    """Without cookies there is nothing that a page of another origin could abuse or fix."""
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = request(method, f"{server.url}{path}", headers=origin)
    assert answer.status_code < 500
    assert "set-cookie" not in answer.headers
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "x-powered-by" not in answer.headers
    assert not re.search(r"(?i)werkzeug|python/|uvicorn/|flask/", str(answer.headers))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", [path for path in EVERYBODY if "application" not in path])
def test_every_page_says_what_it_may_load(server, path):
    if path == "/api/oauth/token":
        return
    policy = request("GET", f"{server.url}{path}").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src 'unsafe" not in policy
    assert "unsafe-eval" not in policy


def test_only_the_script_of_the_documentation_itself_runs(server):
    first, second = (request("GET", f"{server.url}/api/documentation") for _ in range(2))
    nonces = [re.search("nonce-([^']+)", each.headers["content-security-policy"])[1]
              for each in (first, second)]  # fmt: skip
    assert nonces[0] != nonces[1]
    assert first.text.count(f'<script nonce="{nonces[0]}">') == 1


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "/%5cevil.example",
                                  "/api/documentation//evil.example", "/api//evil.example",
                                  "/?next=https://evil.example",
                                  "/api?url=//evil.example"])  # fmt: skip
def test_no_redirect_leads_to_another_host(server, path):
    answer = get(server.url, path.encode())
    location = answer.header("location") or ""
    assert urlsplit(location).hostname in (None, "panel.example")
    assert not location.startswith(("//", "/\\"))


def test_a_server_that_is_configured_for_an_address_believes_no_header_about_it(server, session):
    customer = a_customer(session)
    headers = {"Authorization": f"Bearer {a_key(session)}", "Host": "evil.example",
               "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}  # fmt: skip
    for running in run(replace(server.settings, public_url="https://panel.example")):
        api = f"{running.url}/api/application"
        path = f"{api}/customers/{customer.id}/send_password"
        assert request("POST", path, headers=headers).is_success
        answer = request("GET", f"{api}/customers?page=2", headers=headers)
        assert "evil" not in answer.text + str(answer.headers)
    session.rollback()
    assert "evil" not in session.scalars(select(EmailMessage)).one().content


def test_without_such_an_address_only_the_host_itself_is_believed(server, session):
    headers = {"Authorization": f"Bearer {a_key(session)}", "X-Forwarded-Host": "evil.example",
               "Forwarded": "host=evil.example", "X-Original-URL": "/evil"}  # fmt: skip
    answer = request("GET", f"{server.url}/api/application/customers", headers=headers)
    assert "evil" not in answer.text + str(answer.headers)


HOSTILE = "\"'><script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"


# Where a page for people, or a document for programs, says what was not found.
REPEATED = ["/{}", "/api/problems/{}", "/storage/{}", "/api/application/{}"]


@pytest.mark.parametrize(
    "path",
    ["/reset-password?token={}", "/confirm-email?token={}", *REPEATED,
     "/api/documentation?url={}&configUrl=http://127.0.0.1:1/&spec={}"],
)  # fmt: skip
def test_no_page_runs_what_its_address_holds(server, browser, path):
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.url}{path.format(quote(HOSTILE), quote(HOSTILE))}")
    page.wait_for_load_state("networkidle")
    assert page.title() != "run"
    assert {urlsplit(address).port for address in asked} == {urlsplit(server.url).port}
    page.close()


@pytest.mark.parametrize("path", REPEATED)
@pytest.mark.parametrize("accepted", ["text/html", "*/*", "application/xml"])
def test_what_repeats_an_address_is_no_page_or_has_it_as_text(server, path, accepted):
    answer = request(
        "GET", f"{server.url}{path.format(quote(HOSTILE))}", headers={"Accept": accepted}
    )
    if accepted == "text/html":
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text
    else:
        assert answer.headers["content-type"].startswith("application/problem+")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_page_of_another_origin_may_hold_ours_in_a_frame(server, browser):
    page = browser.new_page()
    refused = []
    page.on("console", lambda line: refused.append(line.text))
    page.set_content(f"<iframe src='{server.url}/reset-password?token=x'></iframe>")
    page.wait_for_load_state("networkidle")
    assert any("frame-ancestors" in line for line in refused), refused
    page.close()


def test_a_link_works_in_a_browser(client, server, session, browser):
    customer = a_customer(session, locale="en_GB")
    client.post(f"/customers/{customer.id}/send_password")
    session.rollback()
    mail = session.scalars(select(EmailMessage)).one()
    page = browser.new_page()
    page.goto(re.search(r"http\S+", mail.content)[0])
    page.get_by_label("New password").fill("correct horse")
    page.get_by_role("button").click()
    expect(page.locator("body")).to_contain_text("Your new password is set.")
    page.close()


QUOTED = ("' OR '1'='1", "'; DROP TABLE customers; --", '" OR ""="', "1) OR (1=1", "\\' OR 1=1 --",
          "%' OR '%'='", "' UNION SELECT token FROM personal_access_tokens --",
          "1; SELECT pg_sleep(9)", "${7*7}", "{{7*7}}", "*", "%", "_")  # fmt: skip


@pytest.mark.parametrize("operation", [each for each in OPERATIONS.values() if each.query])
def test_no_parameter_gets_into_a_statement(client, session, operation):
    """Each parameter of each operation. A filter finds what it says, and that is nothing."""
    ids = a_shop(session)
    path = path_to(operation, ids).removeprefix("/application")
    for parameter in operation.query:
        for text in QUOTED:
            answer = client.request(operation.method, path, params={parameter.name: text})
            assert answer.status_code in (200, 400, 409), (operation.id, parameter.name, text)
            if answer.status_code == 200 and parameter.name.startswith("filter["):
                assert answer.json()["data"] == [], (parameter.name, text)
            if operation.method != "get" and answer.status_code == 200:
                return
    session.rollback()
    assert len(session.scalars(select(Customer)).all()) == 1


def test_no_path_leads_out_of_the_folder_of_images(server):
    folder = server.settings.data
    (folder / "products").mkdir(parents=True, exist_ok=True)
    (folder.parent / "secret.txt").write_text("secret")
    up = (b"../", b"..%2f", b"%2e%2e/", b"%2e%2e%2f", b"..\\", b"..%5c", b"%252e%252e%252f",
          b"..;/", b".%2e/", b"....//", b"%c0%ae%c0%ae/", b"products/../../", b"/../")  # fmt: skip
    for start in (b"/storage/", b"/api/documentation/", b"/storage/products/"):
        for way in up:
            for times in (1, 2, 8):
                answer = get(server.url, start + way * times + b"secret.txt")
                assert answer.status in (308, 400, 404)
                assert b"secret" not in answer.body.replace(b"secret.txt", b"")
