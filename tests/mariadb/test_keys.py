"""How a server learns from MariaDB that keys have changed, and what it does when it cannot."""

from models.mariadb import KEYS
from tests.factories import a_key
from tests.mariadb.killing import kill_all
from tests.revoking import refused_within, revoke, status


def changes(session):
    session.rollback()
    counted = f"SELECT SUM(difference) FROM row_counts WHERE table_name = '{KEYS}'"
    return int(session.connection().exec_driver_sql(counted).scalar_one())


def test_a_lost_connection_hides_no_news(http, server, session):
    for _ in range(3):
        key = a_key(session)
        assert status(http, key) == 200
        # The next request begins a new one to look for news.
        kill_all(server.engine.url.database)
        revoke(session, key)
        refused_within(http, key, 1)


def test_the_use_of_a_key_is_no_news(session):
    """Or every key would be looked up once a minute for each key that is used."""
    a_key(session)
    before = changes(session)
    session.connection().exec_driver_sql("UPDATE personal_access_tokens SET last_used_at = now()")
    session.commit()
    assert changes(session) == before
    for column in (
        "abilities = '[]'", "expires_at = now()", "token = 'x'", "allowed_networks = '[]'",
        "rate_limit = 5", "previous_token = 'y'", "previous_expires_at = now()",
    ):  # fmt: skip
        session.connection().exec_driver_sql(f"UPDATE personal_access_tokens SET {column}")
        session.commit()
        before += 1
        assert changes(session) == before
