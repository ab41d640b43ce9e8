"""Services store which product they have taken a piece of.

For services that were delivered before, the server would have put a piece back whether they had
taken one or not. Of those that still run it is taken for granted that they have.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# The largest number that these columns hold, but on SQLite, where the server may have counted on.
# The API cannot read rows with larger ones.
LARGEST = 2**31 - 1


def upgrade() -> None:
    op.add_column("services", sa.Column("stock_product_id", sa.BigInteger()))
    op.execute(
        "UPDATE services SET stock_product_id = product_id WHERE status IN ('active', 'suspended') "
        "OR (status = 'cancelled' AND delivery_attempts > 0 AND delivery_errors IS NULL)"
    )
    for table, name in (("products", "stock"), ("services", "delivery_attempts")):
        op.execute(f"UPDATE {table} SET {name} = {LARGEST} WHERE {name} > {LARGEST}")  # noqa: S608  # nosec B608


def downgrade() -> None:
    op.drop_column("services", "stock_product_id")
