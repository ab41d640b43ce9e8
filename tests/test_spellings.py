"""Values as forms and older clients write them: the clear ones are taken, the others refused."""

from decimal import Decimal
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import pytest

from app.contract import contract
from tests.factories import a_customer, a_key, a_pricing, a_product, a_service
from tests.rpc import ask

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def send(client, server, session):
    """A function that changes an object in a format, and returns status, errors and object."""

    def change(form, path, **fields):
        if form == "xml-rpc":
            resource, item = path.strip("/").split("/")
            name = {"pricings": "pricing_id", "customers": "customer_id"}[resource]
            result = ask(server, a_key(session), f"{resource}.update", {name: int(item), **fields})
            status = 200 if isinstance(result, dict) else result[0]
            return status, result if isinstance(result, tuple) else {}, client.get(path).json()
        options = {
            "json": {"json": fields},
            "form": {"data": fields},
            "multipart": {"files": {name: (None, text) for name, text in fields.items()}},
            "xml": {
                "content": as_xml(path, fields),
                "headers": {"Content-Type": "application/xml"},
            },
        }[form]
        answer = client.patch(path, **options)
        return answer.status_code, answer.json().get("errors", {}), client.get(path).json()

    return change


def as_xml(path, fields):
    root = path.split("/")[1].removesuffix("s")
    inner = "".join(
        f"<{name}>{escape(text)}</{name}>" for name, text in fields.items() if text is not None
    )
    return f"<{root}>{inner}</{root}>".encode()


FORMATS = pytest.mark.parametrize("form", ["json", "form", "multipart", "xml", "xml-rpc"])


# ── Amounts ──────────────────────────────────────────────────────────────────────


@FORMATS
def test_a_comma_before_one_or_two_digits_is_a_decimal_comma(send, session, form):
    path = f"/pricings/{a_pricing(session).id}"
    for text, amount in (("4,99", 4.99), ("4,9", 4.9), ("1000,50", 1000.5), (" 0,05 ", 0.05)):
        status, errors, pricing = send(form, path, monthly=text)
        assert (status, pricing["monthly"]) == (200, amount), errors


@FORMATS
def test_another_comma_is_refused_because_it_may_separate_thousands(send, session, form):
    path = f"/pricings/{a_pricing(session, monthly=7).id}"
    for text in (
        "1,000", "1,2345", "1,000,000", "1,234.56", "1.234,56", "1,", ",5", ",", "1,000.00",
        "1.000,00", "12,345", "0,000", "1,00,0", "1 000,00", "1'000", "1,0e3", "4,999",
    ):  # fmt: skip
        status, errors, pricing = send(form, path, monthly=text)
        assert (status, pricing["monthly"]) == (422, 7), text
        assert "monthly" in str(errors)


@FORMATS
def test_a_point_is_a_decimal_point_in_text_as_in_json(send, session, form):
    path = f"/pricings/{a_pricing(session).id}"
    for text, status, amount in (
        ("1.000", 200, 1), ("19.990", 200, 19.99), ("4.5", 200, 4.5), ("4.999", 422, 4.5),
    ):  # fmt: skip
        result = send(form, path, monthly=text)
        assert (result[0], result[2]["monthly"]) == (status, amount), (text, result)


@FORMATS
def test_the_balance_of_a_customer_has_no_separators_of_thousands(send, session, form):
    path = f"/customers/{a_customer(session, balance=Decimal(3)).id}"
    for text in ("1,000", "1,2345", "1.000,50"):
        status, errors, customer = send(form, path, balance=text)
        assert (status, customer["balance"]) == (422, "3.00"), text
        assert "balance" in str(errors)
    assert send(form, path, balance="4,99")[2]["balance"] == "4.99"


def test_amounts_deep_in_a_body_and_in_embedded_json_follow_the_same_rule(client, session):
    path = f"/products/{a_product(session).id}"
    for fields in (
        {"pricing[monthly][price]": "1,000"},
        {"pricing": '{"monthly": {"price": "1,000"}}'},
    ):
        answer = client.patch(path, data=fields)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"].keys() == {"pricing.monthly.price"}


def test_an_amount_of_a_filter_is_not_guessed_either(client, session):
    for monthly in ("4.99", "4", "1"):
        a_pricing(session, monthly=Decimal(monthly))
    for query, status, total in (
        ("filter[monthly]=4.99", 200, 1),
        # A comma separates the entries of a list, so these are the amounts 4 and 99, 1 and 0.
        ("filter[monthly]=4,99", 200, 1),
        ("filter[monthly]=1,000", 200, 1),
        ("filter[monthly][]=4,99", 200, 1),
        ("filter[monthly][]=1,000", 400, None),
        ("filter[monthly][]=1.234,56", 400, None),
    ):
        answer = client.get(f"/pricings?{query}")
        assert (answer.status_code, answer.json().get("total")) == (status, total), query


