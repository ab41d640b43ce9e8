"""Answers that are kept for a while, so that what was asked twice is done once."""

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects.mysql import MEDIUMBLOB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamps

# To MariaDB, a BLOB is no longer than 64 KiB.
Body = LargeBinary().with_variant(MEDIUMBLOB(), "mariadb")


class KeptAnswer(Base, Timestamps):
    """What one API key was answered when it created something, by what it called its request.

    `name` is a hash of what the client called it, `request` one of what was asked. `body` is the
    answer about the row `created_id`; both are empty until it is there.
    """

    __tablename__ = "kept_answers"
    __table_args__ = (
        UniqueConstraint("token_id", "name"),
        Index(None, "operation", "created_id"),
        Index(None, "created_at"),
    )

    token_id: Mapped[int] = mapped_column(
        ForeignKey("personal_access_tokens.id", ondelete="CASCADE")
    )
    name: Mapped[str] = mapped_column(String(64))
    request: Mapped[str] = mapped_column(String(64))
    operation: Mapped[str] = mapped_column(String(64))
    created_id: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[bytes] = mapped_column(Body, default=b"")
