"""Who got no answer tries again, and what was asked for is done once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.contract import contract
from models import Group, KeptAnswer, PersonalAccessToken
from tests.factories import a_group, a_key, a_product
from tests.rpc import ask
from tests.test_images import an_image

NAME = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
GROUP = {"name": "VPS", "slug": "vps", "description": "x", "status": "active", "sort_order": 0}
# Whatever is asked for, beside what the test is about.
BODIES = {
    "/groups": lambda session: GROUP,
    "/customers": lambda session: {
        "firstname": "Ada", "lastname": "Lovelace", "email": "ada@example.org",
        "password": "correct horse", "locale": "fr_FR", "country": "FR", "address": "1 rue X",
        "city": "Lille", "zipcode": "59000", "region": "Nord",
    },
    "/products": lambda session: {
        "name": "VPS", "description": "x", "status": "active", "stock": -1, "type": "none",
        "group_id": a_group(session).id,
    },
    "/pricings": lambda session: {
        "related_id": a_product(session).id, "related_type": "product", "currency": "EUR",
        "monthly": 5,
    },
}  # fmt: skip


def how_many(client, path):
    return len(client.get(path).json()["data"])


def test_what_creates_takes_the_header_unless_it_answers_with_a_secret():
    taking = {each.path for each in contract().operations.values() if each.headers}
    assert taking == {f"/application{path}" for path in BODIES}


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("media_type", ["application/json", "application/xml"])
def test_the_second_answer_is_the_first_one(client, session, path, media_type):
    body = BODIES[path](session)
    headers = {**NAME, "Accept": media_type}
    first, second = (client.post(path, json=body, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201), second.text
    assert second.content == first.content
    for name in ("content-type", "location", "vary", "cache-control"):
        assert second.headers[name] == first.headers[name]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert how_many(client, path) == 1


def test_the_order_of_members_makes_no_other_request(client):
    sent = GROUP, dict(reversed(GROUP.items()))
    first, second = (client.post("/groups", json=body, headers=NAME) for body in sent)
    assert second.status_code == 201
    assert second.content == first.content


def test_an_image_that_is_sent_again_is_kept_once(client, session):
    body = {name: str(value) for name, value in BODIES["/products"](session).items()}
    for _ in range(2):
        # Each time with another boundary between the parts.
        sent = client.post("/products", data=body, files={"image": an_image()}, headers=NAME)
        assert sent.status_code == 201, sent.text
    assert how_many(client, "/products") == 1


@pytest.mark.parametrize(
    ("path", "body"), [("/groups", {**GROUP, "slug": "other"}), ("/customers", {})]
)
def test_another_request_by_the_same_name_is_refused(client, session, path, body):
    assert client.post("/groups", json=GROUP, headers=NAME).status_code == 201
    body = body or BODIES[path](session)
    refused = client.post(path, json=body, headers=NAME)
    assert refused.status_code == 422
    assert refused.json()["type"] == "/api/problems/idempotency-key-reused"
    assert how_many(client, "/groups") == 1
    assert how_many(client, "/customers") == 0


def test_names_of_other_keys_are_other_names(client, session, server):
    other = {"Authorization": f"Bearer {a_key(session)}"}
    assert client.post("/groups", json=GROUP, headers=NAME).status_code == 201
    body = {**GROUP, "slug": "other"}
    assert client.post("/groups", json=body, headers={**NAME, **other}).status_code == 201


def test_what_was_refused_may_be_tried_again(client):
    assert client.post("/groups", json={}, headers=NAME).status_code == 422
    assert client.post("/groups", json=GROUP, headers=NAME).status_code == 201


def test_of_many_at_once_one_is_done_and_all_get_its_answer(client):
    def send(_):
        return client.post("/groups", json=GROUP, headers=NAME)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert {each.status_code for each in answers} == {201}
    assert len({each.content for each in answers}) == 1
    assert sum("idempotency-replayed" in each.headers for each in answers) == 7


def test_after_a_day_the_name_is_free(client, session):
    assert client.post("/groups", json=GROUP, headers=NAME).status_code == 201
    yesterday = datetime.now(UTC) - timedelta(seconds=contract().answers_kept_for)
    session.execute(update(KeptAnswer).values(created_at=yesterday))
    session.commit()
    again = client.post("/groups", json={**GROUP, "slug": "other"}, headers=NAME)
    assert again.status_code == 201
    assert "idempotency-replayed" not in again.headers
    assert session.scalar(select(func.count()).select_from(KeptAnswer)) == 1


@pytest.mark.parametrize("name", ["", "two words", "x" * 256, "é".encode()])
def test_a_name_that_is_none_is_refused(client, name):
    refused = client.post("/groups", json=GROUP, headers={"Idempotency-Key": name})
    assert refused.status_code == 400
    assert "Idempotency-Key" in refused.json()["errors"]
    assert how_many(client, "/groups") == 0


def test_neither_the_name_nor_the_body_can_be_read_in_the_database(client, session):
    assert client.post("/customers", json=BODIES["/customers"](session), headers=NAME).is_success
    kept = session.scalars(select(KeptAnswer)).one()
    stored = f"{kept.name} {kept.request} {kept.body!r}"
    assert NAME["Idempotency-Key"] not in stored
    assert "correct horse" not in stored


def test_with_a_customer_goes_what_was_answered_about_him(client, session):
    sent = client.post("/customers", json=BODIES["/customers"](session), headers=NAME)
    assert client.delete(f"/customers/{sent.json()['id']}?force=1").status_code == 200
    assert session.scalar(select(func.count()).select_from(KeptAnswer)) == 0


def test_with_a_key_go_its_answers(client, session, server):
    assert client.post("/groups", json=GROUP, headers=NAME).status_code == 201
    session.delete(session.scalars(select(PersonalAccessToken)).one())
    session.commit()
    assert session.scalar(select(func.count()).select_from(KeptAnswer)) == 0


def test_a_method_of_xml_rpc_takes_it_as_a_member(server, session):
    key = a_key(session)
    answers = [ask(server, key, "groups.create", {**GROUP, **NAME}) for _ in range(2)]
    assert answers[0] == answers[1]
    with Session(server.engine) as other:
        assert other.scalar(select(func.count()).select_from(Group)) == 1
