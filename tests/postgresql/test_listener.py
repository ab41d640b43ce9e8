"""What PostgreSQL tells a server about its keys, and what it does when it is told nothing."""

import time

import httpx
import psycopg
import pytest
from sqlalchemy import delete

from models import Admin, PersonalAccessToken
from models.postgresql import CHANNEL
from tests.factories import a_key, an_admin


@pytest.fixture
def http(server):
    with httpx.Client(base_url=f"{server.url}/api/application") as http:
        yield http


def status(http, key):
    return http.get("/health", headers={"Authorization": f"Bearer {key}"}).status_code


def listeners(server):
    """The process ids of the connections that listen for the server."""
    with psycopg.connect(server.settings.database_url, autocommit=True) as connection:
        query = (
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND (query = 'SELECT 1' OR query LIKE %s)"
        )
        return [row[0] for row in connection.execute(query, (f"LISTEN%{CHANNEL}%",))]


def kill(server, pids):
    with psycopg.connect(server.settings.database_url, autocommit=True) as connection:
        for pid in pids:
            connection.execute("SELECT pg_terminate_backend(%s)", (pid,))


def wait_until(true, seconds=10):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def refused_within(http, key, seconds):
    wait_until(lambda: status(http, key) == 401, seconds)


def revoke(session, key):
    number = int(key.partition("|")[0])
    session.execute(delete(PersonalAccessToken).where(PersonalAccessToken.id == number))
    session.commit()


def test_a_revoked_key_is_refused_within_a_second(http, server, session):
    key = a_key(session)
    for _ in range(50):
        assert status(http, key) == 200
    revoke(session, key)
    refused_within(http, key, 1)


def test_the_keys_of_a_deleted_admin_are_refused_within_a_second(http, server, session):
    admin = an_admin(session)
    key = a_key(session, owner=admin)
    assert status(http, key) == 200
    session.get(Admin, admin.id).deleted_at = admin.created_at
    session.commit()
    refused_within(http, key, 1)


def test_without_a_listener_nothing_is_remembered(http, server, session):
    key = a_key(session)
    assert status(http, key) == 200
    wait_until(lambda: listeners(server))
    kill(server, listeners(server))
    revoke(session, key)
    refused_within(http, key, 1)


def test_a_listener_that_was_lost_listens_again(http, server, session):
    key = a_key(session)
    assert status(http, key) == 200
    wait_until(lambda: listeners(server))
    kill(server, listeners(server))

    def listens():
        assert status(http, key) == 200
        return listeners(server)

    wait_until(listens)
    revoke(session, key)
    refused_within(http, key, 1)


def test_the_use_of_a_key_is_no_news(http, server, session):
    """Or every key would be looked up once a minute for each key that is used."""
    key = a_key(session)
    assert status(http, key) == 200
    with psycopg.connect(server.settings.database_url, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        connection.execute("UPDATE personal_access_tokens SET last_used_at = now()")
        assert list(connection.notifies(timeout=0.2)) == []
        connection.execute("UPDATE personal_access_tokens SET abilities = '[]'")
        assert len(list(connection.notifies(timeout=2, stop_after=1))) == 1


def test_reads_do_not_notice_that_all_connections_were_lost(http, server, session):
    key = a_key(session)
    assert status(http, key) == 200
    with psycopg.connect(server.settings.database_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'clientxcms' AND datname = current_database()"
        )
    assert [status(http, key) for _ in range(5)] == [200] * 5
