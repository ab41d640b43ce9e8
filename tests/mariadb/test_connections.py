"""What happens when MariaDB goes away, is busy, or is not what it should be."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session

from app.pipeline.problems import translate
from models import Customer, Group
from models.database import open_database
from models.engine import make_engine, unit_of_work
from models.errors import UnsupportedServer
from models.mariadb import MariaDBCommands
from tests.conftest import run
from tests.databases import SERVER, new_database, on_server
from tests.factories import a_customer, a_group, a_key
from tests.http import open_client, request
from tests.mariadb.killing import kill_all
from tests.settings import unhurried


@pytest.fixture
def fresh(tmp_path):
    """A server that nobody has asked yet, and a client with a key for it."""
    for running in run(unhurried(tmp_path)):
        with Session(running.engine) as session:
            headers = {"Authorization": f"Bearer {a_key(session)}"}
        url = f"{running.url}/api/application"
        with open_client(url, headers=headers) as client:
            yield running, client


def statuses(client, number=40):
    with ThreadPoolExecutor(number) as pool:
        return set(pool.map(lambda _: client.get("/customers").status_code, range(number)))


def test_the_first_requests_may_come_all_at_once(fresh):
    _, client = fresh
    assert statuses(client) == {200}


def test_neither_reads_nor_writes_notice_that_idle_connections_were_lost(fresh):
    running, client = fresh
    with Session(running.engine) as session:
        group = a_group(session).id
    for number in range(3):
        assert statuses(client, 5) == {200}
        answer = client.post(f"/groups/{group}", json={"name": f"Group {number}"})
        assert answer.status_code == 200
        kill_all(running.engine.url.database)


def test_a_database_that_is_gone_is_said_to_be_out_of_reach(fresh):
    running, client = fresh
    assert client.get("/customers").status_code == 200
    name = running.engine.url.database
    on_server(f"DROP DATABASE {name}")
    kill_all(name)
    for answer in (client.get("/customers"), client.delete("/customers/1")):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"


def test_a_server_asks_for_an_end_of_long_statements_and_a_migration_does_not(fresh):
    running, _ = fresh
    asked = text("SELECT @@max_statement_time, @@idle_transaction_timeout")

    async def of_server():
        database = open_database(running.settings.database_url)

        def work():
            with database.engine.connect() as connection:
                return tuple(connection.execute(asked).one())

        found = await database.write(work)
        await database.close()
        return found

    assert asyncio.run(of_server()) == (10, 30)
    with running.engine.connect() as connection:
        assert tuple(connection.execute(asked).one()) == (0, 0)


def test_of_two_that_wait_for_each_other_one_may_try_again(session):
    """A deadlock is nobody's mistake."""
    first, second = (a_group(session).id for _ in range(2))
    session.rollback()
    engine = session.get_bind()
    meet = threading.Barrier(2, timeout=20)

    def change(ids):
        with unit_of_work(engine, write=True) as other:
            for group_id in ids:
                other.get(Group, group_id).description = "changed"
                other.flush()
                if group_id == ids[0]:
                    meet.wait()

    with ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(change, ids) for ids in ((first, second), (second, first))]
    (lost,) = filter(None, (each.exception() for each in ends))
    assert isinstance(lost, OperationalError)
    problem = translate(lost)
    assert (problem.status, problem.headers["Retry-After"]) == (503, "1")


def test_a_mistake_of_ours_is_no_trouble_of_the_database(session):
    with pytest.raises(OperationalError) as wrong:
        session.connection().exec_driver_sql("SELECT nothing FROM customers")
    session.rollback()
    assert translate(wrong.value).status == 500


def test_what_does_not_fit_is_refused_not_cut(session):
    customer = a_customer(session)
    session.get(Customer, customer.id).firstname = "x" * 51
    with pytest.raises(DataError):
        session.flush()
    session.rollback()


def test_a_server_that_is_too_old_is_refused_by_its_version(monkeypatch):
    monkeypatch.setattr("models.mariadb.OLDEST", (99, 1))
    with pytest.raises(UnsupportedServer, match=r"MariaDB 99.1 or later, not 1\d\.\d+"):
        make_engine(f"{SERVER}mysql").connect()


def test_a_server_that_is_no_mariadb_is_refused(monkeypatch):
    parse = MariaDBCommands._parse_server_version
    monkeypatch.setattr(
        MariaDBCommands, "_parse_server_version", lambda self, _: parse(self, "8.4.3")
    )
    with pytest.raises(UnsupportedServer, match="This needs MariaDB"):
        make_engine(f"{SERVER}mysql").connect()


def test_an_address_may_begin_with_mysql_and_hold_any_password(tmp_path):
    name = new_database(tmp_path).rpartition("/")[2]
    on_server("CREATE OR REPLACE USER shop@'%%' IDENTIFIED BY 'p\u00e4ss\u6797/@'")
    on_server("GRANT ALL ON *.* TO shop@'%%'")
    place = SERVER.rpartition("@")[2]
    address = f"mysql://shop:p%C3%A4ss%E6%9E%97%2F%40@{place}{name}"
    for running in run(unhurried(tmp_path, database_url=address)):
        with Session(running.engine) as session:
            headers = {"Authorization": f"Bearer {a_key(session)}"}
            assert session.scalar(select(Customer.id)) is None
        answer = request("GET", f"{running.url}/api/application/customers", headers=headers)
        assert answer.status_code == 200
