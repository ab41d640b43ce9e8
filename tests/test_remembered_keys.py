"""What a server remembers of keys is never older than the last change that it knows of."""

import asyncio
from datetime import UTC, datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.pipeline.keys import Keys
from models import PersonalAccessToken
from models.database import LocalDatabase
from models.engine import make_engine
from models.migrate import upgrade
from tests.factories import a_key


class Slow(LocalDatabase):
    """A database whose answers to reads are under way until the gate is opened."""

    def __init__(self, url):
        super().__init__(url)
        self.gate = asyncio.Event()

    async def read(self, work, *arguments):
        found = await super().read(work, *arguments)
        await self.gate.wait()
        return found


def revoke(engine, key):
    with Session(engine) as session:
        number = int(key.partition("|")[0])
        session.execute(delete(PersonalAccessToken).where(PersonalAccessToken.id == number))
        session.commit()


async def look_up_while_it_is_revoked(url, engine, key, other):
    """Whether the key is found once its own look-up, and that of another, have ended."""
    now = datetime.now(UTC)
    database = Slow(url)
    keys = Keys(database)
    looked_up = [asyncio.create_task(keys.find(key, now))]
    await asyncio.sleep(0)
    revoke(engine, key)
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
