"""Databases behind a network: work runs in the event loop until it waits, others meanwhile."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, TypeVar, TypeVarTuple

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import await_only, greenlet_spawn

from models.connections import Connections, connections_of
from models.errors import OutOfReach, Overloaded, is_undone
from models.reads import Reader

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

# How many connections a process opens at most, to write and to read.
WRITERS, READERS = 20, 20
# How long work waits at most, in seconds, before it is begun anew because the database has undone
# it. All that were undone for the same one would otherwise be in each other's way again.
PAUSES = (0.05, 0.1, 0.2)


class RemoteDatabase(ABC):
    """A Database whose driver is asynchronous.

    The work itself is plain synchronous code; a greenlet lets it wait for the driver. Reads have
    a pool of their own, of connections that SQLAlchemy knows nothing of. Nobody waits for more
    than `longest` seconds until others are done with one.
    """

    # What the driver raises, and how long to wait before watching again after it did.
    errors: tuple[type[Exception], ...]
    pause: float

    def __init__(self, address: URL, longest: float, **options: Any) -> None:
        self._longest = longest
        self._turns = asyncio.Semaphore(READERS)
        self._engine = create_async_engine(
            address,
            pool_size=WRITERS // 2,
            max_overflow=WRITERS // 2,
            pool_timeout=longest,
            pool_reset_on_return=None,
            # Errors are logged, and the values of a statement are personal data and secrets.
            hide_parameters=True,
            **options,
        )
        self.engine = self._engine.sync_engine
        self._pool: Any = None
        self._opening = asyncio.Lock()
        self._watcher: asyncio.Task[None] | None = None
        self._is_watching = False
        self._version: object = 0

    @abstractmethod
    async def open_pool(self) -> Any:
        """A pool of connections for reads."""

    @abstractmethod
    async def close_pool(self, pool: Any) -> None:
        """Close all connections of the pool."""

    @abstractmethod
    def reader(self, pool: Any) -> AbstractAsyncContextManager[Reader]:
        """A reader on a connection of the pool."""

    @abstractmethod
    def readers(self, pool: Any) -> Connections:
        """The connections of the pool."""

    @abstractmethod
    def is_out_of_reach(self, error: Exception) -> bool:
        """Whether the database, and not what was asked of it, is the trouble."""

    @abstractmethod
    async def watch(self) -> None:
        """Tell `news` of what happens to keys, until the connection is lost, which raises."""

    async def write(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        for pause in PAUSES:
            try:
                return await self._write(work, *arguments)
            except DBAPIError as error:
                if not is_undone(error.orig):
                    raise
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311
        return await self._write(work, *arguments)

    async def _write(self, work: Callable[..., Result], *arguments: Any) -> Result:
        try:
            result: Result = await greenlet_spawn(work, *arguments)
        except PoolTimeout as error:
            raise Overloaded from error
        except self.errors as error:
            # SQLAlchemy has another name for whatever a server answers; nothing was sent to it.
            raise OutOfReach from error
        return result

    async def attempt(self, work: Callable[[*Arguments], None], *arguments: *Arguments) -> None:
        with suppress(PoolTimeout, *self.errors):
            await greenlet_spawn(work, *arguments)

    async def read(
        self, work: Callable[[Reader, *Arguments], Result], *arguments: *Arguments
    ) -> Result:
        async with self._turn():
            try:
                return await self._read(work, *arguments)
            except OutOfReach as error:
                if isinstance(error.__cause__, TimeoutError):
                    raise
            # While nobody used the connection it was lost, after a restart of the database perhaps.
            return await self._read(work, *arguments)

    async def _read(self, work: Callable[..., Result], *arguments: Any) -> Result:
        try:
            pool = self._pool or await self._opened()
            async with self.reader(pool) as reader:
                result: Result = await greenlet_spawn(work, reader, *arguments)
                return result
        except Exception as error:
            if not isinstance(error, (OSError, *self.errors)) or not self.is_out_of_reach(error):
                raise
            raise OutOfReach from error

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """A time when there is a connection, or when one may be opened."""
        try:
            async with asyncio.timeout(self._longest):
                await self._turns.acquire()
        except TimeoutError as error:
            raise Overloaded from error
        try:
            yield
        finally:
            self._turns.release()

    def wait(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        result: Result = await_only(coroutine)
        return result

    async def _opened(self) -> Any:
        async with self._opening:
            if self._pool is None:
                self._pool = await self.open_pool()
        return self._pool

    async def close(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher
        if self._pool is not None:
            await self.close_pool(self._pool)
        await self._engine.dispose()

    def version(self) -> object | None:
        """What is news counts as a change. While nobody watches, nobody can tell."""
        if self._watcher is None:
            self._watcher = asyncio.get_running_loop().create_task(self._watch_for_ever())
        return self._version if self._is_watching else None

    def connections(self) -> Connections:
        is_open, busy = connections_of(self.engine)
        readers = self.readers(self._pool) if self._pool is not None else Connections(0, 0)
        return Connections(is_open + readers.open, busy + readers.busy)

    async def _watch_for_ever(self) -> None:
        while True:
            with suppress(OSError, *self.errors):
                try:
                    await self.watch()
                finally:
                    self.distrust()
            await asyncio.sleep(self.pause)

    def trust(self, version: object) -> None:
        """From now on, what is remembered under this version is true until there is news."""
        self._version, self._is_watching = version, True

    def distrust(self, *_: object) -> None:
        """Nothing that is remembered may be used."""
        self._is_watching = False
