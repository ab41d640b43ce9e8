"""Which texts are the same, what nobody can see, and what a search finds, on each database."""

# ruff: noqa: RUF001
import unicodedata

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from models import Customer
from tests.factories import a_customer, a_group, a_product
from tests.test_customers import NEW

COMPOSED, DECOMPOSED = "Élodie", unicodedata.normalize("NFD", "Élodie")
INVISIBLE = {
    "zero width": "\u200b\u200c\u200d\ufeff",
    "braille": "\u2800\u2800",
    "hangul": "\u3164\u115f\u1160\uffa0",
    "direction": "\u202e\u2066\u200f",
    "soft hyphen": "\xad",
    "variation": "\ufe0f",
    "tags": "\U000e0041",
    "controls": "\x07\x85",
    "mixed with blanks": " \u200b \u2060\xa0",
}


def names(client, text, name="firstname"):
    found = client.get("/customers", params={f"filter[{name}]": text}).json()["data"]
    return [each[name] for each in found]


@pytest.mark.parametrize("text", INVISIBLE.values(), ids=INVISIBLE)
def test_a_name_that_nobody_can_see_is_refused_wherever_one_is_required(client, session, text):
    group, product, customer = a_group(session), a_product(session), a_customer(session)
    for path, fields in (
        (f"/customers/{customer.id}", ("firstname", "lastname", "address", "city", "region")),
        (f"/products/{product.id}", ("name", "description")),
        (f"/groups/{group.id}", ("name", "description", "slug")),
        ("/api_keys/1", ("name",)),
    ):
        answer = client.patch(path, json=dict.fromkeys(fields, text))
        assert (answer.status_code, set(answer.json()["errors"])) == (422, {*fields}), answer.text
    created = client.post("/api_keys", json={"name": text, "permissions": ["health"]})
    assert created.status_code == 422


def test_what_nobody_can_see_is_nothing_where_nothing_is_possible(client, session):
    path = f"/customers/{a_customer(session, company_name='Media').id}"
    assert client.patch(path, json={"company_name": "\u200b\u2800"}).json()["company_name"] is None


@pytest.mark.parametrize(
    "name",
    ["می‌خواهم", "👩‍💻", "❤️", "a\u200bb", "\u2801", "﷽", "\u0301a", "한글", "\u200fעברית"],
)
def test_a_name_in_which_something_can_be_seen_is_kept_as_it_is(client, session, name):
    path = f"/customers/{a_customer(session).id}"
    assert client.patch(path, json={"firstname": name}).json()["firstname"] == name


def test_letters_are_composed_when_they_come_in_by_any_format(client, session):
    path = f"/customers/{a_customer(session).id}"
    xml = f"<customer><firstname>{DECOMPOSED}</firstname></customer>".encode()
    for sent in (
        {"json": {"firstname": DECOMPOSED}},
        {"data": {"firstname": DECOMPOSED}},
        {"content": xml, "headers": {"Content-Type": "application/xml"}},
    ):
        assert client.patch(path, **sent).json()["firstname"] == COMPOSED
        client.patch(path, json={"firstname": "x"})


def test_a_group_has_one_name_however_its_letters_are_composed(client, session):
    a_group(session, name=COMPOSED)
    answer = client.patch(f"/groups/{a_group(session).id}", json={"name": DECOMPOSED})
    assert answer.json()["errors"] == {"name": ["The name field is already taken."]}


def test_a_password_is_kept_as_it_was_sent(client, session):
    password = f"\u200b{DECOMPOSED} \u2800"
    client.post("/customers", json={**NEW, "password": password})
    assert PasswordHasher().verify(session.scalars(select(Customer.password)).one(), password)


def test_a_value_of_a_driver_is_kept_as_it_was_sent(client, session):
    path = f"/products/{a_product(session, type='proxmox').id}/config"
    sent = {"label": DECOMPOSED, "filler": "\u2800"}
    assert client.put(path, json=sent).json()["config"] == sent


@pytest.mark.parametrize("text", [COMPOSED, DECOMPOSED, DECOMPOSED.upper(), "élo"])
def test_a_search_finds_letters_however_they_are_composed(client, session, text):
    a_customer(session, firstname=COMPOSED)
    a_customer(session, firstname="Elodie")
    assert names(client, text) == [COMPOSED]


