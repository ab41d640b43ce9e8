"""Tokens in mailed links: who has one can read the customer's e-mail."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamps

CONFIRM, PASSWORD = "confirm", "password"


class MailedToken(Base, Timestamps):
    """`purpose` is CONFIRM or PASSWORD. Only a hash of the token is kept."""

    __tablename__ = "mailed_tokens"

    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    purpose: Mapped[str] = mapped_column(String(16))
    token: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
