"""PostgreSQL itself crashes and comes back while clients write: they are told to wait, no more."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.durability.restarting import check_crashes
from tests.postgresql.commits import cut_off_the_commit, slow_commits
from tests.test_groups import a_body


def test_a_crash_of_the_database_loses_nothing_and_service_returns_by_itself(tmp_path):
    check_crashes(tmp_path)


@pytest.fixture
def database(server):
    with slow_commits(server.settings.database_url) as database:
        yield database


def test_a_change_that_was_cut_off_while_it_was_kept_is_in_doubt(client, database):
    with ThreadPoolExecutor() as pool:
        sent = pool.submit(client.post, "/groups", json=a_body())
        cut_off_the_commit(database)
        answer = sent.result()
    assert answer.status_code == 503
    assert answer.json()["type"] == "/api/problems/in-doubt"
    assert "may have been kept" in answer.json()["detail"]
    # This time it was not.
    assert client.get("/groups").json()["total"] == 0


def test_nobody_fails_because_it_cannot_be_noted_that_a_key_was_used(client, server):
    url = server.settings.database_url
    with slow_commits(url, "personal_access_tokens") as database, ThreadPoolExecutor() as pool:
        sent = pool.submit(client.get, "/groups")
        cut_off_the_commit(database)
        assert sent.result().status_code == 200
