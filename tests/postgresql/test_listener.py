"""What PostgreSQL tells a server about its keys, and what it does when it is told nothing."""

import psycopg

from models.postgresql import CHANNEL
from tests.factories import a_key
from tests.revoking import refused_within, revoke, status
from tests.waiting import wait_until


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
