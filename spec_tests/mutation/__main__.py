"""Change the contract in one place at a time, and see whether the suite notices."""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import yaml

from app.contract import PATH, contract
from app.jsonschema import Json
from spec_tests.changes import breaking_changes
from spec_tests.mutation import report, runner, session
from spec_tests.mutation.changes import Mutant, changed
from spec_tests.mutation.operators import mutants
from spec_tests.mutation.places import concerned
from spec_tests.mutation.stages import OTHERS, stages
from spec_tests.mutation.writing import writer

BUILD = PATH.parent.parent / "build"
CONTRACT = "openapi/openapi.yaml"


def released() -> Json:
    def version(path: Path) -> list[int]:
        return [*map(int, path.stem.split("."))]

    newest = max((PATH.parent / "released").glob("*.yaml"), key=version)
    return yaml.load(newest.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def judge(*, quick: bool = False) -> Callable[[Mutant], report.Verdict]:
    """A function that runs the suite on a mutant. A quick one asks whether it is noticed at all:
    it runs no tests on what breaks the release."""
    original, promised = contract(), released()
    write = writer(original.source)
    announced = set(breaking_changes(promised, original.document))

    def verdict(mutant: Mutant) -> report.Verdict:
        start = time.monotonic()
        breaks = _breaks(promised, changed(original.document, mutant), announced)
        operations = concerned(original.document, mutant.where)
        # What breaks the release is noticed anyway; the slowest tests have no need to see it too.
        tests = [each for each in stages(operations) if not (breaks and each is OTHERS)]
        if breaks and quick:
            tests = []
        outcome = runner.run(CONTRACT, write(mutant), tests, operations)
        seconds = time.monotonic() - start
        return report.Verdict(mutant.id, mutant.operator, outcome.killer, breaks, seconds)

    return verdict


def unchanged(*, quick: bool = False) -> runner.Outcome:
    """What happens to the contract as it is: a test that fails on it would notice everything."""
    operations = list(contract().operations)
    tests = stages(operations)
    return runner.run(CONTRACT, contract().source, tests[:1] if quick else tests, operations)


def _breaks(promised: Json, document: Json, announced: set) -> bool:
    try:
        return bool(set(breaking_changes(promised, document)) - announced)
    except Exception:
        return True  # A document that cannot even be compared fails the comparison.


def main() -> int:
    options = session.options("python -m spec_tests.mutation", __doc__)
    return session.run(
        options,
        mutants(contract().document),
        judge(quick=options.quick),
        partial(unchanged, quick=options.quick),
        BUILD / ("mutation-quick.jsonl" if options.quick else "mutation.jsonl"),
        lowest=0.95,
    )


if __name__ == "__main__":
    sys.exit(main())
