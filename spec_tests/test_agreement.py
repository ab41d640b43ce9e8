"""What has to stand in several places says the same in all of them."""

import re
from dataclasses import dataclass

import pytest
from marshmallow import Schema, fields
from sqlalchemy import JSON, BigInteger, Boolean, Integer, String

from app import access, accounts, catalogue, images
from app.contract import contract
from app.jsonschema import inlined, is_nullable
from app.schemas.api_key import ApiKeySchema
from app.schemas.compiler import Balance, Moment, Money
from app.schemas.customer import CustomerSchema
from app.schemas.group import GroupSchema
from app.schemas.invoice import InvoiceSchema
from app.schemas.metadata import MetadataSchema
from app.schemas.pricing import PricingSchema
from app.schemas.product import ProductSchema
from app.schemas.service import ConfigOptionSchema, ServiceSchema
from app.texts import BLANKS
from app.usecases import group_tree, products
from app.usecases.services import HIGHEST_ID
from models import (
    Base,
    ConfigOptionService,
    Customer,
    Group,
    Invoice,
    Metadata,
    PersonalAccessToken,
    Pricing,
    Product,
    Service,
)
from models.base import Money as MoneyColumn
from models.base import UTCDateTime
from models.counters import LARGEST_COUNT
from models.customer import LOCALES
from models.phone_number import COUNTRIES
from models.pricing import PERIODS
from models.product import WITHOUT_CONFIGURATION
from models.service import STATUSES, TRANSITIONS

pytestmark = pytest.mark.own
DOCUMENT = contract().document
SCHEMAS = DOCUMENT["components"]["schemas"]
# What a body may ask for beside the columns of its row.
ACTIONS = {"image", "remove_image", "pricing", "use_image_as_background", "resync"}
# Columns that are a secret, or nobody's business.
SECRET = {"password", "remember_token", "confirmation_token", "totp_secret", "security_answer",
          "token", "previous_token"}  # fmt: skip
# A list holds the keys of one owner, and no tokens that they were traded for.
HIDDEN = {
    *SECRET,
    "phone_e164",
    "phone_spellings",
    "stock_product_id",
    "last_ip",
    "tokenable_type",
    "tokenable_id",
    "parent_id",
}


@dataclass(frozen=True)
class Described:
    """One thing in its three descriptions: contract, marshmallow and table."""

    name: str
    schema: Schema
    model: type[Base]

    def read(self):
        return properties(self.name)

    def written(self):
        """What each kind of body may set of the row itself."""
        for form in ("Create", "Update", "CreateForm", "UpdateForm"):
            if f"{self.name}{form}" in SCHEMAS:
                found = properties(f"{self.name}{form}")
                yield {name: schema for name, schema in found.items() if name not in ACTIONS}

    def columns(self):
        """The columns by the names of their properties."""
        fields = self.schema.fields.items()
        names = {field.attribute: name for name, field in fields if field.attribute}
        return {names.get(each.name, each.name): each for each in self.model.__table__.columns}


THINGS = [
    Described("Product", ProductSchema(), Product),
    Described("Group", GroupSchema(), Group),
    Described("Pricing", PricingSchema(), Pricing),
    Described("MetadataEntry", MetadataSchema(), Metadata),
    Described("Customer", CustomerSchema(), Customer),
    Described("Service", ServiceSchema(), Service),
    Described("Invoice", InvoiceSchema(), Invoice),
    Described("ConfigOption", ConfigOptionSchema(), ConfigOptionService),
    Described("ApiKey", ApiKeySchema(), PersonalAccessToken),
]
each_thing = pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.name)


def properties(name):
    found = SCHEMAS[name].get("properties", {})
    return {each: inlined(DOCUMENT, schema) for each, schema in found.items()}


def columns_in(schemas, thing):
    """Each property that is a column: its name, its schema, the column."""
    for name, schema in schemas.items():
        if name in thing.columns():
            yield name, schema, thing.columns()[name]


@each_thing
def test_an_answer_has_the_properties_that_the_contract_promises(thing):
    counted = {name for name in thing.read() if name.endswith(("_count", "_exists"))}
    assert set(thing.schema.dump_fields) == set(thing.read()) - counted


@each_thing
def test_a_body_may_set_what_the_contract_says_and_nothing_else(thing):
    for written in thing.written():
        assert set(written) == set(thing.schema.load_fields) - ACTIONS


