"""The migrations make the tables that the models describe, and lose nothing on the way."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from models import Base
from models.engine import make_engine
from models.migrate import downgrade, is_current, upgrade
from tests.databases import new_database


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
