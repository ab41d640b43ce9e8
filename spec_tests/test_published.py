"""Bodies and lists take what the panel's published rules say (`published.yaml`)."""

from pathlib import Path

import pytest
import yaml

from app.contract import contract
from app.jsonschema import inlined, used_schemas
from spec_tests.published import rule

pytestmark = [pytest.mark.own, pytest.mark.once]
DOCUMENT = contract().document
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = contract().operations
PUBLISHED = yaml.safe_load(Path(__file__).with_name("published.yaml").read_text())
# Fields that are not sent keep their value.
PARTIAL = ("Update", "UpdateForm")


def bodies():
    """Every schema of an object that some body holds."""
    found = {}
    for operation in OPERATIONS.values():
        for schema in operation.bodies.values():
            found |= used_schemas(DOCUMENT, schema)
    return {name: schema for name, schema in found.items() if "properties" in schema}


def test_every_body_has_published_rules():
    assert bodies().keys() == PUBLISHED["bodies"].keys()


@pytest.mark.parametrize("name", PUBLISHED["bodies"])
def test_a_body_takes_what_was_published(name):
    published = {each.rstrip("*"): words for each, words in PUBLISHED["bodies"][name].items()}
    schema = SCHEMAS[name]
    assert {each: rule(DOCUMENT, item) for each, item in schema["properties"].items()} == published
    needed = [each.rstrip("*") for each in PUBLISHED["bodies"][name] if each.endswith("*")]
    assert schema.get("required", []) == ([] if name.endswith(PARTIAL) else needed)


@pytest.mark.parametrize("name", PUBLISHED["bodies"])
def test_a_body_may_have_members_that_nobody_knows_but_for_prices(name):
    is_closed = SCHEMAS[name].get("additionalProperties") is False
    assert is_closed == (name in ("PricesByPeriod", "PeriodPrice"))
    assert SCHEMAS[name]["type"] == "object"


def test_an_operation_takes_the_body_that_is_named_after_it():
    special = {
        "customers.suspend": "Block", "customers.ban": "Block", "customers.delete": "ForceOptions",
        "customers.reactivate": "NotifyOptions", "products.update_config": "ProductConfig",
        "oauth.token": "TokenRequest", "api_keys.rotate": "ApiKeyRotate",
        "products.upload_image": "ImageForm", "groups.upload_image": "ImageForm",
    }  # fmt: skip
    forms = {"application/x-www-form-urlencoded", "multipart/form-data"}
    for operation in OPERATIONS.values():
        written = DOCUMENT["paths"][operation.path][operation.method]
        resource, _, verb = operation.id.partition(".")
        verb = verb.replace("patch", "update").partition("_by_")[0]
        has_body = verb in ("create", "update", "suspend", "expire") or operation.id in special
        if not has_body or (operation.method == "delete" and resource == "services"):
            assert not operation.bodies, operation.id
            continue
        name = special.get(operation.id) or f"{resource.removesuffix('s')}_{verb}".title()
        name = name.replace("_", "")
        body = written.get("requestBody") or written["x-request-body"]
        component = name.removesuffix("Options").removesuffix("Form")
        assert body == {"$ref": f"#/components/requestBodies/{component}"}, operation.id
        assert ("requestBody" in written) == (operation.method != "delete")
        assert inlined(DOCUMENT, body).get("required", False) == (
            verb in ("create", "token", "upload_image")
        )
        media_types = {"application/json", "application/xml", *forms}
        if operation.id == "oauth.token":
            media_types = {"application/x-www-form-urlencoded"}  # RFC 6749, section 4.4.2
        if name == "ImageForm":
            media_types = {"multipart/form-data"}
        if name == "ServiceUpdate" or resource == "api_keys":
            media_types -= {"multipart/form-data"}  # They have no image.
        assert set(operation.bodies) == media_types, operation.id
        for media_type, schema in operation.bodies.items():
            has_file = media_type == "multipart/form-data" and f"{name}Form" in SCHEMAS
            assert schema == {"$ref": f"#/components/schemas/{name}{'Form' * has_file}"}


def of_list(operation):
    """The parameters of a list that were published, with the values of the last two."""
    published = PUBLISHED["lists"][operation.id]
    names = {"page", "per_page", "cursor", "sort", *published["older"]}
    names |= {f"filter[{each}]" for each in published["filter"]}
    includes = [f"{each}{end}" for each in published["include"] for end in ("", "Count", "Exists")]
    sorts = {f"{sign}{each}" for each in published["filter"] for sign in ("", "-")}
    return names | ({"include"} if includes else set()), sorts, set(includes)