# ── Lists ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("spelling", ["filter[name][]", "filter[name][0]", "filter[name][7]"])
def test_a_comma_in_an_entry_of_a_list_belongs_to_it(client, session, spelling):
    for name in ("A, B", "A", "B"):
        a_product(session, name=name)

    def names(*values):
        query = urlencode([(spelling, value) for value in values])
        return sorted(each["name"] for each in client.get(f"/products?{query}").json()["data"])

    assert names("A, B") == ["A, B"]
    assert names("A, B", "B") == ["A, B", "B"]


def test_a_list_written_as_one_text_is_split_at_its_commas(client, session):
    first, second = (a_product(session).id for _ in range(2))
    for query in (f"filter[id]={first},{second}", f"filter[id]={first}&filter[id]={second}",
                  f"filter[id][]={first}&filter[id]={second},{first}"):  # fmt: skip
        assert client.get(f"/products?{query}").json()["total"] == 2
    assert client.get(f"/products?filter[id][]={first},{second}").status_code == 400


@pytest.mark.parametrize(
    "names", [("x[]", "x[]"), ("x[0]", "x[1]"), ("x[1]", "x[]"), ("x[1]", "x[0]")]
)
def test_a_list_in_a_body_is_not_split_again(client, names):
    names = [name.replace("x", "allowed_networks") for name in names]
    fields = {"name": "key", "abilities": "*"}
    query = urlencode([*fields.items(), (names[0], "192.0.2.0/24,198.51.100.0/24")])
    headers = {"Content-Type": FORM}
    answer = client.post("/api_keys", content=query, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"].keys() >= {"allowed_networks.0"}


def test_an_entry_without_a_number_comes_after_those_with_one(client):
    fields = [("name", "key"), ("permissions[1]", "health"), ("permissions[]", "license")]
    headers = {"Content-Type": FORM}
    answer = client.post("/api_keys", content=urlencode(fields), headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.json()["permissions"] == ["health", "license"]


def test_entries_of_a_list_in_a_struct_are_not_split(server, session):
    for name in ("A, B", "A", "B"):
        a_product(session, name=name)
    found = ask(server, a_key(session), "products.index", {"filter[name]": ["A, B"]})
    assert [each["name"] for each in found["data"]] == ["A, B"]
    found = ask(server, a_key(session), "products.index", {"filter": {"name": ["A, B", "B"]}})
    assert found["total"] == 2
    found = ask(server, a_key(session), "products.index", {"filter[name]": "A, B", "sort": "name"})
    assert found["total"] == 3


# ── Nothing where a text has to be ───────────────────────────────────────────────


@FORMATS
@pytest.mark.parametrize("text", ["", " ", "\u00a0\t"])
def test_an_empty_text_is_missing(send, session, form, text):
    path = f"/customers/{a_customer(session).id}"
    status, errors, _ = send(form, path, zipcode=text)
    assert status == 422
    assert "The zipcode field is required." in str(errors)
    assert "must be a text" not in str(errors)


@pytest.mark.parametrize("value", [None, "", " "])
def test_every_required_text_that_is_missing_is_called_required(client, value):
    schemas = contract().document["components"]["schemas"]
    for path, schema in (
        ("/customers", "CustomerCreate"),
        ("/products", "ProductCreate"),
        ("/groups", "GroupCreate"),
        ("/pricings", "PricingCreate"),
        ("/api_keys", "ApiKeyCreate"),
    ):
        required = {*schemas[schema]["required"]} - {"permissions"}  # "" is an empty list.
        errors = client.post(path, json=dict.fromkeys(required, value)).json()["errors"]
        for name in required:
            assert f"The {name} field is required." in errors[name], (name, errors)


# ── JSON in forms, and as forms ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        '{"stock": 45}',
        ' \n{"stock": 45}',
        '{"name": "A & B = C", "stock": 45}',
        '{"stock":45}=',
        "%7B%22stock%22%3A45%7D=",
        "[]",
        '[{"stock": 45}]',
        "{}",
        "{",
        "<product><stock>45</stock></product>",
        '<?xml version="1.0" encoding="UTF-8"?><product><stock>45</stock></product>',
        '\ufeff{"stock": 45}',
    ],
)
def test_a_body_that_is_only_called_a_form_is_told_its_media_type(client, session, body):
    path = f"/products/{a_product(session).id}"
    answer = client.patch(path, content=body.encode(), headers={"Content-Type": FORM})
    assert answer.status_code == 415, answer.text
    right = "application/xml" if "<" in body else "application/json"
    assert f"`Content-Type: {right}`" in answer.json()["detail"]
    assert right in answer.headers["accept"]
    assert client.get(path).json()["stock"] == 10


