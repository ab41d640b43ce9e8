"""Phone numbers are compared as E.164 writes them, and found in any spelling.

Of customers that already have the same number, the first one keeps it as its own: the others are as
they were until their number or their country changes, and nobody else gets the number.
"""

import sqlalchemy as sa
from alembic import op

from models.phone_number import e164, spellings

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLE = "customers"
ADDED = {"phone_e164": sa.String(64), "phone_spellings": sa.String(100)}
LISTED = ("phone", "phone_spellings")
# Rows that are written by one statement.
BATCH = 1000
customers = sa.table(
    TABLE,
    sa.column("id", sa.BigInteger),
    sa.column("phone", sa.String),
    sa.column("country", sa.String),
    sa.column("deleted_at", sa.DateTime),
    *(sa.column(name, kind) for name, kind in ADDED.items()),
)
# Those that are not deleted come first.
with_phone = (
    sa.select(customers.c.id, customers.c.phone, customers.c.country)
    .where(customers.c.phone.is_not(None))
    .order_by(customers.c.deleted_at.is_not(None), customers.c.id)
)


def upgrade() -> None:
    for name, kind in ADDED.items():
        op.add_column(TABLE, sa.Column(name, kind))
    _fill()
    op.create_index("uq_customers_phone_e164", TABLE, ["phone_e164"], unique=True)
    for name in LISTED:
        op.create_index(f"ix_customers_{name}_id_deleted_at", TABLE, [name, "id", "deleted_at"])
    op.drop_index("uq_customers_phone", TABLE)
    match op.get_bind().dialect.name:
        case "postgresql":
            op.execute("DROP INDEX tx_customers_phone")
            op.execute(
                "CREATE INDEX tx_customers_phone_spellings ON customers "
                "USING gin (phone_spellings gin_trgm_ops)"
            )
        case "mariadb":
            # What sorted by the unique index; see 0007.
            op.drop_index("tx_customers_phone", TABLE)


def downgrade() -> None:
    _keep_first()
    op.create_index("uq_customers_phone", TABLE, ["phone"], unique=True)
    match op.get_bind().dialect.name:
        case "postgresql":
            op.execute("DROP INDEX tx_customers_phone_spellings")
            op.execute(
                "CREATE INDEX tx_customers_phone ON customers USING gin (lower(phone) gin_trgm_ops)"
            )
        case "mariadb":
            op.create_index("tx_customers_phone", TABLE, ["phone", "id", "deleted_at"])
    for name in LISTED:
        op.drop_index(f"ix_customers_{name}_id_deleted_at", TABLE)
    op.drop_index("uq_customers_phone_e164", TABLE)
    for name in ADDED:
        op.drop_column(TABLE, name)


def _fill() -> None:
    """Give all rows that have none yet their numbers."""
    connection = op.get_bind()
    taken = set(connection.scalars(sa.select(customers.c.phone_e164)))
    rows = []
    for row in connection.execute(with_phone.where(customers.c.phone_spellings.is_(None))):
        number = e164(row.phone, row.country)
        own = None if number in taken else number
        taken.add(number)
        found = spellings(row.phone, row.country)
        rows.append({"key": row.id, "number": own, "found": found})
    _write(rows, phone_e164=sa.bindparam("number"), phone_spellings=sa.bindparam("found"))


def _keep_first() -> None:
    """Take away what rows may not share any more: the same text, which may be two numbers."""
    seen = set()
    rows = []
    for row in op.get_bind().execute(with_phone):
        if row.phone in seen:
            rows.append({"key": row.id, "nothing": None})
        seen.add(row.phone)
    _write(rows, phone=sa.bindparam("nothing"))


def _write(rows: list[dict[str, object]], **columns: sa.BindParameter[str]) -> None:
    statement = sa.update(customers).where(customers.c.id == sa.bindparam("key")).values(columns)
    for start in range(0, len(rows), BATCH):
        op.get_bind().execute(statement, rows[start : start + BATCH])
