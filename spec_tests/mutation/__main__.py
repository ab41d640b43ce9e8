"""Change the contract in one place at a time, and see whether the suite notices."""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from app.contract import PATH, contract
from app.jsonschema import Json
from spec_tests.changes import breaking_changes
from spec_tests.mutation import report, runner
from spec_tests.mutation.operators import Mutant, mutants
from spec_tests.mutation.places import concerned
from spec_tests.mutation.stages import LINT, OTHERS, stages
from spec_tests.mutation.writing import writer

RESULTS = PATH.parent.parent / "build" / "mutation.jsonl"
CONTRACT = "openapi/openapi.yaml"
SEED = 6


def chosen(all_of_them: list[Mutant], count: int | None) -> list[Mutant]:
    """All mutants, or some that are the same each time as long as the contract is."""
    if count is None or count >= len(all_of_them):
        return all_of_them
    some = {each.id for each in random.Random(SEED).sample(all_of_them, count)}
    return [each for each in all_of_them if each.id in some]


def released() -> Json:
    def version(path: Path) -> list[int]:
        return [*map(int, path.stem.split("."))]

    newest = max((PATH.parent / "released").glob("*.yaml"), key=version)
    return yaml.load(newest.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def judge() -> Callable[[Mutant], report.Verdict]:
    """A function that runs the suite on a mutant."""
    original, promised = contract(), released()
    write = writer(original.source)
    announced = set(breaking_changes(promised, original.document))

    def verdict(mutant: Mutant) -> report.Verdict:
        start = time.monotonic()
        text = write(mutant)
        document = yaml.load(text, Loader=yaml.CSafeLoader)
        breaks = _breaks(promised, document, announced)
        operations = concerned(original.document, mutant.where)
        # What breaks the release is noticed anyway; the slowest tests have no need to see it too.
        tests = [each for each in stages(operations) if not (breaks and each is OTHERS)]
        outcome = runner.run(CONTRACT, text, tests, operations)
        if outcome.killer is None and not breaks:
            outcome = runner.run(CONTRACT, text, [LINT], operations)
        seconds = time.monotonic() - start
        return report.Verdict(mutant.id, mutant.operator, outcome.killer, breaks, seconds)

    return verdict


def unchanged() -> runner.Outcome:
    """What happens to the contract as it is: a test that fails on it would notice everything."""
    operations = list(contract().operations)
    return runner.run(CONTRACT, contract().source, [*stages(operations), LINT], operations)


def _breaks(promised: Json, document: Json, announced: set) -> bool:
    try:
        return bool(set(breaking_changes(promised, document)) - announced)
    except Exception:
        return True  # A document that cannot even be compared fails the comparison.


def verdicts(some: list[Mutant], until: float) -> Iterator[report.Verdict]:
    """The verdict on each, from an earlier run if there is one."""
    known = {each.id: each for each in report.written_down(RESULTS)}
    judged = judge()
    for mutant in some:
        if mutant.id not in known and time.monotonic() < until:
            known[mutant.id] = judged(mutant)
            report.write_down(RESULTS, known[mutant.id])
        if mutant.id in known:
            yield known[mutant.id]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m spec_tests.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, help="try so many, the same each time")
    parser.add_argument("--minutes", type=float, default=1e6, help="stop after so many minutes")
    parser.add_argument("--resume", action="store_true", help="keep what was found before")
    parser.add_argument("--list", action="store_true", help="only tell what would be tried")
    parser.add_argument("--only", default="", help="those whose id holds this text")
    options = parser.parse_args()
    some = [each for each in mutants(contract().document) if options.only in each.id]
    some = chosen(some, options.sample)
    if options.list:
        print("\n".join(each.id for each in some))
        return 0
    if not options.resume:
        RESULTS.unlink(missing_ok=True)
    runner.warm_up()
    if not options.resume and (outcome := unchanged()).killer:
        print(f"{outcome.output}\nThe contract itself fails {outcome.killer}; mend that first.")
        return 2
    found = report.Report([], report.known_reasons())
    for verdict in verdicts(some, time.monotonic() + options.minutes * 60):
        found.verdicts.append(verdict)
        if not verdict.is_killed:
            print(f"survived: {verdict.id}", file=sys.stderr, flush=True)
    print(found.text())
    missing = len(some) - len(found.verdicts)
    if missing:
        print(f"{missing} mutants are left; --resume goes on with them.")
    return 0 if found.is_good and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
