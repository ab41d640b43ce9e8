"""Reads from a streaming replica: which they are, and what becomes of them when it fails."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import httpx
import pytest
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from models.engine import make_engine
from models.migrate import upgrade
from tests.conftest import run
from tests.databases import new_database
from tests.factories import a_group, a_key
from tests.http import open_client, request
from tests.postgresql.commits import cut_off_the_commit, slow_commits
from tests.postgresql.servers import a_replica
from tests.revoking import refused_within, revoke
from tests.serving import served
from tests.settings import unhurried
from tests.test_check import checked
from tests.test_groups import a_body
from tests.test_operations import TOKEN, metrics
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def replica():
    with a_replica() as replica:
        yield replica


@pytest.fixture
def settings(tmp_path, replica):
    url = new_database(tmp_path)
    return unhurried(tmp_path, database_replica_urls=(replica.url(url),), metrics_token=TOKEN)


@pytest.fixture
def replicated(settings):
    """A server that reads from the replica."""
    for running in run(settings):
        wait_for(running.url, "ok")
        yield running


@pytest.fixture
def session(replicated):
    with Session(replicated.engine) as session:
        yield session


@pytest.fixture
def http(replicated, session):
    headers = {"Authorization": f"Bearer {a_key(session)}"}
    with open_client(f"{replicated.url}/api/application", headers=headers) as http:
        yield http


@pytest.fixture
def paused(replica, replicated, http):
    """Changes no longer reach the replica."""
    assert names(http) == []
    replica.pause()
    yield
    replica.resume()


def state(url):
    answer = request("GET", f"{url}/readyz")
    assert answer.status_code == 200, answer.text
    return answer.json()["checks"]["replicas"][0]["state"]


def wait_for(url, wanted):
    wait_until(lambda: state(url) == wanted)


def names(http):
    answer = http.get("/groups")
    assert answer.status_code == 200, answer.text
    return [group["name"] for group in answer.json()["data"]]


def test_what_others_have_changed_is_read_when_the_replica_has_it(http, session, replica, paused):
    a_group(session, name="theirs")
    assert names(http) == []
    replica.resume()
    wait_until(lambda: names(http) == ["theirs"])


def test_what_a_key_has_changed_it_reads_at_once(http, paused):
    assert http.post("/groups", json=a_body(name="mine")).status_code == 201
    assert names(http) == ["mine"]


def test_what_a_key_has_changed_its_tokens_read_at_once(replicated, http, session, paused):
    assert http.post("/groups", json=a_body(name="mine")).status_code == 201
    key = http.headers["authorization"].removeprefix("Bearer ")
    number, _, secret = key.partition("|")
    answer = request(
        "POST", f"{replicated.url}/api/oauth/token",
        data={"grant_type": "client_credentials", "client_id": number, "client_secret": secret},
    )  # fmt: skip
    http.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
    assert names(http) == ["mine"]


def test_a_key_that_may_have_changed_something_reads_what_is_true(
    replicated, http, session, paused
):
    a_group(session, name="theirs")
    assert names(http) == []
    with slow_commits(replicated.settings.database_url) as database, ThreadPoolExecutor() as pool:
        sent = pool.submit(http.post, "/groups", json=a_body(name="mine"))
        cut_off_the_commit(database)
        assert sent.result().json()["type"] == "/api/problems/in-doubt"
    assert names(http) == ["theirs"]


def test_all_processes_know_what_a_key_has_changed(settings, replica, tmp_path):
    with served(
        tmp_path, WORKERS="3", RATE_LIMIT="0", DATABASE_URL=settings.database_url,
        DATABASE_REPLICA_URLS=settings.database_replica_urls[0],
    ) as process:  # fmt: skip
        wait_for(process.url, "ok")
        # A new connection for each request, to whichever process takes it.
        headers = {"Authorization": f"Bearer {process.key}"}
        with open_client(
            f"{process.url}/api/application", headers=headers,
            limits=httpx.Limits(max_keepalive_connections=0),
        ) as http:  # fmt: skip
            for number in range(5):
                replica.pause()
                body = a_body(name=f"group {number}", slug=f"group-{number}")
                assert http.post("/groups", json=body).status_code == 201
                assert [names(http)[-1] for _ in range(10)] == [body["name"]] * 10
                replica.resume()


def test_a_revoked_key_is_refused_whatever_the_replica_knows(http, session, paused):
    key = http.headers["authorization"].removeprefix("Bearer ")
    revoke(session, key)
    refused_within(http, key, 1)


def test_a_replica_that_is_far_behind_is_left_alone_until_it_has_caught_up(
    replicated, http, session, replica, paused
):
    a_group(session, name="theirs")
    wait_for(replicated.url, "lagging")
    assert names(http) == ["theirs"]
    assert metrics(replicated.url)["clientxcms_database_replica_used", "1"] == 0
    assert metrics(replicated.url)["clientxcms_database_replica_lag_seconds", "1"] >= 5
    replica.resume()
    wait_for(replicated.url, "ok")
    assert metrics(replicated.url)["clientxcms_database_replica_used", "1"] == 1


def test_a_replica_is_not_behind_because_nothing_happens(replicated, http):
    time.sleep(6)
    assert state(replicated.url) == "ok"


def test_nobody_notices_that_the_replica_crashes_and_comes_back(replicated, http, replica):
    end = Event()

    def ask(_):
        statuses = []
        with open_client(http.base_url, headers=http.headers) as client:
            while not end.is_set():
                statuses.append(client.get("/groups").status_code)
        return statuses

    with ThreadPoolExecutor(8) as pool:
        asked = pool.map(ask, range(8))
        for _ in range(3):
            replica.crash()
            wait_for(replicated.url, "unavailable")
            replica.start()
            wait_for(replicated.url, "ok")
        end.set()
        statuses = [status for each in asked for status in each]
    assert set(statuses) == {200}
    assert len(statuses) > 100


def test_reads_return_to_a_replica_that_was_away(replicated, http, session, replica):
    replica.crash()
    wait_for(replicated.url, "unavailable")
    replica.start()
    wait_for(replicated.url, "ok")
    replica.pause()
    try:
        a_group(session, name="theirs")
        assert names(http) == []
    finally:
        replica.resume()


def test_a_replica_that_hangs_keeps_nobody_for_long(replicated, http, replica):
    assert names(http) == []
    with replica.frozen():
        begin = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            assert {*pool.map(lambda _: http.get("/groups").status_code, range(40))} == {200}
        assert state(replicated.url) == "unavailable"
        # No more than the second that a read from it may take, and a little.
        assert time.monotonic() - begin < 4
    wait_for(replicated.url, "ok")


def test_a_database_that_is_no_copy_is_not_read_from(settings, replica, tmp_path):
    others = new_database(tmp_path, "others")
    for addresses in (replica.url(others), settings.database_url):
        for running in run(replace(settings, database_replica_urls=(addresses,))):
            wait_for(running.url, "foreign")


def test_a_replica_that_was_promoted_is_a_replica_no_more(settings):
    with a_replica() as replica:
        addresses = (replica.url(settings.database_url),)
        for running in run(replace(settings, database_replica_urls=addresses)):
            wait_for(running.url, "ok")
            replica.promote()
            wait_for(running.url, "foreign")


def findings_about_replicas(settings, *urls):
    status, found = checked(
        DATABASE_URL=settings.database_url, DATABASE_REPLICA_URLS=",".join(urls),
        DATA_DIR=str(settings.data),
    )  # fmt: skip
    assert status == 0
    return [(level, text) for level, subject, text in found if subject == "replica"]


def test_the_check_of_an_installation_looks_at_replicas(settings, replica):
    (good,) = settings.database_replica_urls
    for _ in run(settings):
        dead = make_url(good).set(port=9).render_as_string()
        found = findings_about_replicas(settings, good, dead, settings.database_url)
        assert [level for level, _ in found] == ["ok", "warning", "warning"]
        assert "up to date" in found[0][1]
        assert "cannot be used" in found[1][1]
        assert "no replica" in found[2][1]


def test_the_check_tells_of_a_replica_that_lags(settings, replica):
    (url,) = settings.database_replica_urls
    for running in run(settings):
        wait_for(running.url, "ok")
        replica.pause()
        try:
            with Session(running.engine) as session:
                a_group(session)
            assert "behind" in findings_about_replicas(settings, url)[0][1]
        finally:
            replica.resume()


def test_the_check_tells_of_a_replica_that_a_migration_has_not_reached(settings, replica):
    (url,) = settings.database_replica_urls
    engine = make_engine(settings.database_url)
    wait_until(lambda: exists(replica, url))
    replica.pause()
    try:
        upgrade(engine)
        assert "clientxcms:migrate" in findings_about_replicas(settings, url)[0][1]
    finally:
        replica.resume()
        engine.dispose()


def exists(replica, url):
    name = make_url(url).database
    return replica.ask(f"SELECT FROM pg_database WHERE datname = '{name}'")