@each_thing
def test_every_property_of_an_answer_is_a_column_or_is_computed(thing):
    for name, field in thing.schema.dump_fields.items():
        is_related = isinstance(field, fields.Nested | fields.List)
        is_computed = is_related or field.metadata.get("computed", False)
        assert (name in thing.columns()) != is_computed, name


@each_thing
def test_no_column_is_left_out_of_the_answer_but_what_is_hidden(thing):
    hidden = HIDDEN | ({"updated_at"} if thing.name == "Customer" else set())
    assert set(thing.columns()) - hidden <= set(thing.read())


@each_thing
def test_no_answer_has_a_secret(thing):
    assert not SECRET & set(thing.read())


KINDS = {
    fields.Integer: ("integer", BigInteger | Integer),
    fields.String: ("string", String),
    fields.Boolean: ("boolean", Boolean),
    Money: ("number", MoneyColumn),
    Balance: ("string", MoneyColumn),
    Moment: ("string", UTCDateTime),
}


@each_thing
def test_all_three_descriptions_agree_on_the_type(thing):
    for name, schema, column in columns_in(thing.read(), thing):
        if isinstance(column.type, JSON):
            continue
        kind, column_type = KINDS[type(thing.schema.dump_fields[name])]
        assert schema["type"] == kind, name
        assert isinstance(column.type, column_type), name
        assert (schema.get("format") == "date-time") == isinstance(column.type, UTCDateTime), name


@each_thing
def test_what_may_be_null_in_an_answer_may_be_null_in_the_table(thing):
    for name, schema, column in columns_in(thing.read(), thing):
        assert is_nullable(schema) == column.nullable, name


@each_thing
def test_null_can_be_sent_where_it_can_be_stored_or_means_no(thing):
    for written in thing.written():
        for name, schema, column in columns_in(written, thing):
            can_be_sent = is_nullable(schema)
            field = thing.schema.load_fields[name]
            assert field.allow_none == can_be_sent, name
            means_no = isinstance(column.type, Boolean) or (
                column.default and column.default.arg == ""
            )
            assert can_be_sent == bool(column.nullable or means_no), name


@each_thing
def test_whatever_fits_the_contract_fits_the_column(thing):
    for schemas in (thing.read(), *thing.written()):
        for name, schema, column in columns_in(schemas, thing):
            if isinstance(column.type, String) and column.type.length:
                longest = max(map(len, schema.get("enum", [""]))) or schema["maxLength"]
                assert longest <= column.type.length, name
            if isinstance(column.type, Integer | BigInteger):
                assert schema["maximum"] < 2**63, name
                assert schema["minimum"] >= -(2**63), name
            if isinstance(column.type, MoneyColumn) and schema["type"] == "number":
                assert abs(schema["minimum"]) < 10**10, name
                assert schema["maximum"] < 10**10, name
                assert schema["x-decimals"] == 2, name


LEAST = {"stock": -1, "sort_order": -(2**31), "delivery_attempts": 0, "renewals": 0,
         "max_renewals": 0}  # fmt: skip


@each_thing
def test_an_answer_promises_exactly_what_its_column_holds(thing):
    for name, schema, column in columns_in(thing.read(), thing):
        if isinstance(column.type, UTCDateTime):
            assert schema["maxLength"] == len("2026-03-02T09:00:00.000000+00:00"), name
        elif isinstance(column.type, String) and "enum" not in schema:
            assert schema["maxLength"] == (column.type.length or 2**16 - 1), name
        elif isinstance(column.type, Integer | BigInteger):
            # JavaScript holds no whole numbers of more than 53 bits.
            bits = {"int32": 31, "int64": 53}[schema["format"]]
            is_id = name == "id" or name.endswith("_id")
            assert bits == (53 if is_id else 31), name
            assert schema["maximum"] == 2**bits - 1, name
            assert schema["minimum"] == LEAST.get(name, 1), name
        elif isinstance(column.type, MoneyColumn) and schema["type"] == "number":
            highest = 999999.99 if thing.name == "Pricing" else 9999999999.99
            assert schema["maximum"] == highest, name
            assert schema["minimum"] == (0 if thing.name == "Pricing" else -highest), name


@pytest.mark.parametrize("name", ["Stock", "Count"])
def test_the_server_counts_as_far_as_the_contract(name):
    assert SCHEMAS[name]["maximum"] == LARGEST_COUNT


