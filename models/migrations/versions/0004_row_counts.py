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
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    statements = POSTGRESQL if is_postgresql else SQLITE
    if is_postgresql:
        op.execute(COUNTED)
        op.execute(MOVED)
    for table in TABLES:
        for statement in statements:
            op.execute(statement.format(table=table))
        # From here on, nobody else can write until this is committed.
        op.execute(
            f"INSERT INTO row_counts (table_name, difference) "  # noqa: S608  # nosec B608
            f"SELECT '{table}', count(*) FROM {table} WHERE deleted_at IS NULL"
        )


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in TABLES:
        for name in ("inserted", "deleted", "updated", *(["truncated"] if is_postgresql else [])):
            owner = f" ON {table}" if is_postgresql else ""
            op.execute(f"DROP TRIGGER {table}_counted_{name}{owner}")
    if is_postgresql:
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
