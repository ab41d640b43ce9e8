"""Whether this server can do its work: the database, its schema, and the mail that waits."""

from asyncio import timeout, to_thread
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any

from sqlalchemy import Select, bindparam, column, func, literal_column, select, table

from app.outbox import ATTEMPTS
from models import EmailMessage
from models.database import Database
from models.migrate import heads
from models.reads import Reader, items
from models.replicas import Condition, Replicas

# In seconds: how long the database may take, and how long what was found is good for.
PATIENCE, FRESH = 3, 1

_ANYTHING: Select[Any] = select(literal_column("1"))
_REVISIONS: Select[Any] = select(column("version_num")).select_from(table("alembic_version"))
_mail = EmailMessage.__table__
_WAITING: Any = select(
    func.count().label("due"), func.min(_mail.c.due_at).label("since")
).where(
    _mail.c.sent_at.is_(None),
    _mail.c.due_at <= bindparam("now", type_=_mail.c.due_at.type),
    _mail.c.attempts < ATTEMPTS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found. `outbox_lag` is how long the oldest message that is due waits, in seconds."""

    database: str
    migrations: str = "unknown"
    outbox_due: int = 0
    outbox_lag: float = 0
    replicas: tuple[Condition, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Mail that waits hinders no request, and without replicas the primary answers."""
        return self.database == self.migrations == "ok"

    def checks(self) -> dict[str, Any]:
        """The same for programs."""
        outbox = {"due": self.outbox_due, "lag_seconds": round(self.outbox_lag)}
        found: dict[str, Any] = {
            "database": self.database,
            "migrations": self.migrations,
            "outbox": outbox,
        }
        if self.replicas:
            found["replicas"] = [
                {"state": each.state, "lag_seconds": round(each.lag)} for each in self.replicas
            ]
        return found


class Readings:
    """Looks after the database, at most once a second, however often it is asked."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], replicas: Replicas | None
    ) -> None:
        self._database = database
        self._replicas = replicas
        self._clock = clock
        self._newest = Readiness("unknown")
        self._until = float("-inf")

    async def now(self) -> Readiness:
        """How it stands, or stood a moment ago. Raises nothing."""
        if monotonic() >= self._until:
            conditions = self._replicas.conditions() if self._replicas else ()
            self._newest = replace(await self._look(), replicas=tuple(conditions))
            self._until = monotonic() + FRESH
        return self._newest

    async def _look(self) -> Readiness:
        expected = await to_thread(heads)
        try:
            async with timeout(PATIENCE):
                return await self._database.read(_found, expected, self._clock())
        except Exception:
            return Readiness("unavailable" if not await self._answers() else "ok", "missing")

    async def _answers(self) -> bool:
        try:
            async with timeout(PATIENCE):
                await self._database.read(_anything)
        except Exception:
            return False
        return True


def _anything(reader: Reader) -> None:
    reader.rows(_ANYTHING, {})


def _found(reader: Reader, expected: frozenset[str], now: datetime) -> Readiness:
    revisions = {row["version_num"] for row in items(reader, _REVISIONS, {})}
    if revisions != expected:
        return Readiness("ok", "outdated")
    (waiting,) = items(reader, _WAITING, {"now": now})
    lag = (now - waiting["since"]).total_seconds() if waiting["since"] else 0
    return Readiness("ok", "ok", waiting["due"], lag)
