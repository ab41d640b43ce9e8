"""Texts that are searched have composed letters, and PostgreSQL finds parts of them folded."""

from unicodedata import is_normalized, normalize

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# What the indexes of PostgreSQL were of so far, see 0003, and what they are of; see models/folded.
OLD, NEW = "lower({0})", "replace(lower({0}), '\u03c2', '\u03c3')"
SEARCHED = {"customers": ("email", "firstname", "lastname"), "products": ("name",)}
# New texts are composed when they come in.
COMPOSED = {
    "customers": ("firstname", "lastname"),
    "products": ("name", "description"),
    "groups": ("name", "description"),
}


def upgrade() -> None:
    for table, names in COMPOSED.items():
        for name in names:
            _compose(table, name)
    _search_by(NEW)


def downgrade() -> None:
    _search_by(OLD)


def _search_by(expression: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, names in SEARCHED.items():
        for name in names:
            op.execute(f"DROP INDEX tx_{table}_{name}")
            op.execute(
                f"CREATE INDEX tx_{table}_{name} ON {table} "
                f"USING gin (({expression.format(name)}) gin_trgm_ops)"
            )


def _compose(table: str, name: str) -> None:
    """Write the texts of a column in composed letters (NFC)."""
    rows = sa.table(table, sa.column("id", sa.BigInteger), sa.column(name, sa.String))
    found = op.get_bind().execute(sa.select(rows)).all()
    changed = [
        {"key": row_id, "text": normalize("NFC", text)}
        for row_id, text in found
        # Few texts get longer by that; those that would not fit any more stay as they are.
        if not is_normalized("NFC", text) and len(normalize("NFC", text)) <= len(text)
    ]
    if changed:
        statement = sa.update(rows).where(rows.c.id == sa.bindparam("key"))
        op.get_bind().execute(statement.values({name: sa.bindparam("text")}), changed)
