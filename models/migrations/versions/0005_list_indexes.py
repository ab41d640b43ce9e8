"""The indexes of lists say which rows are deleted, so that none has to be looked up for that."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEXES = {
    "customers": ("firstname", "lastname", "created_at", "updated_at"),
    "services": ("customer_id", "status", "created_at", "updated_at"),
}


def upgrade() -> None:
    for table, columns in INDEXES.items():
        for column in columns:
            # The new one is first: MariaDB keeps an index for each foreign key.
            name = f"ix_{table}_{column}_id_deleted_at"
            op.create_index(name, table, [column, "id", "deleted_at"])
            op.drop_index(f"ix_{table}_{column}_id", table)


def downgrade() -> None:
    for table, columns in INDEXES.items():
        for column in columns:
            op.create_index(f"ix_{table}_{column}_id", table, [column, "id"])
            op.drop_index(f"ix_{table}_{column}_id_deleted_at", table)
