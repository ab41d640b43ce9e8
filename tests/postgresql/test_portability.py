"""What the schema asks of PostgreSQL: the guide to engines that speak like it says the same."""

import psycopg
import pytest


@pytest.fixture
def ask(server):
    """The values of a query in the catalogue, as a set."""
    with psycopg.connect(server.settings.database_url, autocommit=True) as connection:
        yield lambda query: {row[0] for row in connection.execute(query)}


OURS = "relnamespace = 'public'::regnamespace"
COLUMNS = f"pg_attribute JOIN pg_class ON pg_class.oid = attrelid AND {OURS} AND attnum > 0"


def test_one_extension_is_wanted(ask):
    assert ask("SELECT extname FROM pg_extension") == {"plpgsql", "pg_trgm"}


def test_types_are_those_that_all_have(ask):
    types = ask(f"SELECT typname FROM {COLUMNS} JOIN pg_type ON pg_type.oid = atttypid"
                " WHERE relkind = 'r'")  # fmt: skip
    assert types == {
        "bool",
        "bytea",
        "int4",
        "int8",
        "json",
        "numeric",
        "text",
        "timestamp",
        "varchar",
    }


def test_ids_are_those_of_sequences(ask):
    assert ask(f"SELECT attidentity FROM {COLUMNS}") == {""}
    defaults = ask("SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef")
    assert all(each.startswith("nextval(") for each in defaults if "::regclass" in each)
    assert any(each.startswith("nextval(") for each in defaults)


def test_indexes_are_trees_but_for_those_of_trigrams(ask):
    definitions = ask("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")
    kinds = {("gin" if "gin_trgm_ops" in each else "btree") for each in definitions}
    assert kinds == {"btree", "gin"}
    assert all("USING btree" in each or "gin_trgm_ops" in each for each in definitions)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT conname FROM pg_constraint WHERE condeferrable",
        f"SELECT attname FROM {COLUMNS} WHERE attgenerated <> ''",
        f"SELECT collname FROM {COLUMNS} JOIN pg_collation ON pg_collation.oid = attcollation"
        " WHERE collname <> 'default'",
        f"SELECT relname FROM pg_class WHERE {OURS} AND relkind IN ('p', 'v', 'm')",
    ],
    ids=["deferrable constraints", "generated columns", "collations", "partitions and views"],
)
def test_there_are_no(ask, query):
    assert ask(query) == set()


def test_triggers_are_for_statements_with_their_rows_or_for_a_row(ask):
    definitions = ask("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal")
    functions = {each.rpartition(" FUNCTION ")[2] for each in definitions}
    assert functions == {
        "clientxcms_keys_changed()", "clientxcms_rows_counted()", "clientxcms_row_moved()",
    }  # fmt: skip
    assert any("REFERENCING NEW TABLE" in each for each in definitions)
    assert any("TRUNCATE" in each for each in definitions)
    assert not any("BEFORE" in each or "INSTEAD" in each for each in definitions)
