"""The pool of connections that reads take."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy.orm import Session

from tests.conftest import run
from tests.databases import SERVER
from tests.factories import a_key
from tests.http import request
from tests.settings import unhurried


@pytest.fixture
def fresh(tmp_path):
    """A server that nobody has asked yet, and a key for it."""
    for running in run(unhurried(tmp_path)):
        with Session(running.engine) as session:
            key = a_key(session)
        yield running, {"Authorization": f"Bearer {key}"}


def statuses(running, headers, number=40):
    def ask(_):
        url = f"{running.url}/api/application/customers"
        return request("GET", url, headers=headers).status_code

    with ThreadPoolExecutor(number) as pool:
        return set(pool.map(ask, range(number)))


def test_the_first_requests_may_come_all_at_once(fresh):
    running, headers = fresh
    assert statuses(running, headers) == {200}


def test_a_database_that_is_gone_is_said_to_be_out_of_reach(fresh):
    running, headers = fresh
    assert statuses(running, headers, 1) == {200}
    running.engine.dispose()
    name = running.engine.url.database
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    answer = request("GET", f"{running.url}/api/application/customers", headers=headers)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
