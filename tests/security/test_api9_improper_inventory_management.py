"""API9:2023, improper inventory management: nothing answers that is not written down."""

from app.contract import contract
from app.pipeline.probes import PATHS
from app.server import create_pages
from tests.factories import a_key
from tests.http import request

# Every page, document and gateway beside the operations of the contract, and what it is for.
PAGES = {
    "/": "leads to the documentation",
    "/api": "leads to the documentation",
    "/api/documentation": "Swagger UI",
    "/api/documentation/<path:name>": "its files",
    "/api/openapi.json": "the contract",
    "/docs/api-docs.json": "the contract, where earlier versions had it",
    "/api/openapi.yaml": "the contract",
    "/api/schema.xsd": "the XML Schema of answers",
    "/api/problem.xsd": "the XML Schema of problems",
    "/api/problems/<kind>": "what a problem means",
    "/api/xmlrpc": "every operation as a method",
    "/storage/<path:name>": "images of products and groups",
    "/confirm-email": "where mailed links lead",
    "/reset-password": "where mailed links lead",
    "/livez": "whether the process answers",
    "/readyz": "whether it can do its work",
    "/metrics": "how it goes, for who has the token of the settings",
}


def test_no_page_answers_but_those_that_are_written_down(server):
    application = create_pages(server.settings, server.engine)
    assert {rule.rule for rule in application.url_map.iter_rules()} | PATHS == set(PAGES)


def test_no_mode_for_developers_is_on(server):
    application = create_pages(server.settings, server.engine)
    assert (application.debug, application.testing) == (False, False)
    assert not application.config["PROPAGATE_EXCEPTIONS"]
    for path in ("/console", "/?__debugger__=yes&cmd=resource&f=style.css", "/.env", "/.git/config",
                 "/metrics/", "/admin", "/server-status", "/api/v1/", "/graphql",
                 "/openapi.json", "/swagger.json", "/docs", "/redoc", "/ui/"):  # fmt: skip
        answer = request("GET", f"{server.url}{path}")
        assert answer.status_code in (302, 404), path


def test_the_contract_that_is_served_names_its_version_and_every_operation(server):
    served = request("GET", f"{server.url}/api/openapi.json").json()
    assert served["info"]["version"] == contract().document["info"]["version"]
    named = {(path, method) for path, item in served["paths"].items() for method in item
             if method != "parameters"}  # fmt: skip
    assert named == {(each.path, each.method) for each in contract().operations.values()}


def test_deprecated_operations_say_since_when_and_what_is_new(server, session):
    headers = {"Authorization": f"Bearer {a_key(session)}"}
    for operation in contract().operations.values():
        if operation.successor:
            path = operation.path.format(**dict.fromkeys(operation.path_parameters, 1))
            answer = request(operation.method, f"{server.url}/api{path}", headers=headers)
            assert answer.headers["deprecation"].startswith("@")
            assert 'rel="successor-version"' in answer.headers["link"]
