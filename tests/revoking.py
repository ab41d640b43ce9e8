"""Keys that end, and how soon a server knows."""

import time

from sqlalchemy import delete

from models import PersonalAccessToken
from tests.keys import number


def status(http, key):
    return http.get("/health", headers={"Authorization": f"Bearer {key}"}).status_code


def revoke(session, key):
    session.execute(delete(PersonalAccessToken).where(PersonalAccessToken.id == number(key)))
    session.commit()


def wait_until(true, seconds=10):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def refused_within(http, key, seconds):
    wait_until(lambda: status(http, key) == 401, seconds)
