"""The outbox: e-mails that were promised with the changes they tell about, and are still to go."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamps


class EmailMessage(Base, Timestamps):
    """A message is due from `due_at` on, and done once `sent_at` is set.

    Who sends it first moves `due_at` on, so that nobody else sends it at the same time, and so
    that it is tried again should the sender die.
    """

    __tablename__ = "email_messages"
    __table_args__ = (Index(None, "sent_at", "due_at"),)

    recipient: Mapped[str] = mapped_column(String(255))
    # The customer it was written to, as long as there is one.
    recipient_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    template: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(255))
    content: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(255))
