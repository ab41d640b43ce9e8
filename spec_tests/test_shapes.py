"""Answers of one kind look alike in every operation; what is special is listed here."""

import re

import pytest

from app.contract import contract
from app.jsonschema import used_schemas

pytestmark = [pytest.mark.own, pytest.mark.once]
DOCUMENT = contract().document
COMPONENTS = DOCUMENT["components"]
SCHEMAS, RESPONSES = COMPONENTS["schemas"], COMPONENTS["responses"]
OPERATIONS = contract().operations
each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def answers_of(operation):
    """The name of the answer for each status."""
    written = DOCUMENT["paths"][operation.path][operation.method]["responses"]
    return {int(status): each["$ref"].rpartition("/")[2] for status, each in written.items()}


PROBLEMS = {
    400: "BadRequest", 401: "Unauthenticated", 403: "Forbidden", 404: "NotFound",
    406: "NotAcceptable", 408: "RequestTimeout", 409: "Conflict", 413: "PayloadTooLarge",
    415: "UnsupportedMediaType", 422: "Unprocessable", 429: "TooManyRequests", 500: "ServerError",
    503: "Unavailable",
}  # fmt: skip
# RFC 6749, section 5.2, has its own form of them.
OF_TOKENS = {400: "TokenRefused", 401: "InvalidClient"}
# What is refused because of the state that something is in; a service says what is possible.
CONFLICTS = {
    "customers.delete": "Conflict", "customers.confirm": "Conflict", "groups.delete": "Conflict",
    "customers.resend_confirmation": "Conflict",
    **{f"services.{verb}": "ServiceConflict" for verb in (
        "update", "patch", "expire", "suspend", "unsuspend", "expire_by_delete", "suspend_by_put",
        "unsuspend_by_put")},
}  # fmt: skip


@each_operation
def test_an_operation_has_the_problems_that_it_can_have_and_no_others(operation):
    expected = {status: PROBLEMS[status] for status in (400, 401, 406, 429, 500, 503)}
    if operation.needs_key:
        expected[403] = PROBLEMS[403]
    if operation.path_parameters:
        expected[404] = PROBLEMS[404]
    if operation.bodies:
        expected |= {status: PROBLEMS[status] for status in (408, 413, 415, 422)}
    if operation.id in CONFLICTS:
        expected[409] = CONFLICTS[operation.id]
    if not operation.needs_key:
        expected |= OF_TOKENS
    assert {s: name for s, name in answers_of(operation).items() if s >= 400} == expected


SUCCESSES = {
    "customers.delete": "CustomerDeleted", "customers.resend_confirmation": "CustomerMailed",
    "customers.send_password": "CustomerMailed", "products.show_config": "ProductConfig",
    "products.update_config": "ProductConfigSaved", "health.show": "Health",
    "license.show": "License", "statistics.show": "Statistics", "oauth.token": "Token",
    "api_keys.rotate": "ApiKeyRotated", "api_keys.delete": "ApiKeyRevoked",
    **{name: "ServiceAction" for name, kind in CONFLICTS.items()
       if kind == "ServiceConflict" and name not in ("services.update", "services.patch")},
}  # fmt: skip


WITHOUT_BODY = {"ApiKeyRevoked"}


@each_operation
def test_an_operation_answers_what_it_is_about(operation):
    resource, _, verb = operation.id.partition(".")
    thing = resource.removesuffix("s").title().replace("_", "")
    names = {"index": f"{thing}s", "create": f"{thing}Created"}
    name = SUCCESSES.get(operation.id) or names.get(verb, thing)
    status = 201 if verb == "create" else 204 if name in WITHOUT_BODY else 200
    assert {s: each for s, each in answers_of(operation).items() if s < 400} == {status: name}


HOLDS = {
    **{f"{thing}s": f"{thing}Page" for thing in ("Customer", "Product", "Group", "Pricing",
                                                 "Service", "ApiKey")},
    "ApiKeyCreated": "IssuedApiKey", "ApiKeyRotated": "IssuedApiKey", "Me": "ApiKey",
    "CustomerDeleted": "Acknowledgement", "CustomerMailed": "Acknowledgement",
    "License": "LicenseResponse", "ServiceConflict": "ServiceConflict",
    "ProductConfig": "ProductConfigRead",
}  # fmt: skip
NOT_COUNTED = {"InvalidClient", "Unauthenticated", "ServerError", "Unavailable"}
SPECIAL_HEADERS = {
    "Token": {"Cache-Control"}, "ServiceAction": {"Content-Language", "Deprecation", "Link"},
    "CustomerDeleted": {"Content-Language"}, "CustomerMailed": {"Content-Language"},
    "ProductConfigSaved": {"Content-Language"}, "Unauthenticated": {"WWW-Authenticate"},
    "InvalidClient": {"WWW-Authenticate"}, "Forbidden": {"WWW-Authenticate"},
    "TooManyRequests": {"Retry-After", "X-RateLimit-Reset"}, "Unavailable": {"Retry-After"},
}  # fmt: skip
# A new API key is shown once.
SENT_AGAIN = {name for name in RESPONSES if name.endswith("Created")} - {"ApiKeyCreated"}
NAMES = {
    "X-RateLimit-Limit": "RateLimit", "X-RateLimit-Remaining": "RateRemaining",
    "X-RateLimit-Reset": "RateReset", "WWW-Authenticate": "Challenge", "X-Request-Id": "RequestId",
    "Idempotency-Replayed": "IdempotencyReplayed",
}  # fmt: skip


