"""PostgreSQL tells all servers when the access of an admin is to end at another time."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# What the trigger looked at so far; see 0003. MariaDB looks at all columns; see 0007.
OLD = ("deleted_at",)
NEW = ("expires_at",)


def upgrade() -> None:
    _tell_of_changes((*OLD, *NEW))


def downgrade() -> None:
    _tell_of_changes(OLD)


def _tell_of_changes(watched: tuple[str, ...]) -> None:
    """Let the trigger that tells of changed admins look at these columns."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("DROP TRIGGER clientxcms_keys_changed ON admins")
    op.execute(
        f"CREATE TRIGGER clientxcms_keys_changed "
        f"AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF {', '.join(watched)} ON admins "
        f"FOR EACH STATEMENT EXECUTE FUNCTION clientxcms_keys_changed()"
    )
