"""API keys have networks and a rate limit of their own, and a secret that a new one replaces."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLE = "personal_access_tokens"
INDEX = f"ix_{TABLE}_previous_token"
# What the trigger of PostgreSQL looked at so far; see 0003.
OLD = ("tokenable_type", "tokenable_id", "token", "abilities", "expires_at")
NEW = ("allowed_networks", "rate_limit", "previous_token", "previous_expires_at")
# For MariaDB, what changes with each use of a key, and where changes are counted; see 0007.
USE = {"last_used_at", "updated_at"}
FIRST, SLOTS = 10_000, 16


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("allowed_networks", sa.JSON()))
    op.add_column(TABLE, sa.Column("rate_limit", sa.Integer()))
    op.add_column(TABLE, sa.Column("previous_token", sa.String(64)))
    op.add_column(TABLE, sa.Column("previous_expires_at", sa.DateTime()))
    op.create_index(INDEX, TABLE, ["previous_token"])
    _tell_of_changes((*OLD, *NEW))


def downgrade() -> None:
    _tell_of_changes(OLD)
    op.drop_index(INDEX, TABLE)
    for name in reversed(NEW):
        op.drop_column(TABLE, name)


def _tell_of_changes(watched: tuple[str, ...]) -> None:
    """Let the triggers that tell of changed keys look at these columns."""
    match op.get_bind().dialect.name:
        case "postgresql":
            op.execute(f"DROP TRIGGER clientxcms_keys_changed ON {TABLE}")
            op.execute(
                f"CREATE TRIGGER clientxcms_keys_changed "
                f"AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF {', '.join(watched)} ON {TABLE} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION clientxcms_keys_changed()"
            )
        case "mariadb":
            there = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(TABLE)]
            left_out = USE.union(NEW).difference(watched)
            changed = " OR ".join(
                f"NOT OLD.{name} <=> NEW.{name}" for name in there if name not in left_out
            )
            op.execute(
                f"CREATE OR REPLACE TRIGGER {TABLE}_keys_update AFTER UPDATE ON {TABLE} "  # noqa: S608  # nosec B608
                f"FOR EACH ROW IF {changed} THEN "
                f"UPDATE row_counts SET difference = difference + 1 "
                f"WHERE id = {FIRST} + CONNECTION_ID() % {SLOTS}; END IF"
            )