SAME = [
    ("ΟΔΟΣ", ["οδος", "οδοσ", "Οδός".replace("ό", "ο"), "δος", "ΔΟΣ", "οδο"]),
    ("Οδυσσεύς", ["ΟΔΥΣΣΕΎΣ", "οδυσσεύσ", "εύς"]),
    ("İstanbul", ["İstanbul", "istanbul", "ISTANBUL", "i", "stan", "İST"]),
    ("Isparta", ["isparta", "ISPARTA"]),
    ("ısırgan", ["ısırgan"]),
    ("Straße", ["STRAßE", "straße", "STRAẞE"]),
    ("ЁЖ", ["ёж"]),
    ("Ⱥⱦ", ["ⱥⱦ", "ȺȾ"]),
    ("ᲗᲑᲘᲚᲘᲡᲘ", ["თბილისი"]),
    ("𐐀𐐨", ["𐐨𐐀"]),
    ("ǅungla", ["ǆungla", "Ǆ"]),
    ("100%_\\", ["100%", "%_", "_\\", "\\"]),
]


@pytest.mark.parametrize(("name", "texts"), SAME, ids=[name for name, _ in SAME])
def test_a_search_knows_no_case_of_any_letter(client, session, name, texts):
    a_customer(session, firstname=name)
    a_customer(session, firstname="other")
    for text in (name, *texts):
        assert names(client, text) == [name], text


@pytest.mark.parametrize(
    ("name", "text"), [("Zoé", "zoe"), ("Straße", "strasse"), ("ısırgan", "isirgan"), ("a", "%")]
)
def test_a_search_finds_no_other_letter(client, session, name, text):
    a_customer(session, firstname=name)
    assert names(client, text) == []


def test_every_letter_finds_itself_and_its_other_case(client, session):
    letters = [chr(n) for n in range(0x80, 0x2000) if unicodedata.category(chr(n)) in ("Lu", "Lt")]
    letters = [each for each in letters if unicodedata.is_normalized("NFC", each)]
    for start in range(0, len(letters), 40):
        a_customer(session, firstname="".join(letters[start : start + 40]))
        name = letters[start : start + 40]
        small = "".join("i" if each == "İ" else each.lower() for each in name)
        assert names(client, small) == names(client, "".join(name)) == ["".join(name)]


DOMAINS = [
    ("ada@exämple.org", "ada@xn--exmple-cua.org"),
    ("ada@xn--exmple-cua.org", "ada@xn--exmple-cua.org"),
    ("ada@日本.jp", "ada@xn--wgv71a.jp"),
    ("ada@straße.de", "ada@xn--strae-oqa.de"),
]


@pytest.mark.parametrize(("sent", "stored"), DOMAINS)
def test_a_domain_in_any_script_is_stored_in_ascii_and_found_in_both(client, session, sent, stored):
    created = client.post("/customers", json={**NEW, "email": sent})
    assert (created.status_code, created.json()["email"]) == (201, stored)
    for text in (sent, sent.partition("@")[2], stored, "ada@"):
        assert names(client, text, "email") == [stored]
        found = client.get("/customers", params={"q": text}).json()["meta"]["total"]
        assert found == 1
    again = client.post("/customers", json={**NEW, "email": stored, "phone": None})
    assert again.json()["errors"] == {"email": ["The email field is already taken."]}


@pytest.mark.parametrize(
    "email", ["adä@example.org", "ada@-exämple.org", "ada@exä mple.org", "ada@ex\u2028ämple.org",
              "ada@EXÄMPLE.org", "ada@ä..org", "ä", "ada@" + "ä" * 64 + ".org"],
)  # fmt: skip
def test_an_address_whose_name_is_not_in_ascii_or_that_has_no_domain_is_refused(
    client, session, email
):
    answer = client.post("/customers", json={**NEW, "email": email})
    assert answer.status_code == 422
    reason = "The email field must be an e-mail address, in ASCII before the @."
    assert reason in answer.json()["errors"]["email"]
