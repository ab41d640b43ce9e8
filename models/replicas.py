"""Replicas of a PostgreSQL server: who may read from which, and who reads from the primary."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from time import monotonic
from typing import Any, NamedTuple, Protocol, TypeVar, TypeVarTuple

import asyncpg
from sqlalchemy import Dialect, Engine, literal_column, select
from sqlalchemy.util import greenlet_spawn

from models.errors import InDoubt, OutOfReach, Overloaded, has_gone_away
from models.positions import Positions
from models.postgresql import PostgreSQL, pool_for_reads
from models.reads import Reader, RemoteReader

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

# How often all servers are asked how far they are, and how long they may take, in seconds.
HEARTBEAT, SILENCE = 0.4, 0.4
# How far a replica may be behind, and how long a read from it may take, in seconds.
LAG, LONGEST = 5, 1
# How many answers of the primary are kept, to tell how far behind a replica is.
SAMPLES = 1000

UNKNOWN, OK, UNAVAILABLE, LAGGING, FOREIGN = "unknown", "ok", "unavailable", "lagging", "foreign"

# A replica is a copy: it has the cluster and the database in common with its primary.
IDENTITY = (
    "(SELECT system_identifier FROM pg_control_system())",
    "(SELECT oid::bigint FROM pg_database WHERE datname = current_database())",
)
# What was committed is in the log before the first; replicas come as far as the second.
INSERTED = "pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
FLUSHED = "pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint"
REPLAYED = "coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::bigint"
# What each is asked.
PRIMARY = (*IDENTITY, INSERTED, FLUSHED)
REPLICA = (*IDENTITY, "pg_is_in_recovery()", REPLAYED)

_PRIMARY: Any = select(*map(literal_column, PRIMARY))
_INSERTED: Any = select(literal_column(INSERTED))


class Unfit(Exception):
    """This replica cannot answer, or not yet. The primary can."""


class Condition(NamedTuple):
    """How it stands with a replica. `lag` is how old what it shows may be, in seconds."""

    state: str
    lag: float


class Sample(NamedTuple):
    """Where the primary was at a moment, in seconds of a clock that is never set."""

    time: float
    position: int


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection to a replica, which knows how far the replica was when it was last asked.

    A replica that starts anew may show an earlier state than before, but it closes its connections
    first. So as long as one lasts, what was replayed stays replayed.
    """

    replayed = 0

    async def has_replayed(self, position: int) -> bool:
        """Whether all changes before that position can be read here."""
        if self.replayed < position:
            self.replayed = await self.fetchval(f"SELECT {REPLAYED}")
        return self.replayed >= position


class Replica:
    """A server to read from."""

    def __init__(self, url: str, dialect: Dialect) -> None:
        self._url = url
        self._dialect = dialect
        self._pool: Any = None
        self._watched: Any = None
        self.condition = Condition(UNKNOWN, 0)

    async def read(
        self, position: int, work: Callable[[Reader, *Arguments], Result], *arguments: *Arguments
    ) -> Result:
        """Do work that reads what was changed before a position. Raises Unfit."""
        connection: Any = None
        try:
            async with asyncio.timeout(LONGEST):
                connection = await self._pool.acquire()
                if connection.is_closed() or not await connection.has_replayed(position):
                    raise Unfit
                reader = RemoteReader(connection, self._dialect)
                result: Result = await greenlet_spawn(work, reader, *arguments)
                return result
        except (OSError, *PostgreSQL.errors) as error:
            if _is_gone(error):
                self._leave_alone(connection)
            raise Unfit from error
        finally:
            if connection is not None:
                await self._pool.release(connection)

    def _leave_alone(self, connection: Any) -> None:
        """Until it answers again. A connection that may hang is not asked to end."""
        self.condition = Condition(UNAVAILABLE, self.condition.lag)
        # One that was lost has left the pool already.
        with suppress(asyncpg.InterfaceError):
            if connection is not None:
                connection.terminate()

    async def look(self, identity: tuple[int, int] | None, samples: Sequence[Sample]) -> None:
        """Find out how it stands."""
        try:
            async with asyncio.timeout(SILENCE):
                if self._pool is None:
                    self._pool = await pool_for_reads(self._url, connection_class=Connection)
                if self._watched is None:
                    self._watched = await asyncpg.connect(self._url)
                found = await self._watched.fetchrow(f"SELECT {', '.join(REPLICA)}")
        except (OSError, *PostgreSQL.errors):
            self._forget()
            self.condition = Condition(UNAVAILABLE, self.condition.lag)
            return
        *copied, recovers, replayed = found
        if not samples:
            self.condition = Condition(UNKNOWN, 0)
        elif not recovers or tuple(copied) != identity:
            self.condition = Condition(FOREIGN, 0)
        else:
            self.condition = _behind(replayed, samples)

    def close(self) -> None:
        self._forget()
        if self._pool is not None:
            self._pool.terminate()

    def _forget(self) -> None:
        if self._watched is not None:
            self._watched.terminate()
            self._watched = None