@pytest.mark.parametrize("operation", [OPERATIONS[each] for each in PUBLISHED["lists"]],
                         ids=PUBLISHED["lists"])  # fmt: skip
def test_a_list_can_do_what_was_published(operation):
    names, sorts, includes = of_list(operation)
    schemas = {each.name: each.schema for each in operation.query}
    assert schemas.keys() == names
    assert set(schemas["sort"]["items"]["enum"]) == sorts
    if includes:
        assert set(schemas["include"]["items"]["enum"]) == includes
    for name in ("sort", "include"):
        if name in schemas:
            assert schemas[name]["items"]["type"] == "string"


def test_a_read_includes_what_its_list_includes_and_other_operations_take_nothing():
    for operation in OPERATIONS.values():
        resource, _, verb = operation.id.partition(".")
        if verb == "index":
            continue
        expected = {"force"} if operation.id in ("customers.delete", "groups.delete") else set()
        if verb == "show" and PUBLISHED["lists"].get(f"{resource}.index", {}).get("include"):
            expected |= {"include"}
            by_list = {each.name: each for each in OPERATIONS[f"{resource}.index"].query}
            assert by_list["include"] in operation.query
        expected |= {"pricing"} if operation.id == "products.show" else set()
        assert {each.name for each in operation.query} == expected, operation.id


def test_a_parameter_takes_what_was_published():
    for operation in OPERATIONS.values():
        for each in operation.query:
            assert not each.required
            if each.is_list:
                # Each part of a text is looked for in each row.
                is_text = each.schema["items"].get("maxLength") == 255
                assert each.schema["maxItems"] == (50 if is_text else 100), each.name
            else:
                assert rule(DOCUMENT, each.schema) == PUBLISHED["parameters"][each.name]


# Customers are sorted and filtered by a moment that they do not show.
MOMENT = {"type": "string", "format": "date-time"}


def test_a_filter_takes_values_of_its_property():
    for operation in (OPERATIONS[each] for each in PUBLISHED["lists"]):
        page = inlined(DOCUMENT, operation.success.schema)
        item = inlined(DOCUMENT, page["properties"]["data"]["items"])["properties"]
        for each in operation.query:
            if each.name.startswith("filter["):
                told = rule(DOCUMENT, each.schema["items"])
                of_item = rule(DOCUMENT, item.get(each.name[7:-1], MOMENT))
                expected = of_item.removesuffix(" or null")
                if "date-time" in expected:
                    expected = "string date ..10"
                elif expected.startswith("string .."):
                    expected = "string ..255"
                assert told == expected, each.name


def test_an_operation_is_where_it_was_published():
    found = {each.id: f"{each.method.upper()} {each.path}" for each in OPERATIONS.values()}
    assert found == PUBLISHED["operations"]
    assert contract().base_path == "/api"
    assert contract().body_limit == 4 * 1024**2


@pytest.mark.parametrize("name", PUBLISHED["answers"])
def test_an_answer_has_the_members_that_were_published(name):
    found = {each: rule(DOCUMENT, item) for each, item in SCHEMAS[name]["properties"].items()}
    assert found == PUBLISHED["answers"][name]


def test_a_value_is_what_was_published():
    for name, words in PUBLISHED["values"].items():
        schema, _, member = name.partition(".")
        found = SCHEMAS[schema]["properties"][member] if member else SCHEMAS[schema]
        assert rule(DOCUMENT, found) == words, name


def test_a_header_has_values_as_they_were_published():
    headers = DOCUMENT["components"]["headers"]
    assert {name: rule(DOCUMENT, each["schema"]) for name, each in headers.items()} == (
        PUBLISHED["headers"]
    )


def test_free_values_of_requests_have_bounds():
    """Drivers choose the types of their values, so each bound is for one type."""
    assert DOCUMENT["x-free-value"] == {
        "maxLength": 65535, "minimum": 1 - 2**53, "maximum": 2**53 - 1, "maxItems": 1000,
        "maxProperties": 1000,
    }  # fmt: skip
    for name in ("ProductConfig", "ProductConfigRead"):
        assert SCHEMAS[name]["additionalProperties"] is True
