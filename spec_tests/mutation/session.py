"""A run over many mutants: which of them, for how long, and what comes out."""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from spec_tests.mutation.report import Report, Verdict, known_reasons, write_down, written_down
from spec_tests.mutation.runner import Outcome, warm_up

SEED = 6


def options(program: str, description: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--sample", type=int, help="try so many, the same each time")
    parser.add_argument("--only", default="", help="those whose id holds this text")
    parser.add_argument("--list", action="store_true", help="only tell what would be tried")
    parser.add_argument("--minutes", type=float, default=1e6, help="stop after so many minutes")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 4),
                        help="try so many at the same time")  # fmt: skip
    parser.add_argument("--resume", action="store_true", help="keep what was found before")
    parser.add_argument("--quick", action="store_true",
                        help="run no tests on what breaks the released contract")  # fmt: skip
    return parser.parse_args()


def chosen(all_of_them: Sequence[Any], count: int | None) -> Sequence[Any]:
    """All mutants, or some that are the same each time as long as nothing changes. A smaller
    sample is the beginning of a larger one."""
    if count is None or count >= len(all_of_them):
        return all_of_them
    order = random.Random(SEED).sample(range(len(all_of_them)), len(all_of_them))
    return [all_of_them[place] for place in order[:count]]


def verdicts(
    some: Sequence[Any], judge: Callable[[Any], Verdict], results: Path, until: float, jobs: int
) -> Iterator[Verdict]:
    """The verdict on each, from an earlier run if there is one, as they come."""
    known = {each.id: each for each in written_down(results)}
    yield from (known[mutant.id] for mutant in some if mutant.id in known)
    left = [mutant for mutant in some if mutant.id not in known]
    # Forked, so that nobody has to be warm again, and that a judge need not be sent.
    with get_context("fork").Pool(jobs, _take, (judge, until)) as pool:
        for verdict in pool.imap_unordered(_judge, left):
            if verdict is not None:
                write_down(results, verdict)
                yield verdict


_task: tuple[Callable[[Any], Verdict], float]


def _take(*task: Any) -> None:
    """What a process of the pool begins with."""
    global _task
    _task = task


def _judge(mutant: Any) -> Verdict | None:
    """The verdict of a process of the pool, none if it is too late for one."""
    judge, until = _task
    return judge(mutant) if time.monotonic() < until else None


def run(
    options: argparse.Namespace,
    mutants: Sequence[Any],
    judge: Callable[[Any], Verdict],
    unchanged: Callable[[], Outcome],
    results: Path,
    lowest: float,
) -> int:
    """Try mutants and print the report; the exit code says whether it is good."""
    some = chosen([each for each in mutants if options.only in each.id], options.sample)
    if options.list:
        print("\n".join(each.id for each in some))
        return 0
    warm_up()
    if not options.resume:
        results.unlink(missing_ok=True)
        # A test that fails without any change would seem to notice everything.
        if (outcome := unchanged()).killer:
            print(f"{outcome.output}\n{outcome.killer} fails without any change; mend that first.")
            return 2
    report = Report([], known_reasons(), lowest)
    until = time.monotonic() + options.minutes * 60
    for verdict in verdicts(some, judge, results, until, options.jobs):
        report.verdicts.append(verdict)
        if not verdict.is_killed:
            print(f"survived: {verdict.id}", file=sys.stderr, flush=True)
    print(report.text())
    left = len(some) - len(report.verdicts)
    if left:
        print(f"{left} mutants are left; --resume goes on with them.")
    return 0 if report.is_good and not left else 1
