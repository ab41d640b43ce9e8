"""Phone numbers: shown as they were typed, compared and found whatever the spelling."""

import pytest
from sqlalchemy import update

from models import Customer
from tests.factories import a_customer, a_key
from tests.rpc import ask
from tests.test_at_once import MANY, at_once
from tests.test_customers import NEW

TAKEN = {"phone": ["The phone field is already taken."]}


def create(client, number, phone, **fields):
    body = {**NEW, "email": f"{number}@example.org", "phone": phone, **fields}
    return client.post("/customers", json=body)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("+33 6 71 82 93 10", "0671829310"),
        ("0671829310", "0033 6.71.82.93.10"),
        ("06 71 82 93 10", "+33 (0)6 71-82-93-10"),
        ("0671829310", "0671829310"),
        ("+442079460018", "0044 20 7946 0018"),
    ],
)
def test_a_number_that_another_customer_has_is_refused_in_any_spelling(
    client, session, first, second
):
    created = create(client, 1, first)
    assert created.json()["phone"] == first
    assert create(client, 2, second).json()["errors"] == TAKEN
    other = a_customer(session)
    answer = client.patch(f"/customers/{other.id}", json={"phone": second})
    assert answer.json()["errors"] == TAKEN
    same = client.patch(f"/customers/{created.json()['id']}", json={"phone": second})
    assert (same.status_code, same.json()["phone"]) == (200, second)


def test_the_same_text_is_another_number_in_another_country(client, session):
    assert create(client, 1, "0671829310").status_code == 201
    italian = create(client, 2, "0671829310", country="IT", zipcode="10123")
    assert italian.status_code == 201
    move = {"country": "FR", "zipcode": "59000"}
    path = f"/customers/{italian.json()['id']}"
    assert client.patch(path, json=move).json()["errors"] == TAKEN
    assert client.patch(path, json={**move, "phone": None}).status_code == 200


def test_a_customer_who_moves_gives_the_number_of_the_former_country_back(client, session):
    path = f"/customers/{create(client, 1, '0671829310').json()['id']}"
    moved = client.patch(path, json={"country": "IT", "zipcode": "10123"})
    assert (moved.status_code, moved.json()["phone"]) == (200, "0671829310")
    assert create(client, 2, "+33671829310").status_code == 201
    assert create(client, 3, "+39 0671829310").json()["errors"] == TAKEN


def test_a_number_is_free_again_when_its_customer_is_deleted_or_gives_it_up(client, session):
    for number, leave in (
        (1, client.delete),
        (2, lambda path: client.patch(path, json={"phone": None})),
    ):
        created = create(client, number, "0671829310")
        assert created.status_code == 201
        assert leave(f"/customers/{created.json()['id']}").status_code == 200
    assert create(client, 3, "+33671829310").status_code == 201


def test_extensions_of_one_number_are_numbers_of_their_own(client, session):
    assert create(client, 1, "01 99 00 20 01 ext. 7").status_code == 201
    assert create(client, 2, "01 99 00 20 01 ext. 8").status_code == 201
    assert create(client, 3, "+33 1 99 00 20 01 x7").json()["errors"] == TAKEN


@pytest.mark.parametrize(
    "text",
    ["0671829310", "+33 6 71 82 93 10", "+33671829310", "0033671829310", "6718", "06 71",
     "06.71.82", "3367182", "+336", "00336", "9310", "(0)6 71"],
)  # fmt: skip
@pytest.mark.parametrize("typed", ["+33 6 71 82 93 10", "0671829310", "06.71.82.93.10"])
def test_a_number_is_found_by_digits_of_any_spelling(client, session, typed, text):
    a_customer(session, phone="+32 470 12 60 01")
    customer = a_customer(session, phone=typed)
    found = client.get("/customers", params={"filter[phone]": text}).json()["data"]
    assert [each["id"] for each in found] == [customer.id]


@pytest.mark.parametrize("text", ["0671829311", "33 06 71", "+06 71", "%", "_", "x"])
def test_what_is_no_part_of_a_number_finds_none(client, session, text):
    a_customer(session, phone="+33 6 71 82 93 10")
    found = client.get("/customers", params={"filter[phone]": text}).json()["data"]
    assert found == []


def test_what_is_no_number_any_more_is_found_by_its_digits(client, session):
    customer = a_customer(session, phone="(99) 12-34")
    found = client.get("/customers", params={"filter[phone]": "9912"}).json()["data"]
    assert [each["id"] for each in found] == [customer.id]


def test_one_of_many_gets_a_number_however_each_of_them_types_it(client, session):
    spellings = ("+33 6 71 82 93 10", "0671829310", "06 71 82 93 10", "0033671829310")
    answers = at_once(lambda number: create(client, number, spellings[number % len(spellings)]))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * (MANY - 1)
    assert all(each.json()["errors"] == TAKEN for each in answers if each.status_code == 422)


def test_customers_that_had_one_number_before_stay_as_they_are(client, session):
    first, second = a_customer(session, phone="0671829310"), a_customer(session)
    session.execute(update(Customer).where(Customer.id == second.id).values(phone="+33671829310"))
    session.commit()
    path = f"/customers/{second.id}"
    assert client.patch(path, json=client.get(path).json()).status_code == 200
    assert client.patch(path, json={"city": "Lyon"}).status_code == 200
    assert client.patch(path, json={"phone": "0671829310"}).json()["errors"] == TAKEN
    assert client.patch(f"/customers/{first.id}", json={"city": "Lyon"}).status_code == 200


def test_numbers_are_compared_for_calls_by_xml_rpc_too(client, server, session):
    create(client, 1, "+33 6 71 82 93 10")
    body = {**NEW, "email": "b@example.org", "phone": "0671829310"}
    code, _ = ask(server, a_key(session), "customers.create", body)
    assert code == 422
