"""MariaDB counts the changes of keys, for servers that look whether there were any."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NAME = "clientxcms_keys"
# One of these rows takes a change, so that writers seldom wait for each other; see 0004.
FIRST, SLOTS = 10_000, 16
# What changes with each use of a key is left out.
COLUMNS = {
    "personal_access_tokens": (
        "tokenable_type", "tokenable_id", "token", "abilities", "expires_at"
    ),
    "admins": ("deleted_at",),
}  # fmt: skip
ACTIONS = ("insert", "update", "delete")


def upgrade() -> None:
    if op.get_bind().dialect.name != "mariadb":
        return
    rows = ", ".join(f"({FIRST + slot}, '{NAME}', 0)" for slot in range(SLOTS))
    op.execute(
        f"INSERT IGNORE INTO row_counts (id, table_name, difference) VALUES {rows}"  # noqa: S608
    )
    for table, columns in COLUMNS.items():
        changed = " OR ".join(f"NOT OLD.{name} <=> NEW.{name}" for name in columns)
        for action in ACTIONS:
            count = (
                f"UPDATE row_counts SET difference = difference + 1 "  # noqa: S608
                f"WHERE id = {FIRST} + CONNECTION_ID() % {SLOTS}"
            )
            if action == "update":
                count = f"IF {changed} THEN {count}; END IF"
            op.execute(
                f"CREATE OR REPLACE TRIGGER {table}_keys_{action} AFTER {action} ON {table} "
                f"FOR EACH ROW {count}"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name != "mariadb":
        return
    for table in COLUMNS:
        for action in ACTIONS:
            op.execute(f"DROP TRIGGER IF EXISTS {table}_keys_{action}")
    op.execute(f"DELETE FROM row_counts WHERE table_name = '{NAME}'")  # noqa: S608