@each_thing
def test_the_defaults_of_the_table_fit_the_contract(thing):
    for name, schema, column in columns_in(thing.read(), thing):
        if column.default is not None and column.default.is_scalar:
            assert contract().validator(schema).accepts(column.default.arg) or (
                isinstance(column.type, MoneyColumn) and schema["type"] == "string"
            ), name


LISTS = {
    "products.index": catalogue.PRODUCTS,
    "groups.index": catalogue.GROUPS,
    "pricings.index": catalogue.PRICINGS,
    "customers.index": accounts.CUSTOMERS,
    "services.index": accounts.SERVICES,
    "api_keys.index": access.API_KEYS,
}


def test_every_list_of_the_contract_is_compared_here():
    assert set(LISTS) == {each for each in contract().operations if each.endswith(".index")}


@pytest.mark.parametrize("operation_id", LISTS)
def test_every_list_parameter_of_the_contract_has_its_column_or_relation(operation_id):
    collection = LISTS[operation_id]
    columns = set(collection.table.c.keys())
    parameters = {each.name: each.schema for each in contract().operations[operation_id].query}
    assert {name[7:-1] for name in parameters if name.startswith("filter[")} <= columns
    sorts = parameters["sort"]["items"]["enum"]
    assert {name.lstrip("-") for name in sorts} <= columns
    assert {f"-{name}" for name in sorts if name[0] != "-"} == {
        name for name in sorts if name[0] == "-"
    }
    others = {name for name in parameters if "[" not in name}
    places = {"page", "per_page", "cursor", "sort"}
    assert others - places - {"include", "pricing"} == set(collection.older)
    shown = {column.name for column in collection.serialiser.columns}
    hidden = {name.lstrip("-") for name in sorts} - shown
    assert hidden == set(parameters["sort"].get("x-hidden", {}))
    includes = set(parameters.get("include", {}).get("items", {}).get("enum", ()))
    assert includes == {
        f"{name}{suffix}" for name in collection.relations for suffix in ("", "Count", "Exists")
    }


def test_a_blank_text_is_blank_to_the_reader_and_to_the_validator():
    has_text = contract().validator(SCHEMAS["Name"]).accepts
    for number in (*range(1, 0xD800), *range(0xE000, 0x10000)):
        assert has_text(chr(number)) == bool(chr(number).strip(BLANKS)), hex(number)


def test_limits_that_code_enforces_are_those_of_the_contract():
    assert SCHEMAS["ImageUpload"]["maxLength"] == images.IMAGE_LIMIT
    assert SCHEMAS["ProductConfigRead"]["maxProperties"] == products.CONFIG_FIELDS
    create = contract().at("post", "/application/groups")
    written = DOCUMENT["paths"][create.path][create.method]
    assert f"nest {group_tree.DEPTH} levels deep at most" in written["description"]


def test_names_that_code_knows_are_those_of_the_contract():
    assert set(PERIODS) == set(SCHEMAS["Period"]["enum"]) == set(properties("PricesByPeriod"))
    assert set(SCHEMAS["ProductType"]["enum"]) > WITHOUT_CONFIGURATION
    assert catalogue.STORE_CURRENCY in SCHEMAS["Currency"]["enum"]
    assert list(contract().permissions) == SCHEMAS["Permission"]["enum"]
    assert list(STATUSES) == SCHEMAS["ServiceStatus"]["enum"]
    assert {*STATUSES, "total"} == set(properties("ServiceCounts"))
    assert list(COUNTRIES) == SCHEMAS["Country"]["enum"]
    assert list(LOCALES) == properties("CustomerCreate")["locale"]["enum"]
    assert all(
        f"`{each}`" in properties("CustomerUpdate")["locale"]["description"] for each in LOCALES
    )


def test_the_transitions_of_services_are_described_as_they_are():
    told = SCHEMAS["ServiceStatus"]["description"]
    for status in STATUSES:
        targets = {target for sources, target in TRANSITIONS.values() if status in sources}
        found = re.search(f"From `{status}`: ([^.]+)\\.", told.replace("\n", " "))
        assert set(found[1].split(", ")) == (targets or {"nothing"})


def test_defaults_of_a_body_are_those_of_the_table():
    for thing in THINGS:
        for written in thing.written():
            for name, schema, column in columns_in(written, thing):
                if "default" in schema:
                    assert schema["default"] == column.default.arg, name


def test_ids_end_in_the_code_where_they_end_in_the_contract():
    assert contract().document["components"]["schemas"]["Id"]["maximum"] == HIGHEST_ID