def _behind(replayed: int, samples: Sequence[Sample]) -> Condition:
    """How long ago the primary was where a replica is now; the replica's clock does not matter."""
    now = monotonic()
    for sample in reversed(samples):
        if sample.position <= replayed:
            lag = now - sample.time
            return Condition(OK if lag <= LAG else LAGGING, lag)
    return Condition(LAGGING, now - samples[0].time)


def _is_gone(error: Exception) -> bool:
    """Whether the replica, and not what was asked of it, is the trouble."""
    if isinstance(error, asyncpg.PostgresError):
        return has_gone_away(error)
    # As asyncpg raises for a value that does not suit.
    return not isinstance(error, ValueError)


class Primary(Protocol):
    """What replicas need of the database that they are copies of."""

    engine: Engine

    async def read(
        self, work: Callable[[Reader, *Arguments], Result], *arguments: *Arguments
    ) -> Result:
        """Do work that changes nothing."""


class Replicas:
    """Reads of keys, from a replica where there is one that shows what the key has changed."""

    def __init__(self, urls: Sequence[str], primary: Primary, positions: Positions) -> None:
        self._primary = primary
        self._positions = positions
        self._replicas = [Replica(url, primary.engine.dialect) for url in urls]
        self._turns = count()
        self._samples: deque[Sample] = deque(maxlen=SAMPLES)
        self._identity: tuple[int, int] | None = None
        self._inserted = 0

    async def read(
        self, key: int, work: Callable[[Reader, *Arguments], Result], *arguments: *Arguments
    ) -> Result:
        """Do work that changes nothing, for a key. It may be done twice."""
        fit = [replica for replica in self._replicas if replica.condition.state == OK]
        if fit:
            replica = fit[next(self._turns) % len(fit)]
            with suppress(Unfit):
                return await replica.read(self._positions.of(key), work, *arguments)
        return await self._primary.read(work, *arguments)

    async def note(self, key: int, change: Awaitable[Result]) -> Result:
        """Wait for a change by a key, and remember where it is in the log."""
        try:
            result = await change
        except InDoubt:
            self._positions.doubt(key)
            raise
        try:
            self._positions.note(key, await self._primary.read(_inserted))
        except (OutOfReach, Overloaded):
            self._positions.doubt(key)
        return result

    async def watch(self) -> None:
        """Ask all servers how far they are, until cancelled."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(HEARTBEAT)
        finally:
            for replica in self._replicas:
                replica.close()

    async def _look(self) -> None:
        begin, beyond = monotonic(), self._positions.beyond(self._inserted)
        with suppress(OutOfReach, Overloaded, TimeoutError, asyncpg.PostgresError):
            async with asyncio.timeout(SILENCE):
                system, database, self._inserted, flushed = await self._primary.read(_where)
            self._identity = system, database
            if self._samples and self._samples[-1].position > flushed:
                # Another server is the primary now, and has lost what it did not know.
                self._samples.clear()
            self._samples.append(Sample(begin, flushed))
            self._positions.settle(beyond, self._inserted)
        await asyncio.gather(*(each.look(self._identity, self._samples) for each in self._replicas))

    def conditions(self) -> list[Condition]:
        """How it stands with each of them, in the order of the setting."""
        return [replica.condition for replica in self._replicas]


def _inserted(reader: Reader) -> int:
    ((position,),) = reader.rows(_INSERTED, {})
    return int(position)


def _where(reader: Reader) -> Sequence[Any]:
    (found,) = reader.rows(_PRIMARY, {})
    return found


@asynccontextmanager
async def watching(replicas: Replicas | None) -> AsyncIterator[None]:
    """Watch over replicas, if there are any. Nobody reads from them before."""
    if replicas is None:
        yield
        return
    watch = asyncio.create_task(replicas.watch())
    try:
        yield
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
