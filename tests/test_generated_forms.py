"""Forms that no client means: files in any field, fields in fields, bodies that were cut."""

from urllib.parse import quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.contract import contract
from app.jsonschema import inlined
from models.base import Base
from tests.factories import a_customer, a_group, a_key, a_pricing, a_product, a_service
from tests.http import open_client
from tests.test_bad_input import assert_problem
from tests.test_images import an_image

pytestmark = pytest.mark.once

FORM, FILES = "application/x-www-form-urlencoded", "multipart/form-data"
OPERATIONS = contract().operations.values()
FORMS = [(each, form) for each in OPERATIONS for form in (FORM, FILES) if form in each.bodies]
PNG = an_image()
END = b"--boundary--"

# The server notes the time of the last use of a key in its own time, whatever the request was.
UNSTEADY = {"last_used_at"}

STEPS = ("[]", "[0]", "[1]", "[a]", "[monthly]", "[price]", "[", "]", "[[]]", "[a][]", "[]" * 70)
TEXTS = (
    "", " ", "1", "-1", "1,000", "4,99", "1e999", "9" * 30, "null", "true", "active", "monthly",
    "*", "a,b", "{", "[", "{}", "[]", '{"a": {"b": []}}', '{"monthly": {"price": 1}}', "[" * 300,
    "[" * 70 + "]" * 70, '{"a": 1e99999999999999999999}', "\0", "\ufffe", "<script>", "x" * 300,
    "2026-13-45", "2030-01-31", "192.0.2.0/24", "ada@example.org",
)  # fmt: skip
DISPOSITIONS = (
    b'; filename="a.png"', b"; filename=", b'; filename=""', b"; filename*=utf-8''a.png",
    b"; filename*=\xff", b"; filename*0=a",
)  # fmt: skip
TYPES = (b"", b"\r\nContent-Type: image/png", b"\r\nContent-Type: text/plain; charset=nothing")


@pytest.fixture
def shop(session):
    """One of each object, by the name of its parameter in a path."""
    product, service = a_product(session, group=a_group(session)), a_service(session)
    key = a_key(session).partition("|")[0]
    return {
        "customer_id": a_customer(session).id,
        "product_id": product.id,
        "group_id": product.group_id,
        "pricing_id": a_pricing(session, product=product).id,
        "service_id": service.id,
        "api_key_id": key,
    }


@pytest.fixture
def everything(server, session):
    """A function that returns all rows and the names of all files."""
    tables = {
        table: [column for column in table.columns if column.name not in UNSTEADY]
        for table in Base.metadata.sorted_tables
    }

    def read():
        session.rollback()
        rows = {
            table.name: session.execute(select(*columns).order_by(*table.primary_key)).all()
            for table, columns in tables.items()
        }
        return rows, sorted(server.settings.data.glob("*/*"))

    return read


def names(operation, form):
    """Names of fields: those of the contract and others, perhaps with what is below them."""
    known = inlined(contract().document, operation.bodies[form]).get("properties", {})
    heads = st.sampled_from([*known, *known, "nothing", "", "_charset_", "{", "[a]", "<a>"])
    below = st.lists(st.sampled_from(STEPS), max_size=3).map("".join)
    return st.tuples(heads, st.just("") | below).map("".join)


VALUES = st.sampled_from(TEXTS) | st.text(max_size=5)


def encoded_form(fields):
    def quoted(text):
        return quote_plus(text, safe="[]{}<", errors="replace")

    return "&".join(f"{quoted(name)}={quoted(value)}" for name, value in fields).encode()


@st.composite
def parts(draw, operation):
    """A whole multipart body."""
    body = draw(st.sampled_from([b"", b"", b"preamble\r\n"]))
    for name in draw(st.lists(names(operation, FILES), max_size=4)):
        content = draw(VALUES).encode(errors="replace")
        disposition = draw(st.just(b"") | st.sampled_from(DISPOSITIONS))
        if disposition:
            content = draw(st.sampled_from([b"", b"\xff\x00", PNG, content]))
        body += b'--boundary\r\nContent-Disposition: form-data; name="%s"%s%s\r\n\r\n%s\r\n' % (
            name.encode(), disposition, draw(st.sampled_from(TYPES)), content,
        )  # fmt: skip
    return body + END


@st.composite
def bodies(draw, operation, form):
    """A body and whether it is whole."""
    if form == FILES:
        whole = draw(parts(operation))
    else:
        whole = encoded_form(draw(st.lists(st.tuples(names(operation, FORM), VALUES), max_size=5)))
    length = draw(st.just(len(whole)) | st.integers(0, len(whole)))
    return whole[:length], length == len(whole)


@pytest.mark.parametrize(
    ("operation", "form"),
    FORMS,
    ids=[f"{each.id}-{form.partition('/')[2]}" for each, form in FORMS],
)
def test_a_form_is_taken_or_refused_by_one_problem_and_then_changes_nothing(
    server, session, shop, everything, operation, form
):
    path = f"{contract().base_path}{operation.path.format(**shop)}"
    headers = {"Authorization": f"Bearer {a_key(session)}", "Content-Type": form}
    if form == FILES:
        headers["Content-Type"] += "; boundary=boundary"
    before = everything()

    @given(bodies(operation, form))
    @settings(max_examples=8, suppress_health_check=[*HealthCheck])
    def sends(sent):
        nonlocal before
        body, is_whole = sent
        answer = client.request(operation.method, path, content=body, headers=headers)
        assert answer.status_code < 500, answer.text
        assert answer.status_code in operation.responses
        if form == FILES and not is_whole:
            assert answer.status_code == 400, answer.text
        after = everything()
        if answer.status_code >= 400:
            assert_problem(answer, answer.status_code)
            assert after == before
        before = after

    with open_client(server.url) as client:
        sends()
