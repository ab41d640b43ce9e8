"""What answers tell browsers and caches."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from app.contract import contract
from tests.conftest import run
from tests.databases import new_database
from tests.factories import a_key
from tests.http import open_client, request

pytestmark = pytest.mark.once

PANEL = "https://panel.example"
EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(self)",
    "x-permitted-cross-domain-policies": "none",
}
STRICT = "strict-transport-security"
PATHS = ["/api/application/customers", "/api/application/nothing", "/api/documentation", "/livez",
         "/readyz", "/nothing", "/storage/nothing.png"]  # fmt: skip


def open_to(server, folder, *origins):
    """A server whose operations pages of those sites may use, with a key for it."""
    settings = replace(server.settings, database_url=new_database(folder), cors_origins=origins)
    for running in run(settings):
        with Session(running.engine) as session:
            headers = {"Authorization": f"Bearer {a_key(session)}"}
        with open_client(running.url, headers=headers) as http:
            yield http


@pytest.fixture
def http(server, tmp_path):
    yield from open_to(server, tmp_path, PANEL, "http://localhost:3000")


def preflight(http, origin, method="PATCH", headers="authorization,content-type"):
    asked = {"Origin": origin, "Access-Control-Request-Method": method,
             "Access-Control-Request-Headers": headers}  # fmt: skip
    return http.options("/api/application/customers/1", headers=asked)


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_headers_that_keep_browsers_safe(server, path):
    headers = request("GET", f"{server.url}{path}").headers
    assert {name: headers[name] for name in EVERYWHERE} == EVERYWHERE
    assert STRICT not in headers
    behind_tls = request("GET", f"{server.url}{path}", headers={"X-Forwarded-Proto": "https"})
    assert behind_tls.headers[STRICT] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("operation", contract().operations.values(), ids=contract().operations)
def test_nobody_keeps_what_an_operation_answers(client, server, operation):
    path = operation.path.replace("{", "").replace("}", "")
    answer = client.request(operation.method, f"{server.url}/api{path}")
    assert answer.headers["cache-control"] == "no-store"


def test_what_goes_well_is_not_kept_either(client):
    for path in ("/customers", "/products", "/health"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


@pytest.mark.parametrize("path", PATHS)
def test_pages_of_other_sites_are_shut_out_by_default(server, path):
    answer = request("GET", f"{server.url}{path}", headers={"Origin": PANEL})
    with open_client(server.url) as http:
        asked = preflight(http, PANEL)
    for headers in (answer.headers, asked.headers):
        assert not [name for name in headers if name.startswith("access-control-")]


@pytest.mark.parametrize("origin", [PANEL, "http://localhost:3000"])
def test_a_site_that_is_named_may_use_every_method_with_a_key(http, origin):
    for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
        answer = preflight(http, origin, method)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin
        assert "authorization" in answer.headers["access-control-allow-headers"].lower()
        assert "access-control-allow-credentials" not in answer.headers
    for path in ("/api/application/customers", "/api/application/customers/999"):
        answer = http.get(path, headers={"Origin": origin})
        assert answer.headers["access-control-allow-origin"] == origin
        seen = answer.headers["access-control-expose-headers"]
        assert {"X-Request-Id", "Link", "Retry-After"} <= {*seen.split(", ")}
        assert "Origin" in answer.headers["vary"].split(", ")


@pytest.mark.parametrize(
    "names",
    ["x-requested-with", "traceparent", "traceparent,tracestate,baggage", "accept-language",
     "authorization,content-type,idempotency-key,x-request-id,x-http-method-override",
     "accept,authorization,content-type,x-requested-with"],
)  # fmt: skip
def test_a_preflight_takes_the_headers_that_libraries_send(http, names):
    answer = preflight(http, PANEL, headers=names)
    assert answer.status_code == 200
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert {*names.split(",")} <= {*allowed}


def test_a_preflight_refuses_headers_that_mean_something_to_proxies(http):
    answer = preflight(http, PANEL, headers="x-forwarded-for")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://panel.example.evil.example", "null",
               "http://panel.example", "https://panel.example:8443"]
)  # fmt: skip
def test_no_other_site_may(http, origin):
    asked = preflight(http, origin)
    assert asked.status_code == 400
    assert "access-control-allow-origin" not in asked.headers
    answer = http.get("/api/application/customers", headers={"Origin": origin})
    assert "access-control-allow-origin" not in answer.headers


def test_all_sites_can_be_let_in(server, tmp_path):
    for http in open_to(server, tmp_path, "*"):
        assert preflight(http, PANEL).headers["access-control-allow-origin"] == "*"


def test_an_error_of_the_server_is_shown_to_the_page(http):
    answer = http.get("/api/application/products?per_page=x", headers={"Origin": PANEL})
    assert answer.status_code == 400
    assert answer.headers["access-control-allow-origin"] == PANEL
