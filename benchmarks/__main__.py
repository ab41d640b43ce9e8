"""Compare this server with others that do the same work on the same data.

Each contender is one process (or --processes) of its own, loaded by wrk with 16 connections.
Before anything is timed, all have to give equal answers; an answer with another status while it
is timed is a failure. Runs of the contenders alternate. Printed are medians of requests a
second, and how many times the rate of each contender this server reaches. The same goes with
plots into build/bench.html, and every single run into build/bench.json.

PostgreSQL takes part where TEST_POSTGRESQL names a server.
"""

import argparse
import os
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import contenders, work
from benchmarks.contenders import Contender
from benchmarks.data import BUILD, database, restore
from benchmarks.facts import facts
from benchmarks.load import NotStarted, Running, Unequal, answer, by_cursor, compare, drive, running
from benchmarks.page import page
from benchmarks.results import Group, Report, table
from benchmarks.work import Work

SERVER = os.environ.get("TEST_POSTGRESQL", "")


def arguments(command: Sequence[str]) -> argparse.Namespace:
    def names(text: str) -> list[str]:
        return text.split(",")

    def numbers(text: str) -> list[int]:
        return [int(each.replace("_", "")) for each in text.split(",")]

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    databases = ["sqlite", "postgresql"] if SERVER else ["sqlite"]
    parser.add_argument("--databases", type=names, default=databases)
    parser.add_argument("--sizes", type=numbers, default=[10_000], help="customers in the shop")
    parser.add_argument("--processes", type=numbers, default=[1])
    parser.add_argument(
        "--contenders", type=names, default=list(contenders.BY_NAME),
        help=f"some of {','.join(contenders.BY_NAME)}",
    )  # fmt: skip
    parser.add_argument(
        "--work", type=names, default=list(work.BY_NAME), help=f"some of {','.join(work.BY_NAME)}"
    )
    parser.add_argument("--seconds", type=int, default=1, help="of each run")
    parser.add_argument("--rounds", type=int, default=4)
    found = parser.parse_args(command)
    for name, known in (("contenders", contenders.BY_NAME), ("work", work.BY_NAME),
                        ("databases", ("sqlite", "postgresql"))):  # fmt: skip
        if unknown := set(getattr(found, name)) - set(known):
            parser.error(f"--{name}: {', '.join(sorted(unknown))} is not one of {', '.join(known)}")
    if "postgresql" in found.databases and not SERVER:
        parser.error("--databases: TEST_POSTGRESQL names no server")
    return found


def ready(
    contender: Contender, kind: Work, url: str, size: int, expected: dict[str, Any]
) -> Work | None:
    """The work as this contender does it, after its answer was compared; None to leave it out."""
    if kind.name in contender.skips:
        return None
    own = contender.does(kind)
    if kind.name == "deep":
        own = replace(own, path=middle(contender, kind, url, size))
    try:
        found = answer(url, own)
        if kind.name == "deep":
            # Who walks by cursors counts pages in another way.
            found = found["data"]
        compare(expected.setdefault(kind.name, found), found)
    except Unequal as error:
        raise Unequal(f"{contender.name}, {kind.title}: {error}") from None
    return own


def middle(contender: Contender, kind: Work, url: str, size: int) -> str:
    """The path of the page in the middle of the customers: by a cursor, or else by its number."""
    by_number = kind.path.format(page=size // 50 + 1)
    if contender.is_bound:
        return f"{by_number}&after={size // 2}"
    return by_cursor(url, kind, size // 2) or by_number


def measure(group: Group, options: argparse.Namespace, folder: Path) -> None:
    """All runs on one database, with one number of processes."""
    people = [
        contenders.BY_NAME[name]
        for name in options.contenders
        if group.database in contenders.BY_NAME[name].databases
    ]
    kinds = [work.BY_NAME[name] for name in options.work]
    with ExitStack() as stack:
        url = stack.enter_context(database(group.database, group.size, folder, SERVER))
        expected: dict[str, Any] = {}
        found: dict[tuple[str, str], tuple[Running, Work]] = {}
        for contender in people:
            process = stack.enter_context(running(contender, url, group.processes, folder))
            for kind in kinds:
                own = ready(contender, kind, process.url, group.size, expected)
                if kind.writes:
                    restore(url, group.size)
                if own is not None:
                    found[contender.name, kind.name] = process, own
        for number in range(options.rounds):
            for kind in kinds:
                for contender in people:
                    if (contender.name, kind.name) not in found:
                        continue
                    process, own = found[contender.name, kind.name]
                    run = drive(process, own, options.seconds, folder)
                    group.add(kind.name, contender.name, run)
                    if kind.writes:
                        restore(url, group.size)
            print(f"{group.title}: round {number + 1} of {options.rounds}", file=sys.stderr)


def main(command: Sequence[str]) -> int:
    options = arguments(command)
    if shutil.which("wrk") is None:
        print("wrk is not installed: apt-get install wrk", file=sys.stderr)
        return 2
    # Servers that were started end with us, however we end.
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda *_: sys.exit(1))
    BUILD.mkdir(exist_ok=True)
    called = f"python -m benchmarks {shlex.join(command)}".strip()
    report = Report(facts(called, options.databases, SERVER))
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        for kind in options.databases:
            for size in options.sizes:
                for processes in options.processes:
                    group = Group(kind, size, processes)
                    try:
                        measure(group, options, Path(folder))
                    except (Unequal, NotStarted) as error:
                        print(error, file=sys.stderr)
                        return 1
                    report.groups.append(group)
                    print(table(group), end="\n\n", flush=True)
    (BUILD / "bench.json").write_text(report.json())
    (BUILD / "bench.html").write_text(page(report), encoding="utf-8")
    print(f"{BUILD / 'bench.html'} shows the same as plots.")
    return 1 if any(group.failed for group in report.groups) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
