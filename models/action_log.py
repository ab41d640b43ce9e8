"""Action logs: what was done to whom, and by which member of the staff."""

from typing import Any

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamps


class ActionLog(Base, Timestamps):
    """`model` is the CLASS_NAME of the row that was acted on, `model_id` its id as a text."""

    __tablename__ = "action_logs"
    __table_args__ = (Index(None, "model", "model_id"),)

    customer_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    staff_id: Mapped[int | None] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(String(64))
    model: Mapped[str | None] = mapped_column(String(255))
    model_id: Mapped[str | None] = mapped_column(String(255))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
