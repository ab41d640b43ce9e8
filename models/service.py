"""Services: what a customer has bought, while it runs and after."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SoftDeleted, Timestamps
from models.sentence import Sentence, say


class Service(Base, Timestamps, SoftDeleted):
    __tablename__ = "services"
    CLASS_NAME: ClassVar[str] = "App\\Models\\Provisioning\\Service"
    NOUN: ClassVar[Sentence] = say("service")

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    uuid: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid4()))
    name: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(64), default="none")
    billing: Mapped[str] = mapped_column(String(16), default="monthly")
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    server_id: Mapped[int | None] = mapped_column(BigInteger)
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"), index=True)
    # The open renewal invoice.
    invoice_id: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(16), default="pending", index=True)
    # NULL for services that never end.
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    suspended_at: Mapped[datetime | None]
    suspend_reason: Mapped[str | None] = mapped_column(String(255))
    # May lie in the future: the cancellation is then scheduled, not done.
    cancelled_at: Mapped[datetime | None]
    cancelled_reason: Mapped[str | None] = mapped_column(String(255))
    cancellation_reason_id: Mapped[int | None] = mapped_column(BigInteger)
    is_cancelled: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    delivery_errors: Mapped[str | None] = mapped_column(Text)
    delivery_attempts: Mapped[int] = mapped_column(default=0)
    renewals: Mapped[int] = mapped_column(default=0)
    max_renewals: Mapped[int | None]
    trial_ends_at: Mapped[datetime | None]
    data: Mapped[dict[str, Any] | None]
