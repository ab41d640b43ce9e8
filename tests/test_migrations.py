"""The migrations make the tables that the models describe, and lose nothing on the way."""

from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, event, func, inspect, select
from sqlalchemy.orm import Session

from app.usecases.demo import load_demo
from models import Base, Customer, Group, Pricing, Product, Service
from models.engine import make_engine, unit_of_work
from models.migrate import MIGRATIONS, Foreign, downgrade, is_current, refusal, state_of, upgrade
from models.row_count import living_rows
from tests.databases import new_database
from tests.factories import a_customer, a_key, a_note, a_product, a_service

NOW = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)
REVISIONS = [each.revision for each in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
COUNTED = (Customer, Group, Pricing, Product, Service)
# Those that triggers keep, and the one of the migrations themselves.
INTERNAL = {"row_counts", "alembic_version"}


@pytest.fixture
def engine(tmp_path):
    engine = make_engine(new_database(tmp_path))
    yield engine
    engine.dispose()


def is_described(name, kind, parents):
    """Models say nothing of the indexes that only one of the databases needs."""
    return not (kind == "index" and name.startswith("tx_"))


def test_a_migrated_database_is_what_the_models_describe(engine):
    assert not is_current(engine)
    upgrade(engine)
    assert is_current(engine)
    with engine.connect() as connection:
        options = {"compare_type": True, "include_name": is_described}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_all_constraints_have_names_so_that_a_later_migration_can_change_them(engine):
    upgrade(engine)
    tables = inspect(engine)
    for table in Base.metadata.tables:
        # The primary key of MariaDB is always called PRIMARY.
        assert tables.get_pk_constraint(table)["name"] or engine.dialect.name == "mariadb"
        assert all(each["name"] for each in tables.get_foreign_keys(table))
        assert all(each["name"] for each in tables.get_unique_constraints(table))


def schema(engine):
    """All there is to know of the tables, as far as the inspector tells."""
    tables = inspect(engine)
    return {
        name: (tables.get_columns(name), tables.get_indexes(name), tables.get_foreign_keys(name))
        for name in tables.get_table_names()
    }


def test_migrating_twice_changes_nothing(engine):
    upgrade(engine)
    before = repr(schema(engine))
    upgrade(engine)
    assert repr(schema(engine)) == before


def test_every_migration_can_be_taken_back(engine):
    upgrade(engine)
    before = repr(schema(engine))
    downgrade(engine)
    assert set(schema(engine)) == {"alembic_version"}
    upgrade(engine)
    assert repr(schema(engine)) == before


def contents(engine):
    """The rows of all tables as they are stored, as mappings, in the order of their ids."""
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: list(
                map(dict, connection.execute(table.select().order_by("id")).mappings())
            )
            for table in tables.sorted_tables
            if table.name not in INTERNAL
        }


def a_shop(engine):
    """Rows in every table that people and programs write."""
    with unit_of_work(engine, write=True) as session:
        load_demo(session, now=NOW)
    with Session(engine) as session:
        a_key(session, now=NOW)
        a_note(session, session.get(Customer, 1), "color", "bl\u00fc")


def common(rows, others):
    """Rows with the columns that others have, too."""
    names = rows[0].keys() & others[0].keys() if rows and others else set()
    return [{name: row[name] for name in names} for row in rows]


def assert_kept(before, after):
    """The rows of all tables that were there before and after are the same."""
    for name in before.keys() & after.keys():
        kept = common(before[name], after[name])
        assert common(after[name], before[name]) == kept, name


def test_rows_survive_every_step_down_and_up(engine):
    upgrade(engine)
    a_shop(engine)
    before = contents(engine)
    assert len(before["services"]) == 150
    for revision in REVISIONS[1:]:
        downgrade(engine, revision)
        assert_kept(before, contents(engine))
    first = contents(engine)
    assert len(first["customers"]) == 60
    for revision in REVISIONS[-2::-1]:
        upgrade(engine, revision)
        assert_kept(first, contents(engine))
    assert is_current(engine)
    with Session(engine) as session:
        for model in COUNTED:
            living = select(func.count()).select_from(model).where(model.deleted_at.is_(None))
            assert session.scalar(select(living_rows(model.__table__))) == session.scalar(living)


