"""MariaDB counts the changes of keys, and sorts by what is unique without reading all rows."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

NAME = "clientxcms_keys"
# One of these rows takes a change, so that writers seldom wait for each other; see 0004.
FIRST, SLOTS = 10_000, 16
TABLES = ("personal_access_tokens", "admins")
# What changes with each use of a key.
USE = {"last_used_at", "updated_at"}
ACTIONS = ("insert", "update", "delete")
# A unique index says nothing to MariaDB about the id that lists are sorted by behind it.
SORTED = ("email", "phone")


def upgrade() -> None:
    if op.get_bind().dialect.name != "mariadb":
        return
    rows = ", ".join(f"({FIRST + slot}, '{NAME}', 0)" for slot in range(SLOTS))
    op.execute(
        f"INSERT IGNORE INTO row_counts (id, table_name, difference) VALUES {rows}"  # noqa: S608  # nosec B608
    )
    for table in TABLES:
        columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
        changed = " OR ".join(
            f"NOT OLD.{name} <=> NEW.{name}" for name in columns if name not in USE
        )
        for action in ACTIONS:
            count = (
                f"UPDATE row_counts SET difference = difference + 1 "  # noqa: S608  # nosec B608
                f"WHERE id = {FIRST} + CONNECTION_ID() % {SLOTS}"
            )
            if action == "update":
                count = f"IF {changed} THEN {count}; END IF"
            op.execute(
                f"CREATE OR REPLACE TRIGGER {table}_keys_{action} AFTER {action} ON {table} "
                f"FOR EACH ROW {count}"
            )
    for name in SORTED:
        op.create_index(f"tx_customers_{name}", "customers", [name, "id", "deleted_at"])


def downgrade() -> None:
    if op.get_bind().dialect.name != "mariadb":
        return
    for name in SORTED:
        op.drop_index(f"tx_customers_{name}", "customers")
    for table in TABLES:
        for action in ACTIONS:
            op.execute(f"DROP TRIGGER IF EXISTS {table}_keys_{action}")
    op.execute(f"DELETE FROM row_counts WHERE table_name = '{NAME}'")  # noqa: S608  # nosec B608
