"""Secrets of keys that are replaced, and keys that end: to the second, with their tokens."""

import asyncio
from datetime import UTC, datetime, timedelta

from app.moments import read_moment, write_moment
from app.pipeline.keys import Keys
from models.database import open_database
from tests.factories import a_key
from tests.keys import TOKEN, number, trade
from tests.waiting import wait_until


def test_after_a_rotation_both_secrets_work_until_the_first_one_ends(client, as_key, session):
    old = a_key(session, "health")
    assert as_key(old, "GET", "/health").status_code == 200
    answer = client.post(f"/api_keys/{number(old)}/rotate", json={"overlap": 5})
    assert answer.status_code == 200, answer.text
    fresh = answer.json()["token"]
    assert TOKEN.fullmatch(fresh)
    assert number(fresh) == number(old)
    assert fresh != old
    end = read_moment(answer.json()["previous_expires_at"])
    assert as_key(fresh, "GET", "/health").status_code == 200
    # A server on MariaDB knows of it after a tenth of a second.
    wait_until(lambda: as_key(old, "GET", "/me").json()["expires_at"] == write_moment(end))
    while True:
        answer = as_key(old, "GET", "/health")
        if datetime.now(UTC) >= end:
            break
        assert answer.status_code == 200
    assert as_key(old, "GET", "/health").status_code == 401
    assert as_key(fresh, "GET", "/health").status_code == 200
    assert as_key(fresh, "GET", "/me").json()["expires_at"] is None


def test_a_secret_can_end_at_once_and_one_before_it_always_does(client, as_key, session):
    secrets = [a_key(session, "health")]
    for overlap in (60, 60, 0):
        body = {"overlap": overlap}
        path = f"/api_keys/{number(secrets[0])}/rotate"
        secrets.append(client.post(path, json=body).json()["token"])
        expected = [*[False] * (len(secrets) - 2), overlap > 0, True]

        def living():
            return [as_key(each, "GET", "/health").status_code == 200 for each in secrets]

        wait_until(lambda expected=expected, living=living: living() == expected)


def test_a_rotation_says_for_how_long_and_no_longer_than_a_week(client, session):
    path = f"/api_keys/{number(a_key(session))}/rotate"
    before = datetime.now(UTC)
    end = read_moment(client.post(path).json()["previous_expires_at"])
    assert timedelta(0) <= end - before - timedelta(hours=1) < timedelta(minutes=1)
    for overlap in (-1, 604801):
        assert client.post(path, json={"overlap": overlap}).status_code == 422


def test_tokens_end_with_the_secret_that_they_were_traded_for(client, as_key, session, http):
    old = a_key(session, "health")
    token = trade(http, old)["access_token"]
    assert as_key(token, "GET", "/health").status_code == 200
    path = f"/api_keys/{number(old)}/rotate"
    client.post(path, json={"overlap": 600})
    assert as_key(token, "GET", "/health").status_code == 200
    assert trade(http, old)["expires_in"] <= 600
    client.post(path, json={"overlap": 0})
    wait_until(lambda: as_key(token, "GET", "/health").status_code == 401)
    assert trade(http, old)["error"] == "invalid_client"


def test_a_remembered_secret_ends_to_the_second(session, server):
    made = datetime(2026, 3, 2, 9, tzinfo=UTC)
    key = a_key(session, expires_at=made + timedelta(hours=1), now=made)
    second = timedelta(seconds=1)

    async def living():
        database = open_database(server.settings.database_url)
        keys = Keys(database)
        moments = (made, made + timedelta(hours=1) - second, made + timedelta(hours=1))
        found = [await keys.find(key, moment) is not None for moment in moments]
        await database.close()
        return found

    assert asyncio.run(living()) == [True, True, False]


def test_a_revoked_key_is_gone_at_once_with_its_tokens(client, as_key, session, http):
    key = a_key(session, "health")
    token = trade(http, key)["access_token"]
    assert as_key(token, "GET", "/health").status_code == 200
    answer = client.delete(f"/api_keys/{number(key)}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert not answer.headers.keys() & {"content-length", "content-type"}
    for each in (key, token):
        wait_until(lambda each=each: as_key(each, "GET", "/health").status_code == 401)
    assert client.get(f"/api_keys/{number(key)}").status_code == 404
    assert client.delete(f"/api_keys/{number(key)}").status_code == 404