def is_problem(name):
    return name in {*PROBLEMS.values(), *OF_TOKENS.values(), "ServiceConflict"}


@pytest.mark.parametrize("name", RESPONSES)
def test_an_answer_has_the_headers_of_its_kind(name):
    expected = {"Vary", "X-Request-Id"} | SPECIAL_HEADERS.get(name, set())
    expected |= set() if name in NOT_COUNTED else {"X-RateLimit-Limit", "X-RateLimit-Remaining"}
    expected |= {"Content-Language"} if is_problem(name) else set()
    expected |= {"Location"} if name.endswith("Created") else set()
    expected |= {"Idempotency-Replayed"} if name in SENT_AGAIN else set()
    expected |= {"Link"} if HOLDS.get(name, "").endswith("Page") else set()
    told = {header: each["$ref"].rpartition("/")[2] for header, each in
            RESPONSES[name]["headers"].items()}  # fmt: skip
    named = {header: NAMES.get(header, header.replace("-", "")) for header in expected}
    if name == "ServiceAction":
        named["Link"] = "Successor"
    assert told == named


@pytest.mark.parametrize("name", sorted(RESPONSES.keys() - WITHOUT_BODY))
def test_an_answer_is_json_or_xml_of_what_it_is_named_after(name):
    kind = "application/problem+" if is_problem(name) else "application/"
    usual = "Problem" if is_problem(name) else name.removesuffix("Created")
    holds = HOLDS.get(name, usual)
    content = RESPONSES[name]["content"]
    assert list(content) == [f"{kind}json", f"{kind}xml"]
    for each in content.values():
        assert each["schema"] == {"$ref": f"#/components/schemas/{holds}"}


# ── Schemas ───────────────────────────────────────────────────────────────────


def answered():
    """Every named schema of an object that an answer holds."""
    found = used_schemas(DOCUMENT, RESPONSES)
    return {name: each for name, each in found.items() if "properties" in each or "allOf" in each}


RELATIONS = {
    "Customer": {"invoices", "metadata", "services"}, "Product": {"metadata", "pricing", "group"},
    "Group": {"products", "groups", "metadata"},
    "Service": {"customer", "metadata", "pricing", "configoptions"},
}  # fmt: skip
ALWAYS_THERE = {"Product": {"metadata"}, "Group": {"products", "groups"}}
OPTIONAL = {
    "LicenseResponse": {"message", "license"}, "PageLink": {"page"},
    "Problem": {"errors", "error", "error_description", "blocking_reasons"},
    "ServiceConflict": {"data", "result"},
}  # fmt: skip


def may_be_missing(name):
    relations = RELATIONS.get(name, set())
    counted = {f"{each}_{end}" for each in relations for end in ("count", "exists")}
    return (relations - ALWAYS_THERE.get(name, set())) | counted | OPTIONAL.get(name, set())


@pytest.mark.parametrize("name", answered())
def test_an_answer_has_all_of_its_members_and_no_others(name):
    schema = SCHEMAS[name]
    assert schema["type"] == "object"
    assert "nullable" not in schema
    assert set(schema["properties"]) - set(schema["required"]) == may_be_missing(name)
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", RELATIONS)
def test_what_is_included_is_whole_counted_or_known_to_be_there(name):
    things = {"pricing": "Pricing", "configoptions": "ConfigOption", "metadata": "MetadataEntry"}
    for relation in RELATIONS[name]:
        schema = SCHEMAS[name]["properties"][relation]
        thing = things.get(relation) or relation.removesuffix("s").capitalize()
        reference = {"$ref": f"#/components/schemas/{thing}"}
        if relation.endswith(("s", "a", "pricing")):
            assert {key: each for key, each in schema.items() if key != "description"} == {
                "type": "array", "maxItems": 100000, "xml": {"wrapped": True}, "items": reference,
            }  # fmt: skip
        else:
            assert schema == reference
        count, exists = (SCHEMAS[name]["properties"][f"{relation}_{end}"] for end in
                         ("count", "exists"))  # fmt: skip
        assert count == {"$ref": "#/components/schemas/Count"}
        assert exists == {"type": "boolean"}


# Their pages have the envelope of the first generation: one object.
OLDER = ("Product", "Group", "Pricing")


def members_of_older_pages():
    """All members of such a page but `data`."""
    members = SCHEMAS["ProductPage"]["properties"].items()
    return {name: schema for name, schema in members if name != "data"}


