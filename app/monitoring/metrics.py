"""What Prometheus reads: requests, how long they took, connections, mail that waits.

A request must not notice that it is counted. So numbers are cells of 64 bits in a piece of memory,
which several processes map from files of one folder; prometheus_client only writes them out.
"""

import asyncio
import mmap
import os
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from itertools import accumulate
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from app.monitoring.readiness import Readiness
from models.connections import Connections
from models.replicas import OK, Condition

PREFIX = "clientxcms"
# How often a process writes down how things stand, in seconds.
PERIOD = 5
# For the client that left before it had an answer; nginx writes the same.
LEFT = 499
# What is no operation of the contract: pages, XML-RPC, addresses where nothing is.
OTHER = "other"
# In seconds. Reads take a fraction of a millisecond, passwords some hundredths of a second.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
STATUSES = (*HTTPStatus, LEFT)

# The cells of an operation: one for each status, one for each bucket and what is beyond, and the
# sum of all times in nanoseconds. In front of them all are those of the process.
GAUGES = {
    "requests_in_progress": "Requests that are being answered.",
    "database_connections_open": "Connections to the database.",
    "database_connections_busy": "Those of them that are in use.",
}
_PLACES = {int(status): place for place, status in enumerate(STATUSES)}
_FIRST_BUCKET = len(STATUSES)
_SUM = _FIRST_BUCKET + len(BUCKETS) + 1
_ROW = _SUM + 1

Cells = Sequence[int]


class Meters:
    """The meters of this process. `folder` is where all processes of a server keep theirs."""

    def __init__(
        self,
        operations: Iterable[str],
        connections: Callable[[], Connections],
        folder: Path | None = None,
    ) -> None:
        self._folder = folder
        self._connections = connections
        names = [OTHER, *operations]
        self._rows = {name: len(GAUGES) + place * _ROW for place, name in enumerate(names)}
        self._size = 8 * (len(GAUGES) + len(names) * _ROW)
        self._cells = memoryview(bytearray(self._size)).cast("Q")
        # Observation counts them; what only it knows is written down when somebody asks.
        self.running = 0

    def open(self) -> None:
        """Begin to count together with others. A process that was forked has to have its own."""
        if self._folder is not None:
            self._cells = memoryview(_mapped(self._folder, self._size)).cast("Q")

    def count(self, operation: str, status: int, took: float) -> None:
        """Count a request that was answered in so many seconds."""
        cells, row = self._cells, self._rows[operation or OTHER]
        cells[row + _PLACES[status]] += 1
        cells[row + _FIRST_BUCKET + bisect_left(BUCKETS, took)] += 1
        cells[row + _SUM] += int(took * 1e9)

    def sample(self) -> None:
        """Write down how things stand at the moment."""
        self._cells[0] = self.running
        self._cells[1], self._cells[2] = self._connections()

    def text(self, readiness: Readiness) -> bytes:
        """All meters of all processes, in the text format of Prometheus."""
        registry = CollectorRegistry()
        registry.register(_Collected([*self._families(), *_shared(readiness)]))
        if self._folder is None:
            ProcessCollector(registry=registry)
            PlatformCollector(registry=registry)
        return generate_latest(registry)

    def _families(self) -> Iterator[Metric]:
        processes: list[tuple[Cells, bool]]
        processes = _processes(self._folder) if self._folder else [(self._cells, True)]
        total = [sum(column) for column in zip(*(cells for cells, _ in processes), strict=True)]
        for place, (name, words) in enumerate(GAUGES.items()):
            value = sum(cells[place] for cells, is_alive in processes if is_alive)
            yield GaugeMetricFamily(f"{PREFIX}_{name}", words, value)
        yield from _of_operations(self._rows, total)

    def close(self) -> None:
        """What this process held in use, it holds no longer."""
        for place in range(len(GAUGES)):
            self._cells[place] = 0


def _of_operations(rows: dict[str, int], cells: list[int]) -> Iterator[Metric]:
    requests = CounterMetricFamily(
        f"{PREFIX}_requests", "Requests that were answered.", labels=("operation", "status")
    )
    durations = HistogramMetricFamily(
        f"{PREFIX}_request_duration_seconds", "From the first step to the last byte.",
        labels=("operation",),
    )  # fmt: skip
    for operation, row in rows.items():
        for status, place in _PLACES.items():
            if number := cells[row + place]:
                requests.add_metric((operation, str(status)), number)
        counted = list(accumulate(cells[row + _FIRST_BUCKET : row + _SUM]))
        if counted[-1]:
            buckets = list(zip((*map(str, BUCKETS), "+Inf"), map(float, counted), strict=True))
            durations.add_metric((operation,), buckets, cells[row + _SUM] / 1e9)
    yield requests
    yield durations


def _shared(found: Readiness) -> Iterator[Metric]:
    """What is not of one process."""
    for name, words, value in (
        ("ready", "Whether the database answers and is migrated.", found.is_ready),
        ("outbox_due_messages", "E-mails that are due and not sent.", found.outbox_due),
        ("outbox_lag_seconds", "How long the oldest of them has waited.", found.outbox_lag),
    ):
        yield GaugeMetricFamily(f"{PREFIX}_{name}", words, float(value))
    if found.replicas:
        yield from _of_replicas(found.replicas)


def _of_replicas(conditions: Sequence[Condition]) -> Iterator[Metric]:
    """A replica is named by its place in the setting."""
    used = GaugeMetricFamily(
        f"{PREFIX}_database_replica_used", "Whether it is read from.", labels=("replica",)
    )
    lag = GaugeMetricFamily(
        f"{PREFIX}_database_replica_lag_seconds", "How old what it shows may be.",
        labels=("replica",),
    )  # fmt: skip
    for number, condition in enumerate(conditions, 1):
        used.add_metric((str(number),), float(condition.state == OK))
        lag.add_metric((str(number),), condition.lag)
    yield used
    yield lag


class _Collected:
    """Metrics in the form that a registry takes."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _mapped(folder: Path, size: int) -> mmap.mmap:
    """The memory of this process, in a file that others can read."""
    with (folder / str(os.getpid())).open("w+b") as file:
        file.truncate(size)
        return mmap.mmap(file.fileno(), size)


def _processes(folder: Path) -> list[tuple[Cells, bool]]:
    """The cells of each process that ever was, and whether it still is."""
    return [
        (memoryview(file.read_bytes()).cast("Q"), Path("/proc", file.name).exists())
        for file in folder.iterdir()
    ]


@asynccontextmanager
async def sampling(meters: Meters) -> AsyncIterator[None]:
    """Sample every few seconds, so that another process can tell how things stand in this one."""

    async def sample() -> None:
        while True:
            meters.sample()
            await asyncio.sleep(PERIOD)

    meters.open()
    task = asyncio.create_task(sample())
    try:
        yield
    finally:
        task.cancel()
        meters.close()
