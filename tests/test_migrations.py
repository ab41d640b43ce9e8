"""The migrations make the tables that the models describe, and lose nothing on the way."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from models import Base
from models.engine import make_engine
from models.migrate import is_current, upgrade


@pytest.fixture
def engine(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    yield engine
    engine.dispose()


def test_a_migrated_database_is_what_the_models_describe(engine):
    assert not is_current(engine)
    upgrade(engine)
    assert is_current(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_all_constraints_have_names_so_that_a_later_migration_can_change_them(engine):
    upgrade(engine)
    tables = inspect(engine)
    for table in Base.metadata.tables:
        assert tables.get_pk_constraint(table)["name"]
        assert all(each["name"] for each in tables.get_foreign_keys(table))
        assert all(each["name"] for each in tables.get_unique_constraints(table))


def test_migrating_twice_changes_nothing(engine):
    upgrade(engine)
    with engine.connect() as connection:
        before = connection.exec_driver_sql("SELECT sql FROM sqlite_schema").all()
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT sql FROM sqlite_schema").all() == before