def test_a_form_whose_values_look_like_json_is_a_form(client, session):
    path = f"/products/{a_product(session).id}"
    answer = client.patch(path, data={"name": "{", "description": '<p>{"stock": 45}</p>'})
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == "{"


@pytest.mark.parametrize("name", ["<p>", "{", "[a"])
def test_a_form_whose_first_name_looks_like_a_beginning_of_json_or_xml_is_a_form(
    client, session, name
):
    path = f"/products/{a_product(session).id}"
    answer = client.patch(path, data={name: "x", "name": "New"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == "New"


def nested_list(depth):
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("depth", [64, 65, 252])
def test_json_in_a_field_nests_as_deep_as_a_body(client, session, depth):
    service, product = a_service(session, data=None), a_product(session)
    objects = '{"a":' * depth + "1" + "}" * depth
    for path, name, text in (
        (f"/services/{service.id}", "data", nested_list(depth)),
        (f"/services/{service.id}", "data", objects),
        (f"/products/{product.id}", "pricing", objects),
    ):
        for body in ({"data": {name: text}}, {"json": {name: text}}):
            answer = client.patch(path, **body)
            assert answer.status_code == 400, answer.text
            assert "64 levels" in answer.json()["detail"]
    assert client.get("/services").status_code == 200


@pytest.mark.parametrize("depth", [5000, 200_000])
def test_text_that_nests_beyond_what_json_can_is_refused(client, session, depth):
    path = f"/services/{a_service(session, data=None).id}"
    for text in (nested_list(depth), "[" * depth):
        for body in ({"data": {"data": text}}, {"json": {"data": text}}):
            assert client.patch(path, **body).status_code in (400, 422)


def test_json_in_a_field_may_be_as_deep_as_it_may_be_in_json(client, session):
    service = a_service(session)
    for body in ({"data": {"data": nested_list(63)}}, {"json": {"data": nested_list(63)}}):
        answer = client.patch(f"/services/{service.id}", **body)
        assert answer.status_code == 200, answer.text
        assert client.get(f"/services/{service.id}").status_code == 200


@pytest.mark.parametrize(
    "text", ["1e99999999999999999999", "-1e99999999999999999999", "1e-99999999999999999999"]
)
def test_a_number_with_an_exponent_beyond_every_limit_is_malformed(client, session, text):
    path = f"/pricings/{a_pricing(session).id}"
    xml = f"<pricing><monthly>{text}</monthly></pricing>"
    for content, form in ((xml, "application/xml"), (f'{{"monthly": {text}}}', "application/json")):
        answer = client.patch(path, content=content, headers={"Content-Type": form})
        assert answer.status_code == 400, answer.text
        assert "number that is too long" in answer.json()["detail"]
    assert client.patch(path, data={"monthly": text}).status_code == 422
    answer = client.patch(path, data={"monthly": text}, headers={"Accept": "application/xml"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "text",
    ["2026-W01-1T00:00:00Z", "2026-W01-1 00:00:00", "20260101T000000Z", "2026-01-01T00:00:00,5Z",
     "20260101", "2026-01-01T00:00+00:00", "2026-01-01T00:00:00+0000", "2026-01-01T00:00:00+00",
     "2026-01-01_00:00:00Z", "2026-01-01T000000.000Z", "2026-01-01T00:00:00+00:00:00",
     "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+00:60", "2026-01-01T24:00:00Z",
     "2026-02-30T00:00:00Z", "2026-001T00:00:00.000Z", "2026-01-01 00:00",
     "\u0662026-01-01T00:00:00Z", "2026-01-01T00:00:00+24:00"],
)  # fmt: skip
def test_a_timestamp_that_is_not_of_rfc_3339_is_refused(client, session, text):
    service = a_service(session)
    answer = client.patch(f"/services/{service.id}", json={"trial_ends_at": text})
    assert answer.status_code == 422
    assert answer.json()["errors"].keys() == {"trial_ends_at"}
    assert client.get(f"/services/{service.id}").json()["trial_ends_at"] is None


@pytest.mark.parametrize(
    "text",
    ["2026-01-01T00:00:00Z", "2026-01-01t00:00:00z", "2026-01-01 00:00:00Z", "2026-01-01",
     "2026-01-01 00:00:00", "2026-01-01T00:00:00", "2026-01-01T00:00:00.0Z",
     "2026-01-01T00:00:00.000000000Z", "2026-01-01T01:00:00+01:00", "2025-12-31T19:30:00-04:30",
     "2026-01-01T00:00:00-00:00"],
)  # fmt: skip
def test_a_timestamp_of_rfc_3339_and_its_short_spellings_are_read(client, session, text):
    service = a_service(session)
    answer = client.patch(f"/services/{service.id}", json={"trial_ends_at": text})
    assert answer.json()["trial_ends_at"] == "2026-01-01T00:00:00.000000Z"
