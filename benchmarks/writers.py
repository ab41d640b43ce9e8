"""What writing an answer costs in JSON and in XML, on the very value that a request makes."""

import statistics
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from time import process_time
from timeit import Timer
from typing import Any

from app.pipeline import execution, media
from app.xml import elements
from app.xml.encoding import ELEMENTS, Writers, encoder
from benchmarks import inprocess

ROUNDS, TIMES = 50, 100
Write = Callable[[Any], bytes]


def _answered(database: Path, path: str) -> tuple[Any, Any]:
    """The schema of the answer to a request, and the value that was written."""
    found: list[tuple[Any, Any]] = []

    def watched(schema: Any) -> Mapping[str, Write]:
        write = media.writers(schema)[media.JSON]

        def remember(value: Any) -> bytes:
            found.append((schema, value))
            return write(value)

        return {media.JSON: remember}

    original, execution.writers = execution.writers, watched
    try:
        inprocess.requests(inprocess.open_server(database), path)(1)
    finally:
        execution.writers = original
    return found[0]


def measure(database: Path, path: str) -> dict[str, tuple[float, float]]:
    """Microseconds of the processor of each writer, and how many times those of JSON they are.

    The writers take turns, so that what else the machine does slows all of them down.
    """
    schema, value = _answered(database, path)
    root = media.shapes().root(schema)
    writers: dict[str, Write] = {"JSON": media.writers(schema)[media.JSON]}
    if ELEMENTS is not elements:
        writers["XML in C"] = encoder(root)
    writers["XML in Python"] = encoder(root, Writers(elements))
    timers = {
        name: Timer(partial(write, value), timer=process_time) for name, write in writers.items()
    }
    took: dict[str, list[float]] = {name: [] for name in writers}
    for _ in range(ROUNDS):
        for name, timer in timers.items():
            took[name].append(timer.timeit(TIMES) / TIMES * 1e6)
    return {
        name: (
            statistics.median(each),
            statistics.median([one / json for one, json in zip(each, took["JSON"], strict=True)]),
        )
        for name, each in took.items()
    }
