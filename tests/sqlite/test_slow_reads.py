"""A read of SQLite that takes long holds up no other request, and ends with a 503 at last."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import monotonic, sleep

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

import models.database
from models import Customer
from tests.conftest import run
from tests.factories import a_customer, a_key
from tests.http import open_client
from tests.settings import unhurried

ROWS = 10_000
# Beyond ASCII, each row is folded for each text.
SLOW = "/customers?filter[lastname]=" + ",".join(f"é{number}" for number in range(50))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of its own on a SQLite file with many customers; its URL and a key."""
    folder = tmp_path_factory.mktemp("slow")
    # Requests wait for a second for others.
    settings = replace(unhurried(folder), max_wait=1000)
    for running in run(replace(settings, database_url=f"sqlite:///{folder / 'shop.db'}")):
        with Session(running.engine) as session:
            customer = a_customer(session, lastname="Martin")
            columns = Customer.__table__.columns
            one = {each.name: getattr(customer, each.name) for each in columns if each.name != "id"}
            many = [{**one, "email": f"{number}@example.org"} for number in range(ROWS - 1)]
            session.execute(insert(Customer), many)
            session.commit()
            key = a_key(session)
        running.engine.dispose()
        yield f"{running.url}/api/application", key


@pytest.fixture
def client(server):
    url, key = server
    with open_client(url, headers={"Authorization": f"Bearer {key}"}) as client:
        yield client


def test_others_are_served_while_a_read_takes_long(client, monkeypatch):
    monkeypatch.setattr(models.database, "READ_SECONDS", 30)
    with ThreadPoolExecutor(1) as pool:
        started = monotonic()
        slow = pool.submit(client.get, SLOW)
        durations = []
        while not slow.done():
            sleep(0.02)
            before = monotonic()
            assert client.get("/products").status_code == 200
            durations.append(monotonic() - before)
        assert slow.result().json()["meta"]["total"] == 0, slow.result().text
        # Otherwise the test shows nothing.
        assert monotonic() - started > 4 * models.database.LOOP_SECONDS
    assert len(durations) > 3
    assert max(durations) < 3 * models.database.LOOP_SECONDS


def test_a_read_that_takes_too_long_is_ended(client, monkeypatch):
    monkeypatch.setattr(models.database, "READ_SECONDS", 0.3)
    started = monotonic()
    answer = client.get(SLOW)
    assert monotonic() - started < 0.8
    assert answer.status_code == 503
    problem = answer.json()
    assert problem["type"] == "/api/problems/unavailable"
    assert problem["detail"] == "The database is busy or out of reach. Nothing was changed."
    assert answer.headers["retry-after"] == "1"
    # The next read has its own time.
    assert client.get("/customers?filter[lastname]=é").json()["meta"]["total"] == 0


def test_a_read_that_waits_too_long_for_others_is_refused(client, monkeypatch):
    monkeypatch.setattr(models.database, "READ_SECONDS", 0.3)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(client.get, [SLOW] * 8))
    assert {answer.status_code for answer in answers} == {503}
    details = {answer.json()["detail"] for answer in answers}
    assert "The server is asked for more than it can do. Nothing was changed." in details


def test_a_filter_takes_no_more_texts_than_the_contract_says(client):
    answer = client.get(f"{SLOW},more")
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {"filter[lastname]"}
