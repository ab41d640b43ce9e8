"""What was measured, and its table for the terminal."""

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from benchmarks import contenders, work
from benchmarks.load import Measured

OURS = "clientxcms"
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass
class Group:
    """The runs on one database, with one number of processes."""

    database: str
    size: int
    processes: int
    runs: dict[tuple[str, str], list[Measured]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        many = "process" if self.processes == 1 else "processes"
        return f"{NAMES[self.database]}, {self.size:,} customers, {self.processes} {many}"

    def add(self, kind: str, contender: str, run: Measured) -> None:
        self.runs.setdefault((kind, contender), []).append(run)

    @property
    def kinds(self) -> list[str]:
        found = {kind for kind, _ in self.runs}
        return [name for name in work.BY_NAME if name in found]

    @property
    def contenders(self) -> list[str]:
        found = {contender for _, contender in self.runs}
        return [name for name in contenders.BY_NAME if name in found]

    @property
    def failed(self) -> list[str]:
        """What went wrong while it was timed."""
        return [
            f"{name}, {work.BY_NAME[kind].title}: {wrong} of {made} answers were wrong"
            for (kind, name), runs in self.runs.items()
            for wrong, made in [(sum(each.failed for each in runs),
                                 sum(each.requests for each in runs))]
            if wrong
        ]  # fmt: skip

    def rate(self, kind: str, contender: str) -> float | None:
        """The median of requests a second."""
        runs = self.runs.get((kind, contender))
        return statistics.median(run.rate for run in runs) if runs else None

    def microseconds(self, kind: str, contender: str) -> float | None:
        """The median of the processor time of a request, without that of a database server."""
        runs = self.runs.get((kind, contender))
        return statistics.median(run.microseconds for run in runs) if runs else None

    def times(self, kind: str, contender: str) -> float | None:
        """How many times the rate of a contender this server reaches; median of the rounds."""
        ours, theirs = self.runs.get((kind, OURS)), self.runs.get((kind, contender))
        if not ours or not theirs:
            return None
        # Who has not finished a single request in time has no rate to compare with.
        return statistics.median(
            one.rate / other.rate if other.requests else math.inf
            for one, other in zip(ours, theirs, strict=True)
        )


def table(group: Group) -> str:
    """Requests a second, and behind those of others how many times as fast this server is; below,
    the processor time of a request.
    """
    lines = [group.title, _line("requests a second", group.contenders)]
    for kind in group.kinds:
        cells = []
        for name in group.contenders:
            rate, times = group.rate(kind, name), group.times(kind, name)
            cell = "-" if rate is None else f"{rate:,.0f}"
            if times is not None and name != OURS:
                cell += f" ({times:.2f}x)"
            cells.append(cell)
        lines.append(_line(work.BY_NAME[kind].title, cells))
    lines.append(_line("processor time, microseconds", group.contenders))
    for kind in group.kinds:
        spent = [group.microseconds(kind, name) for name in group.contenders]
        cells = ["-" if each is None else f"{each:,.0f}" for each in spent]
        lines.append(_line(work.BY_NAME[kind].title, cells))
    return "\n".join([*lines, *group.failed])


def _line(head: str, cells: Sequence[str]) -> str:
    return f"{head:<32}" + "".join(f"{cell:>17}" for cell in cells)


@dataclass
class Report:
    """All groups, and the facts that the figures depend on."""

    facts: Mapping[str, str]
    groups: list[Group] = field(default_factory=list)

    def json(self) -> str:
        """Every single run."""
        runs = [
            {"database": group.database, "size": group.size, "processes": group.processes,
             "work": kind, "contender": name, "rate": run.rate, **asdict(run)}
            for group in self.groups for (kind, name), found in group.runs.items() for run in found
        ]  # fmt: skip
        return json.dumps({"facts": self.facts, "runs": runs}, indent=1)