@pytest.mark.parametrize("thing", ["Customer", "Product", "Group", "Pricing", "Service", "ApiKey"])
def test_a_page_holds_what_the_list_is_of(thing):
    page = SCHEMAS[f"{thing}Page"]
    members = dict(page["properties"])
    assert members.pop("data") == {
        "type": "array", "maxItems": 1000, "xml": {"wrapped": True},
        "items": {"$ref": f"#/components/schemas/{thing}"},
    }  # fmt: skip
    if thing in OLDER:
        assert members == members_of_older_pages()
        return
    names = {"links": "PageLinks", "meta": "PageMeta"}
    assert members == {name: {"$ref": f"#/components/schemas/{schema}"}
                       for name, schema in names.items()}  # fmt: skip


def test_both_envelopes_of_a_page_say_the_same():
    page = members_of_older_pages()
    meta, links = (SCHEMAS[name]["properties"] for name in ("PageMeta", "PageLinks"))
    for name, schema in meta.items():
        assert page[name] == schema, name
    older = {"first": "first_page_url", "last": "last_page_url", "prev": "prev_page_url",
             "next": "next_page_url"}  # fmt: skip
    assert {name: page[other] for name, other in older.items()} == links
    assert set(page) == {*meta, *older.values()}


# ── XML ───────────────────────────────────────────────────────────────────────

XML_NAMES = {"ServiceAction": "action", "ProductConfig": "config", "ProductConfigRead": "config",
             "ProductConfigSaved": "saved_config", "PageLink": "link", "ConfigOption":
             "configoption", "ServiceExpire": "expire", "ServiceSuspend": "suspend",
             "ApiKeyRotate": "rotate", "Acknowledgement": "said", "ForceOptions": "force",
             "NotifyOptions": "notify", "LicenseResponse": "license_answer",
             "ServiceConflict": "problem"}  # fmt: skip
WITHOUT_NAME = {"PricesByPeriod", "PeriodPrice", "PageLinks", "PageMeta", "StartPrice",
                "ActionResult", "License", "ShopCounts", "ServiceCounts", "CustomerCounts",
                "TokenRequest",
                "ImageForm", "ProductCreateForm", "ProductUpdateForm", "GroupCreateForm",
                "GroupUpdateForm"}  # fmt: skip


def is_object(schema):
    return "properties" in schema or "allOf" in schema


@pytest.mark.parametrize("name", [name for name, each in SCHEMAS.items() if is_object(each)])
def test_a_document_in_xml_is_named_after_its_schema(name):
    told = SCHEMAS[name].get("xml", {}).get("name")
    words = re.sub(r"(?<!^)([A-Z])", r"_\1", re.sub("Create$|Update$", "", name)).lower()
    words = re.sub("_page$", "s", words)
    assert told == (None if name in WITHOUT_NAME else XML_NAMES.get(name, words))


def lists(schema):
    if isinstance(schema, dict):
        if schema.get("type") == "array" and "items" in schema:
            yield schema
        for item in schema.values():
            yield from lists(item)
    elif isinstance(schema, list):
        for item in schema:
            yield from lists(item)


def test_a_list_of_an_answer_is_an_element_around_its_items():
    for name, schema in answered().items():
        for each in lists(schema):
            assert each["xml"] == {"wrapped": True}, name
            assert each["items"].get("xml", {}).get("name") in (None, "line", "domain", "i")


# ── Links ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", COMPONENTS["links"])
def test_a_link_is_named_after_where_it_leads(name):
    link = COMPONENTS["links"][name]
    verb, thing = re.match("([A-Z][a-z]+)(.*)", name).groups()
    if thing.startswith(("Deleted", "Priced", "First")):
        thing = re.sub("^(Deleted|Priced|First)", "", thing)
    thing = re.match("ApiKey|[A-Z][a-z]+", thing)[0]
    resource = {"Price": "pricing", "ApiKey": "api_key"}.get(thing, thing.lower())
    operation = OPERATIONS[link["operationId"]]
    assert operation.id == f"{resource}s.{verb.lower()}"
    parameters = set(link.get("parameters", ()))
    known = {each.name for each in operation.query}
    assert {*operation.path_parameters} <= parameters
    assert parameters - {*operation.path_parameters} <= known
    assert ("x-body" in link) == (verb == "Create")
    assert ("pricing" in parameters) == ("Price" in name and verb == "Show")


@pytest.mark.parametrize("thing", ["Customer", "Product", "Group", "Pricing", "ApiKey"])
def test_what_was_created_can_be_read_changed_and_deleted(thing):
    links = RESPONSES[f"{thing}Created"]["links"]
    assert {f"{verb}{thing}" for verb in ("Show", "Update", "Delete")} <= links.keys()


def test_every_link_is_told_by_some_answer():
    for response in RESPONSES.values():
        for link, written in response.get("links", {}).items():
            assert written == {"$ref": f"#/components/links/{link}"}
    used = {link for response in RESPONSES.values() for link in response.get("links", ())}
    assert used == COMPONENTS["links"].keys()
    of_customers = {"UpdateCustomer", "DeleteCustomer"}
    assert RESPONSES["Customer"]["links"].keys() == of_customers
