"""Metadata: free notes by key that any row may carry."""

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamps


class Metadata(Base, Timestamps):
    """`model_type` is the CLASS_NAME of the row that carries the note."""

    __tablename__ = "metadata"
    __table_args__ = (Index(None, "model_type", "model_id"),)

    model_id: Mapped[int] = mapped_column(BigInteger)
    model_type: Mapped[str] = mapped_column(String(255))
    key: Mapped[str] = mapped_column(String(255))
    value: Mapped[str | None] = mapped_column(Text)
