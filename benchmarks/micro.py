"""What each step of a request costs, in microseconds of this process, on SQLite.

Steps are wrapped where the server is put together, so nothing in app/ knows of this, and a new
step is in the table by itself. Given is what a step costs without the steps inside it. Being
wrapped costs something too, so the steps make more than a request that is not.

    python -m benchmarks.micro
"""

import functools
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

import app as application
from app.pipeline import execution
from benchmarks import inprocess, writers
from benchmarks.data import local_file

ROUNDS, REQUESTS = 30, 100
# The share of a request that checking the answer may take.
TARGET = 0.12
# How many times as long as in JSON a page may take to be written in XML.
XML_TARGET = 3
CHECK = "response check"
WHOLE = "a request, not wrapped"
WIDTH = 50
# What execution does, by the names of the functions in its module that are called for each
# request, or that compile what is.
CALLED = {"addresses": "addresses of pages"}
COMPILED = {"envelope": "envelope", "_response_check": CHECK}


class Clock:
    """Adds up the time in each step without that in the steps inside it, in nanoseconds."""

    def __init__(self) -> None:
        self.own: dict[str, int] = defaultdict(int)
        # In the order of a request.
        self.steps: dict[str, None] = {}
        self._inside = [0]

    def _enter(self, step: str) -> int:
        self.steps.setdefault(step)
        self._inside.append(0)
        return perf_counter_ns()

    def _leave(self, step: str, start: int) -> None:
        took = perf_counter_ns() - start
        self.own[step] += took - self._inside.pop()
        self._inside[-1] += took

    def called(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            start = self._enter(step)
            try:
                return function(*arguments, **named)
            finally:
                self._leave(step, start)

        return call

    def awaited(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        async def call(*arguments: Any) -> Any:
            start = self._enter(step)
            try:
                return await function(*arguments)
            finally:
                self._leave(step, start)

        return call

    def middleware(self, kind: Any) -> Any:
        """A middleware that counts, if it is one of ours that does something itself."""
        if not kind.__module__.startswith("app.") or "__call__" not in vars(kind):
            return kind
        call = self.awaited(kind.__name__, kind.__call__)
        return type(kind.__name__, (kind,), {"__call__": call})


# The forms that answers are asked for, after the names of requests.
FORMS = {"": "*/*", ", XML": "application/xml"}


def wrap(clock: Clock) -> None:
    """Let the next server that this process makes count its steps."""
    pipeline, stack = application.pipeline, application.ConnexionMiddleware

    def counted(*around: Any, innermost: Any) -> Any:
        steps = [
            lambda *parts, each=each: clock.awaited(each.__name__, each(*parts)) for each in around
        ]

        def last(operation: Any, handler: Any, parts: Any) -> Any:
            step = innermost(operation, clock.called("handler", handler), parts)
            return clock.awaited(innermost.__name__, step)

        return pipeline(*steps, innermost=last)

    def counted_stack(*arguments: Any, middlewares: Any, **named: Any) -> Any:
        return stack(
            *arguments, middlewares=[clock.middleware(each) for each in middlewares], **named
        )

    application.pipeline = counted
    application.ConnexionMiddleware = counted_stack
    for name in (*CALLED, *COMPILED):
        if not hasattr(execution, name):
            print(f"There is no {name} any more: its time is that of what calls it.")
    for name, step in CALLED.items():
        if hasattr(execution, name):
            setattr(execution, name, clock.called(step, getattr(execution, name)))
    for name, step in COMPILED.items():
        if hasattr(execution, name):
            setattr(execution, name, _compiled(clock, step, getattr(execution, name)))
    made = execution.writers
    execution.writers = lambda schema: {
        media_type: clock.called("writer", write) for media_type, write in made(schema).items()
    }


def _compiled(clock: Clock, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *parts: clock.called(step, function(*parts))


def measure(
    clock: Clock, wrapped: Callable[[int], None], plain: Callable[[int], None]
) -> dict[str, float]:
    """Microseconds of each step in one request, and of a whole one that is not wrapped."""
    found: dict[str, list[float]] = defaultdict(list)
    wrapped(REQUESTS)
    plain(REQUESTS)
    for _ in range(ROUNDS):
        clock.own.clear()
        wrapped(REQUESTS)
        for step, took in clock.own.items():
            found[step].append(took / REQUESTS / 1000)
        start = perf_counter_ns()
        plain(REQUESTS)
        found[WHOLE].append((perf_counter_ns() - start) / REQUESTS / 1000)
    return {step: statistics.median(each) for step, each in found.items()}


def main() -> int:
    database = local_file(10_000)
    plain = inprocess.open_server(database)
    clock = Clock()
    wrap(clock)
    wrapped = inprocess.open_server(database)
    found = {
        f"{name}{form}": measure(
            clock,
            inprocess.requests(wrapped, path, accept),
            inprocess.requests(plain, path, accept),
        )
        for form, accept in FORMS.items()
        for name, path in inprocess.PATHS.items()
    }
    print(f"{'microseconds':<{WIDTH}}" + "".join(f"{name:>16}" for name in found))
    for step in (*clock.steps, WHOLE):
        print(
            f"{step:<{WIDTH}}" + "".join(f"{each.get(step, 0):>16.1f}" for each in found.values())
        )
    shares = "".join(f"{each[CHECK] / each[WHOLE]:>16.1%}" for each in found.values())
    print(f"{f'{CHECK}, its share (at most {TARGET:.0%} is the aim)':<{WIDTH}}{shares}")
    print()
    for name, path in inprocess.PATHS.items():
        title = f"{name}, only to write it"
        print(f"{title:<{WIDTH}}{'microseconds':>16}{'times JSON':>16}")
        for writer, (took, ratio) in writers.measure(database, path).items():
            print(f"{writer:<{WIDTH}}{took:>16.1f}{ratio:>16.2f}")
    print(f"At most {XML_TARGET} times JSON, in C, is the aim for a page.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
