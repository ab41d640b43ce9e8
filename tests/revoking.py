"""Keys that end, and how soon a server knows."""

from sqlalchemy import delete

from models import PersonalAccessToken
from tests.keys import number
from tests.waiting import wait_until


def status(http, key):
    return http.get("/health", headers={"Authorization": f"Bearer {key}"}).status_code


def revoke(session, key):
    session.execute(delete(PersonalAccessToken).where(PersonalAccessToken.id == number(key)))
    session.commit()


def refused_within(http, key, seconds):
    wait_until(lambda: status(http, key) == 401, seconds)
