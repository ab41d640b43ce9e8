"""PostgreSQL tells all servers when keys change, and finds parts of texts by trigrams."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# What changes with each use of a key is left out.
TABLES = {
    "personal_access_tokens": "tokenable_type, tokenable_id, token, abilities, expires_at",
    "admins": "deleted_at",
}


# Columns in which people look for a part of a text.
SEARCHED = {"customers": ("email", "firstname", "lastname", "phone"), "products": ("name",)}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        """
        CREATE FUNCTION clientxcms_keys_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('clientxcms_keys', '');
            RETURN NULL;
        END $$
        """
    )
    for table, columns in TABLES.items():
        op.execute(
            f"CREATE TRIGGER clientxcms_keys_changed "
            f"AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF {columns} ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION clientxcms_keys_changed()"
        )
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for table, names in SEARCHED.items():
        for name in names:
            op.execute(
                f"CREATE INDEX tx_{table}_{name} ON {table} USING gin (lower({name}) gin_trgm_ops)"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, names in SEARCHED.items():
        for name in names:
            op.execute(f"DROP INDEX tx_{table}_{name}")
    for table in TABLES:
        op.execute(f"DROP TRIGGER clientxcms_keys_changed ON {table}")
    op.execute("DROP FUNCTION clientxcms_keys_changed()")
