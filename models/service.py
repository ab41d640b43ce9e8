"""Services: what a customer has bought, while it runs and after."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SoftDeleted, Timestamps, list_index
from models.counters import one_more
from models.errors import Conflict
from models.sentence import Sentence, say

PENDING, ACTIVE, SUSPENDED = "pending", "active", "suspended"
EXPIRED, CANCELLED, HIDDEN = "expired", "cancelled", "hidden"

# Each status in words, in the order of a service's life (core contract 11.4).
STATUSES: Mapping[str, Sentence] = {
    PENDING: say("pending"),
    ACTIVE: say("active"),
    SUSPENDED: say("suspended"),
    EXPIRED: say("expired"),
    CANCELLED: say("cancelled"),
    HIDDEN: say("hidden"),
}

# Action -> the statuses it may start from, and the one it leads to. There are no other ways.
TRANSITIONS: Mapping[str, tuple[frozenset[str], str]] = {
    "deliver": (frozenset({PENDING}), ACTIVE),
    "suspend": (frozenset({ACTIVE}), SUSPENDED),
    "unsuspend": (frozenset({SUSPENDED}), ACTIVE),
    "expire": (frozenset({ACTIVE, SUSPENDED, CANCELLED}), EXPIRED),
    "cancel": (frozenset({PENDING, ACTIVE, SUSPENDED}), CANCELLED),
    "uncancel": (frozenset({CANCELLED}), ACTIVE),
    "hide": (frozenset({EXPIRED}), HIDDEN),
}


class Service(Base, Timestamps, SoftDeleted):
    __tablename__ = "services"
    __table_args__ = (*map(list_index, ("customer_id", "status", "created_at", "updated_at")),)
    CLASS_NAME: ClassVar[str] = "App\\Models\\Provisioning\\Service"
    NOUN: ClassVar[Sentence] = say("service")

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    uuid: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid4()))
    name: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(64), default="none")
    billing: Mapped[str] = mapped_column(String(16), default="monthly")
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    server_id: Mapped[int | None] = mapped_column(BigInteger)
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"), index=True)
    # The product whose stock was counted down when this service was delivered, until it is counted
    # up again. NULL if the stock was endless or empty then, or if nothing was delivered.
    stock_product_id: Mapped[int | None] = mapped_column(BigInteger)
    # The open renewal invoice.
    invoice_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    status: Mapped[str] = mapped_column(String(16), default=PENDING)
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

    @property
    def allowed(self) -> list[str]:
        """The actions that are possible now."""
        return [name for name, (sources, _) in TRANSITIONS.items() if self.status in sources]

    @property
    def is_scheduled_for_cancellation(self) -> bool:
        """Whether it ends by itself at a known date (core contract 7.6)."""
        return bool(self.cancelled_at and self.cancelled_reason and not self.is_cancelled)

    def move(self, action: str) -> bool:
        """Go where an action leads. Returns False if that is where the service is already.

        Raises Conflict, with the actions that are possible, if there is no such way.
        """
        sources, target = TRANSITIONS[action]
        if self.status == target:
            return False
        if self.status not in sources:
            raise self._refusal(action)
        self.status = target
        return True

    def way_to(self, status: str) -> str:
        """The action that leads to another status. Raises Conflict if there is none."""
        for action, (sources, target) in TRANSITIONS.items():
            if target == status and self.status in sources:
                return action
        raise self._refusal(status)

    def _refusal(self, wanted: str) -> Conflict:
        return Conflict(
            say(
                "The service is {status}: {wanted} is not possible. Possible: {allowed}.",
                status=STATUSES[self.status],
                wanted=wanted,
                allowed=", ".join(self.allowed) or say("nothing"),
            ),
            allowed_transitions=self.allowed,
        )

    def deliver(self) -> bool:
        """Hand it over to its customer. Raises Conflict if the attempt cannot be counted."""
        allowed = self.allowed
        if not self.move("deliver"):
            return False
        self.delivery_attempts = one_more(
            self.delivery_attempts, "delivery_attempts", self.NOUN, allowed
        )
        self.delivery_errors = None
        return True

    def suspend(self, reason: str | None, now: datetime) -> bool:
        """Stop it and keep its data."""
        if not self.move("suspend"):
            return False
        self.suspended_at, self.suspend_reason = now, reason
        return True

    def unsuspend(self) -> bool:
        """Let it run again. A cancellation that was scheduled is called off."""
        if not self.move("unsuspend"):
            return False
        self.suspended_at = self.cancelled_at = self.cancelled_reason = None
        return True

    def expire(self, now: datetime) -> bool:
        """End it for good."""
        if not self.move("expire"):
            return False
        if self.expires_at is not None and self.expires_at > now:
            self.expires_at = now
        return True

    def cancel(self, reason: str | None, now: datetime) -> bool:
        """End it because its customer does not want it any more."""
        if not self.move("cancel"):
            return False
        self.cancelled_at = self.cancelled_at or now
        self.cancelled_reason = self.cancelled_reason or reason
        return True

    def uncancel(self) -> bool:
        """Take a cancellation back."""
        if not self.move("uncancel"):
            return False
        self.cancelled_at = self.cancelled_reason = self.cancellation_reason_id = None
        self.is_cancelled = False
        return True