def test_customers_with_one_number_are_all_kept_and_the_first_one_owns_it(engine):
    upgrade(engine)
    with Session(engine) as session:
        ids = [
            a_customer(session, phone=phone).id for phone in (None, "+442079460018", "0320", "x")
        ]
    downgrade(engine, "0010")
    phones = {1: "+33 6 71 82 93 10", 2: "0671829310", 3: "06 71 82 93 10", 4: "no number"}
    old = MetaData()
    old.reflect(engine, only=["customers"])
    with engine.begin() as connection:
        table = old.tables["customers"]
        for row_id, phone in phones.items():
            values = {"phone": phone, "deleted_at": datetime(2026, 1, 1) if row_id == 1 else None}
            connection.execute(table.update().where(table.c.id == ids[row_id - 1]).values(values))
    upgrade(engine)
    with Session(engine) as session:
        rows = [session.get(Customer, each) for each in ids]
        assert [row.phone for row in rows] == list(phones.values())
        # The first one of those that are not deleted.
        assert [row.phone_e164 for row in rows] == [None, "+33671829310", None, None]
        assert [row.phone_spellings for row in rows] == [
            "+33671829310 0671829310 33671829310", *["+33671829310 0671829310"] * 2, "",
        ]  # fmt: skip


def test_services_that_were_delivered_and_run_have_taken_from_the_stock(engine):
    upgrade(engine)
    delivered = {"delivery_attempts": 1}
    failed = {"delivery_attempts": 1, "delivery_errors": "full"}
    states = [
        ("pending", failed), ("active", {}), ("suspended", {}), ("expired", delivered),
        ("cancelled", delivered), ("cancelled", failed), ("cancelled", {}),
    ]  # fmt: skip
    with Session(engine) as session:
        product_id = a_product(session).id
        ids = [
            a_service(session, status=status, product_id=product_id, **fields).id
            for status, fields in states
        ]
    downgrade(engine, "0012")
    upgrade(engine)
    with Session(engine) as session:
        taken = [session.get(Service, each).stock_product_id == product_id for each in ids]
    assert taken == [False, True, True, False, True, False, False]


@pytest.mark.once
def test_numbers_that_only_sqlite_could_count_to_can_be_read_again(engine):
    upgrade(engine)
    with Session(engine) as session:
        product_id = a_product(session, stock=2**31).id
        service_id = a_service(session, delivery_attempts=2**31 + 1).id
    downgrade(engine, "0012")
    upgrade(engine)
    with Session(engine) as session:
        assert session.get(Product, product_id).stock == 2**31 - 1
        assert session.get(Service, service_id).delivery_attempts == 2**31 - 1


class Interrupted(Exception):
    """The end of a process in the midst of its work."""


@contextmanager
def ending_after(engine, number):
    """Let the process end at its statement of that number."""
    numbers = count(1)

    def look(*_):
        if next(numbers) >= number:
            raise Interrupted

    event.listen(engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", look)
        # The connection ends with the process.
        engine.dispose()


def migrated(engine, work, number):
    """Whether a migration ended that may take that many statements."""
    try:
        with ending_after(engine, number):
            work(engine)
    except Interrupted:
        return False
    return True


@pytest.mark.parametrize("work", [upgrade, downgrade])
def test_a_migration_that_was_interrupted_anywhere_can_be_run_again(tmp_path, engine, work):
    whole = make_engine(new_database(tmp_path, "whole"))
    upgrade(whole)
    if work is downgrade:
        upgrade(engine)
        downgrade(whole)
    numbers = count(1, 7)
    attempts = 0
    while not migrated(engine, work, next(numbers)):
        attempts += 1
    assert attempts > 2
    assert repr(schema(engine)) == repr(schema(whole))
    whole.dispose()


def test_a_database_of_a_later_version_or_of_another_program_is_left_alone(engine):
    assert state_of(engine) == "empty"
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE customers (id INTEGER PRIMARY KEY)")
    assert state_of(engine) == "foreign"
    with pytest.raises(Foreign, match="another program"):
        upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE customers")
        connection.exec_driver_sql("CREATE TABLE recipes (id INTEGER PRIMARY KEY)")
    # There is room beside others, for who asks for it.
    assert state_of(engine) == "old"
    upgrade(engine)
    assert refusal(engine) is None
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert state_of(engine) == "new"
    with pytest.raises(Foreign, match="later version"):
        upgrade(engine)


@pytest.mark.parametrize("revision", REVISIONS[1:])
def test_a_database_of_an_earlier_version_is_refused_with_the_command_to_run(engine, revision):
    upgrade(engine, revision)
    assert state_of(engine) == "old"
    assert refusal(engine).endswith("Run: flask --app app clientxcms:migrate")
