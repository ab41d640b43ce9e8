"""The total of a list is kept, not counted; it is right whoever writes, and however."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from models import Customer, Group, Pricing, Product, RowCount, Service
from models.row_count import living_rows
from tests.factories import a_customer

NOW = datetime(2026, 3, 2, tzinfo=UTC)
MODELS = (Customer, Group, Pricing, Product, Service)
PRICE = {"related_id": 1, "related_type": "product", "currency": "EUR"}


def total(client, path, query=""):
    return client.get(f"{path}?per_page=1{query}").json()["meta"]["total"]


def test_creating_and_deleting_change_the_total(client, session):
    customers = [a_customer(session) for _ in range(3)]
    assert total(client, "/customers") == 3
    assert client.delete(f"/customers/{customers[0].id}").status_code == 200
    assert total(client, "/customers") == 2
    assert total(client, "/customers", "&page=9") == 2


def test_what_is_not_kept_is_not_counted(client, session):
    session.add(Customer(**vars_of(1)))
    session.flush()
    session.rollback()
    assert total(client, "/customers") == 0


def vars_of(number):
    return {
        "firstname": "Ada", "lastname": "Martin", "email": f"ada{number}@example.net",
        "address": "1 rue Haute", "city": "Lille", "region": "Nord", "zipcode": "59000",
    }  # fmt: skip


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "remove", "bring back", "touch"]),
        st.integers(1, 6),
    ),
    max_size=12,
)


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(actions=ACTIONS)
def test_whatever_is_written_in_whatever_form_is_counted(session, actions):
    table = Pricing.__table__
    for action, number in actions:
        some = table.c.id % 3 < number % 3
        session.execute(
            {
                "insert": insert(table).values([PRICE] * number),
                "delete": delete(table).where(some),
                "remove": update(table).values(deleted_at=NOW).where(some),
                "bring back": update(table).values(deleted_at=None).where(some),
                "touch": update(table).values(monthly=number).where(some),
            }[action]
        )
        session.commit()
        counted = select(func.count()).select_from(table).where(table.c.deleted_at.is_(None))
        assert session.scalar(select(living_rows(table))) == session.scalar(counted)


def test_all_that_write_at_once_are_counted(server, session):
    def write(number):
        with Session(server.engine) as other:
            for _ in range(60):
                other.execute(insert(Pricing).values(PRICE))
                other.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert session.scalar(select(living_rows(Pricing.__table__))) == 240
    # About one write in a hundred puts the rows of PostgreSQL together; SQLite has one.
    written = 240
    while session.scalar(select(func.count()).select_from(RowCount)) >= written:
        session.execute(insert(Pricing).values(PRICE))
        session.commit()
        written += 1
        assert written < 3000
    assert session.scalar(select(living_rows(Pricing.__table__))) == written


@pytest.mark.parametrize("model", MODELS)
def test_every_list_has_a_count(session, model):
    assert session.scalar(select(living_rows(model.__table__))) == 0
    counts = session.scalars(select(RowCount.table_name).distinct())
    assert session.get_bind().dialect.name != "sqlite" or model.__tablename__ in set(counts)
