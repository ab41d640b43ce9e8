"""Triggers keep the number of rows of every list, whoever writes them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("customers", "groups", "pricings", "products", "services")


def upgrade() -> None:
    big = sa.BigInteger()
    op.create_table(
        "row_counts",
        sa.Column("id", big.with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("table_name", sa.String(64), nullable=False),
        sa.Column("difference", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_row_counts"),
    )
    op.create_index("ix_row_counts_table_name", "row_counts", ["table_name"])
    database = op.get_bind().dialect.name
    if database == "mariadb":
        _upgrade_mariadb()
        return
    if database == "postgresql":
        op.execute(COUNTED)
        op.execute(MOVED)
    for table in TABLES:
        for statement in POSTGRESQL if database == "postgresql" else SQLITE:
            op.execute(statement.format(table=table))
        # From here on, nobody else can write until this is committed.
        op.execute(
            f"INSERT INTO row_counts (table_name, difference) "  # noqa: S608  # nosec B608
            f"SELECT '{table}', count(*) FROM {table} WHERE deleted_at IS NULL"
        )


def _upgrade_mariadb() -> None:
    """The same in steps of which each may be done twice."""
    for number, table in enumerate(TABLES):
        first = number * SLOTS + 1
        rows = ", ".join(f"({first + slot}, '{table}', 0)" for slot in range(SLOTS))
        op.execute(
            f"REPLACE INTO row_counts (id, table_name, difference) VALUES {rows}"  # noqa: S608  # nosec B608
        )
        for statement in MARIADB:
            op.execute(statement.format(table=table, first=first, slots=SLOTS))
        op.execute(
            f"UPDATE row_counts SET difference = "  # noqa: S608  # nosec B608
            f"(SELECT count(*) FROM {table} WHERE deleted_at IS NULL) WHERE id = {first}"
        )


def downgrade() -> None:
    database = op.get_bind().dialect.name
    exists = "IF EXISTS " if database == "mariadb" else ""
    owner = " ON {table}" if database == "postgresql" else ""
    kinds = ["inserted", "deleted", "updated", *(["truncated"] if owner else [])]
    for table in TABLES:
        for name in kinds:
            op.execute(f"DROP TRIGGER {exists}{table}_counted_{name}{owner.format(table=table)}")
    if database == "postgresql":
        op.execute("DROP FUNCTION clientxcms_rows_counted()")
        op.execute("DROP FUNCTION clientxcms_row_moved()")
    op.drop_table("row_counts")


SQLITE = (
    """
    CREATE TRIGGER {table}_counted_inserted AFTER INSERT ON {table}
    WHEN NEW.deleted_at IS NULL
    BEGIN UPDATE row_counts SET difference = difference + 1 WHERE table_name = '{table}'; END
    """,
    """
    CREATE TRIGGER {table}_counted_deleted AFTER DELETE ON {table}
    WHEN OLD.deleted_at IS NULL
    BEGIN UPDATE row_counts SET difference = difference - 1 WHERE table_name = '{table}'; END
    """,
    """
    CREATE TRIGGER {table}_counted_updated AFTER UPDATE OF deleted_at ON {table}
    WHEN (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL)
    BEGIN
        UPDATE row_counts
        SET difference = difference + CASE WHEN NEW.deleted_at IS NULL THEN 1 ELSE -1 END
        WHERE table_name = '{table}';
    END
    """,
)

# Each connection has one of these rows of a table, so that writers seldom wait for each other.
SLOTS = 16
MARIADB = (
    """
    CREATE OR REPLACE TRIGGER {table}_counted_inserted AFTER INSERT ON {table}
    FOR EACH ROW IF NEW.deleted_at IS NULL THEN
        UPDATE row_counts SET difference = difference + 1
        WHERE id = {first} + CONNECTION_ID() % {slots};
    END IF
    """,
    """
    CREATE OR REPLACE TRIGGER {table}_counted_deleted AFTER DELETE ON {table}
    FOR EACH ROW IF OLD.deleted_at IS NULL THEN
        UPDATE row_counts SET difference = difference - 1
        WHERE id = {first} + CONNECTION_ID() % {slots};
    END IF
    """,
    """
    CREATE OR REPLACE TRIGGER {table}_counted_updated AFTER UPDATE ON {table}
    FOR EACH ROW IF (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL) THEN
        UPDATE row_counts
        SET difference = difference + IF(NEW.deleted_at IS NULL, 1, -1)
        WHERE id = {first} + CONNECTION_ID() % {slots};
    END IF
    """,
)

# One row for a statement, however many rows it writes. One in a hundred puts the rows together
# that nobody else is about to; whoever reads meanwhile sees either all of them or their sum.
COUNTED = """
CREATE FUNCTION clientxcms_rows_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sign integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
    number integer;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM row_counts WHERE table_name = TG_TABLE_NAME;
        RETURN NULL;
    END IF;
    SELECT count(*) INTO number FROM rows WHERE deleted_at IS NULL;
    IF number > 0 THEN
        INSERT INTO row_counts (table_name, difference) VALUES (TG_TABLE_NAME, sign * number);
    END IF;
    IF random() < 0.01 THEN
        WITH gone AS (
            DELETE FROM row_counts WHERE id IN (
                SELECT id FROM row_counts WHERE table_name = TG_TABLE_NAME
                FOR UPDATE SKIP LOCKED
            )
            RETURNING difference
        )
        INSERT INTO row_counts (table_name, difference)
        SELECT TG_TABLE_NAME, coalesce(sum(difference), 0) FROM gone;
    END IF;
    RETURN NULL;
END $$
"""
MOVED = """
CREATE FUNCTION clientxcms_row_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO row_counts (table_name, difference)
    VALUES (TG_TABLE_NAME, CASE WHEN NEW.deleted_at IS NULL THEN 1 ELSE -1 END);
    RETURN NULL;
END $$
"""
POSTGRESQL = (
    """
    CREATE TRIGGER {table}_counted_inserted AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS rows
    FOR EACH STATEMENT EXECUTE FUNCTION clientxcms_rows_counted()
    """,
    """
    CREATE TRIGGER {table}_counted_deleted AFTER DELETE ON {table}
    REFERENCING OLD TABLE AS rows
    FOR EACH STATEMENT EXECUTE FUNCTION clientxcms_rows_counted()
    """,
    """
    CREATE TRIGGER {table}_counted_truncated AFTER TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION clientxcms_rows_counted()
    """,
    """
    CREATE TRIGGER {table}_counted_updated AFTER UPDATE OF deleted_at ON {table}
    FOR EACH ROW WHEN ((OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL))
    EXECUTE FUNCTION clientxcms_row_moved()
    """,
)
