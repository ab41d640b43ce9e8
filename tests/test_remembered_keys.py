"""What a server remembers of keys is never older than the last change that it knows of."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from app.pipeline.keys import Keys
from models import Admin
from models.database import LocalDatabase
from models.engine import make_engine
from models.migrate import upgrade
from tests.factories import a_key, an_admin
from tests.keys import trade
from tests.revoking import refused_within, revoke, status
from tests.waiting import wait_until


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


def key_and_token(session, http, admin):
    """A key of an admin and a token that it was traded for, both remembered by the server."""
    key = a_key(session, owner=admin)
    token = trade(http, key)["access_token"]
    assert (status(http, key), status(http, token)) == (200, 200)
    return key, token


def test_keys_and_tokens_of_an_admin_whose_access_is_ended_are_refused_within_a_second(
    http, server, session
):
    admin = an_admin(session, expires_at=datetime.now(UTC) + timedelta(days=1))
    key, token = key_and_token(session, http, admin)
    session.get(Admin, admin.id).expires_at = datetime.now(UTC)
    session.commit()
    refused_within(http, key, 1)
    refused_within(http, token, 1)


def test_keys_and_tokens_end_at_the_moment_at_which_the_access_of_their_admin_does(
    http, server, session
):
    end = datetime.now(UTC) + timedelta(seconds=2)
    key, token = key_and_token(session, http, an_admin(session, expires_at=end))
    wait_until(lambda: datetime.now(UTC) >= end, 3)
    assert (status(http, key), status(http, token)) == (401, 401)


def test_a_key_of_an_admin_whose_access_has_ended_is_traded_for_nothing(http, server, session):
    admin = an_admin(session, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert trade(http, a_key(session, owner=admin))["error"] == "invalid_client"


def test_a_token_is_granted_for_no_longer_than_the_access_of_the_admin(http, server, session):
    admin = an_admin(session, expires_at=datetime.now(UTC) + timedelta(minutes=10))
    assert trade(http, a_key(session, owner=admin))["expires_in"] <= 600


def test_an_admin_whose_access_ends_may_make_keys_without_an_end(as_key, session):
    admin = an_admin(session, expires_at=datetime.now(UTC) + timedelta(days=1))
    body = {"name": "Website", "permissions": ["health"]}
    answer = as_key(a_key(session, owner=admin), "POST", "/api_keys", json=body)
    assert (answer.status_code, answer.json()["expires_at"]) == (201, None)


class Slow(LocalDatabase):
    """A database whose answers to reads are under way until the gate is opened."""

    def __init__(self, url):
        super().__init__(url, longest=2)
        self.gate = asyncio.Event()

    async def read(self, work, *arguments):
        found = await super().read(work, *arguments)
        await self.gate.wait()
        return found


async def look_up_while_it_is_revoked(url, engine, key, other):
    """Whether the key is found once its own look-up, and that of another, have ended."""
    now = datetime.now(UTC)
    database = Slow(url)
    keys = Keys(database)
    looked_up = [asyncio.create_task(keys.find(key, now))]
    await asyncio.sleep(0)
    with Session(engine) as session:
        revoke(session, key)
    looked_up.append(asyncio.create_task(keys.find(other, now)))
    await asyncio.sleep(0)
    database.gate.set()
    await asyncio.gather(*looked_up)
    found = await keys.find(key, now)
    await database.close()
    return found


def test_a_look_up_that_a_change_overtakes_is_not_remembered(tmp_path):
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    engine = make_engine(url)
    upgrade(engine)
    with Session(engine) as session:
        key, other = a_key(session), a_key(session)
    assert asyncio.run(look_up_while_it_is_revoked(url, engine, key, other)) is None
    engine.dispose()
