"""Answers that are kept for clients that try again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMBLOB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BODY = sa.LargeBinary().with_variant(MEDIUMBLOB(), "mariadb")
TABLE = "kept_answers"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", ID, nullable=False),
        sa.Column("token_id", ID, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("created_id", sa.BigInteger()),
        sa.Column("body", BODY, nullable=False),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_kept_answers"),
        sa.ForeignKeyConstraint(
            ["token_id"], ["personal_access_tokens.id"], name="fk_kept_answers_token_id",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("token_id", "name", name="uq_kept_answers_token_id_name"),
    )  # fmt: skip
    op.create_index("ix_kept_answers_operation_created_id", TABLE, ["operation", "created_id"])
    op.create_index("ix_kept_answers_created_at", TABLE, ["created_at"])


def downgrade() -> None:
    op.drop_table(TABLE)
