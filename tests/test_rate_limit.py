"""The rate limit: one window for each key."""

import time

import pytest
from sqlalchemy.orm import Session

from app.pipeline.windows import CAPACITY, WINDOW, Windows
from tests.conftest import run
from tests.factories import a_key
from tests.http import request
from tests.settings import unhurried


@pytest.fixture
def limited(tmp_path):
    yield from run(unhurried(tmp_path, rate_limit=3))


def test_a_key_that_asks_too_often_is_told_when_to_come_back(limited):
    with Session(limited.engine) as session:
        busy, other = a_key(session, "health"), a_key(session, "health")

    def get(key, path="/health"):
        headers = {"Authorization": f"Bearer {key}"}
        return request("GET", f"{limited.url}/api/application{path}", headers=headers)

    answers = [get(busy), get(busy, "/products"), get(busy)]
    assert [answer.status_code for answer in answers] == [200, 403, 200]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0"]
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"3"}

    refused = get(busy, "/products")
    assert refused.status_code == 429, "the limit is looked at before the scope"
    wait = int(refused.headers["retry-after"])
    assert 0 < wait <= 60
    assert abs(int(refused.headers["x-ratelimit-reset"]) - time.time() - wait) < 2
    assert refused.headers["x-ratelimit-remaining"] == "0"

    assert get(other).status_code == 200
    assert "x-ratelimit-limit" not in get("nobody").headers


def test_a_token_that_is_granted_counts_for_its_key_and_a_guess_for_nobody(limited):
    with Session(limited.engine) as session:
        number, _, secret = a_key(session, "health").partition("|")

    def trade(secret, scope="health"):
        form = {"grant_type": "client_credentials", "client_id": number, "scope": scope}
        return request(
            "POST", f"{limited.url}/api/oauth/token", data={**form, "client_secret": secret}
        )

    guesses = [trade("x") for _ in range(5)]
    assert {answer.status_code for answer in guesses} == {401}
    assert not any("x-ratelimit-limit" in answer.headers for answer in guesses)

    answers = [trade(secret), trade(secret, "products:index"), trade(secret)]
    assert [answer.status_code for answer in answers] == [200, 400, 200]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0"]
    refused = trade(secret)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60
    headers = {"Authorization": f"Bearer {answers[0].json()['access_token']}"}
    health = request("GET", f"{limited.url}/api/application/health", headers=headers)
    assert health.status_code == 429, "a token has no window of its own"


def test_the_first_request_after_a_minute_opens_a_new_window():
    windows = Windows()
    assert [windows.count(1, now).made for now in (0.0, 1.0, 59.9)] == [1, 2, 3]
    assert windows.count(2, 59.9).made == 1
    assert windows.count(1, 60.0) == (1, 120.0)


def test_windows_that_have_ended_take_no_memory():
    windows = Windows()
    for key in range(CAPACITY):
        windows.count(key, 0.0)
    windows.count(-1, WINDOW)
    assert len(windows._open) == 1
