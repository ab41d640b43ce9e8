"""How a server learns from MariaDB that keys have changed, and what it does when it cannot."""

import time

import httpx
import pytest
from sqlalchemy import delete

from models import Admin, PersonalAccessToken
from models.mariadb import KEYS
from tests.factories import a_key, an_admin


@pytest.fixture
def http(server):
    with httpx.Client(base_url=f"{server.url}/api/application") as http:
        yield http


def status(http, key):
    return http.get("/health", headers={"Authorization": f"Bearer {key}"}).status_code


def refused_within(http, key, seconds):
    end = time.monotonic() + seconds
    while status(http, key) != 401:
        assert time.monotonic() < end
        time.sleep(0.02)


def revoke(session, key):
    number = int(key.partition("|")[0])
    session.execute(delete(PersonalAccessToken).where(PersonalAccessToken.id == number))
    session.commit()


def kill_all(server):
    """End all connections of the server: the next request begins a new one to look for news."""
    with server.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT id FROM information_schema.processlist"
            " WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        )
        for thread in found.scalars().all():
            connection.exec_driver_sql(f"KILL {thread}")


def changes(session):
    session.rollback()
    counted = f"SELECT SUM(difference) FROM row_counts WHERE table_name = '{KEYS}'"
    return int(session.connection().exec_driver_sql(counted).scalar_one())


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


def test_a_lost_connection_hides_no_news(http, server, session):
    for _ in range(3):
        key = a_key(session)
        assert status(http, key) == 200
        kill_all(server)
        revoke(session, key)
        refused_within(http, key, 1)


def test_the_use_of_a_key_is_no_news(session):
    """Or every key would be looked up once a minute for each key that is used."""
    a_key(session)
    before = changes(session)
    session.connection().exec_driver_sql("UPDATE personal_access_tokens SET last_used_at = now()")
    session.commit()
    assert changes(session) == before
    for column in ("abilities = '[]'", "expires_at = now()", "token = 'x'"):
        session.connection().exec_driver_sql(f"UPDATE personal_access_tokens SET {column}")
        session.commit()
        before += 1
        assert changes(session) == before
