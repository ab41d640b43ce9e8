"""PgBouncer in front of PostgreSQL, which hands out a session for each transaction."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from app.settings import Settings
from models import Group, PersonalAccessToken
from tests.conftest import run
from tests.databases import new_database
from tests.factories import a_group, a_key, a_product
from tests.http import open_client
from tests.postgresql.servers import a_pgbouncer
from tests.postgresql.test_listener import listeners
from tests.revoking import refused_within, revoke, status
from tests.settings import unhurried
from tests.test_groups import a_body
from tests.waiting import wait_until

pytestmark = pytest.mark.needs("pgbouncer")

SESSIONS = 5


@pytest.fixture(scope="module")
def direct(tmp_path_factory):
    """The address of the database without PgBouncer."""
    return new_database(tmp_path_factory.mktemp("pooled"))


@pytest.fixture(scope="module")
def server(direct, tmp_path_factory):
    """Migrated, and served, through PgBouncer."""
    with a_pgbouncer(default_pool_size=SESSIONS) as port:
        address = make_url(direct).set(host="127.0.0.1", port=port, query={"pooled": "1"})
        url = address.render_as_string(hide_password=False)
        yield from run(unhurried(tmp_path_factory.mktemp("server"), database_url=url))


def sessions(direct):
    with psycopg.connect(direct, autocommit=True) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        return connection.execute(query).fetchone()[0] - 1


def test_what_is_written_is_read(client):
    group = client.post("/groups", json=a_body()).json()
    for number in range(20):
        answer = client.patch(f"/groups/{group['id']}", json={"name": f"name {number}"})
        assert answer.status_code == 200
        assert client.get(f"/groups/{group['id']}").json()["name"] == f"name {number}"


def test_a_change_that_is_refused_leaves_nothing_behind(client, session):
    group = a_group(session)
    a_product(session, group=group)
    assert client.delete(f"/groups/{group.id}").status_code == 409
    assert client.post("/groups", json=a_body(parent_id=999)).status_code == 422
    session.expire_all()
    assert session.scalars(select(Group.name)).all() == [group.name]
    # And nobody is left in a transaction that failed.
    assert {client.get("/groups").status_code for _ in range(2 * SESSIONS)} == {200}


def test_a_revoked_key_is_refused_at_once(http, session):
    key = a_key(session)
    assert [status(http, key) for _ in range(5)] == [200] * 5
    revoke(session, key)
    assert status(http, key) == 401


def test_where_it_may_listen_elsewhere_it_remembers_keys(server, session, direct):
    key = a_key(session)
    for running in run(replace(server.settings, database_listen_url=direct)):
        with open_client(f"{running.url}/api/application") as http:
            assert status(http, key) == 200
            direct_server = replace(running, settings=Settings(database_url=direct))
            wait_until(lambda found=direct_server: listeners(found))
            assert status(http, key) == 200
            revoke(session, key)
            refused_within(http, key, 1)


def test_a_hundred_at_once_share_a_few_sessions(client, session, direct):
    key = session.scalars(select(PersonalAccessToken)).one()
    key.last_used_at = None
    session.commit()

    def ask(number):
        if number % 4:
            return client.get("/groups?per_page=5").status_code
        body = a_body(name=f"group {number}", slug=f"group-{number}")
        return client.post("/groups", json=body).status_code

    with ThreadPoolExecutor(100) as pool:
        statuses = list(pool.map(ask, range(400)))
    assert (statuses.count(200), statuses.count(201)) == (300, 100)
    assert sessions(direct) <= SESSIONS
    assert client.get("/groups").json()["total"] == 100


def test_who_waits_too_long_for_a_row_gives_up(client, session, direct):
    group = a_group(session)
    with psycopg.connect(direct) as other:
        other.execute("SELECT FROM groups WHERE id = %s FOR UPDATE", (group.id,))
        answer = client.patch(f"/groups/{group.id}", json={"name": "New"}, timeout=20)
    assert answer.status_code == 503
    assert client.patch(f"/groups/{group.id}", json={"name": "New"}).status_code == 200


def test_its_settings_leak_into_no_session(client, direct, server):
    """They are those of transactions: others may use the same session afterwards."""
    with psycopg.connect(direct) as connection:
        expected = connection.execute("SHOW lock_timeout").fetchone()
    assert client.post("/groups", json=a_body()).status_code == 201
    with Session(server.engine) as session:
        for _ in range(2 * SESSIONS):
            found = session.connection().exec_driver_sql("SHOW lock_timeout").one()
            assert tuple(found) == expected
            session.rollback()
