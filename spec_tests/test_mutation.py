"""A sample of changes to the contract is noticed, and the tool that tries them sees what is not."""

import os
import subprocess
import sys
from fnmatch import fnmatchcase

import pytest
import yaml

from app.contract import contract
from spec_tests.mutation import runner
from spec_tests.mutation.changes import OPERATORS, changed
from spec_tests.mutation.operators import mutants
from spec_tests.mutation.places import at, concerned
from spec_tests.mutation.report import Report, Verdict, known_reasons, written_down
from spec_tests.mutation.writing import writer
from spec_tests.recording import FOLDER

pytestmark = [pytest.mark.own, pytest.mark.once, pytest.mark.needs("minutes")]
CONTRACT = contract()
MUTANTS = mutants(CONTRACT.document)


def test_each_kind_of_change_has_mutants_and_none_is_there_twice():
    assert {each.operator for each in MUTANTS} == OPERATORS.keys()
    assert len({each.id for each in MUTANTS}) == len(MUTANTS) > 4000


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_mutant_differs_from_the_contract_in_one_place(operator):
    write = writer(CONTRACT.source)
    first, *_, last = [each for each in MUTANTS if each.operator == operator]
    for mutant in (first, last):
        text = write(mutant)
        written = yaml.load(text, Loader=yaml.CSafeLoader)
        assert written != CONTRACT.document
        assert written == changed(CONTRACT.document, mutant)
        assert at(written, mutant.where) == mutant.value
        *way, step = mutant.where
        at(written, tuple(way))[step] = at(CONTRACT.document, mutant.where)
        assert written == CONTRACT.document


def test_a_place_concerns_the_operations_that_lead_there():
    def about(*place):
        return concerned(CONTRACT.document, place)

    assert about("paths", "/application/health", "get", "responses") == ["health.show"]
    assert about("components", "parameters", "group_sort", "name") == ["groups.index"]
    assert about("components", "schemas", "TokenRequest", "properties") == ["oauth.token"]
    everything = list(CONTRACT.operations)
    assert about("x-body-limit") == about("components", "schemas", "Problem") == everything


def test_a_survivor_without_a_reason_fails_a_run():
    dead = Verdict("a:drop", "required", "some test", breaks_release=False, seconds=1)
    announced = Verdict("b:drop", "required", None, breaks_release=True, seconds=1)
    alive = Verdict("c:drop", "bounds", None, breaks_release=False, seconds=1)
    report = Report([dead, announced, alive], {}, lowest=0.5)
    assert report.unexplained == ["c:drop"]
    assert not report.is_good
    lines = report.text().splitlines()
    assert lines[1].split() == ["required", "2", "2", "100.0%", "1", "50.0%"]
    assert lines[3].split() == ["all", "3", "2", "66.7%", "1", "33.3%"]
    explained = Report(report.verdicts, {"c:*": "Because."}, lowest=0.5)
    assert explained.is_good
    assert not Report(report.verdicts, {"c:*": "Because."}, lowest=0.9).is_good


def test_every_reason_is_about_mutants_that_there_are():
    listed = [pattern for pattern in known_reasons() if not pattern.startswith(("app/", "models/"))]
    for pattern in listed:
        assert any(fnmatchcase(each.id, pattern) for each in MUTANTS), pattern


def run(*options):
    """Run the tool: in a process of its own, since this one has threads and cannot be forked."""
    environment = {name: value for name, value in os.environ.items() if name != FOLDER}
    command = [sys.executable, "-m", "spec_tests.mutation", "--quick", *options]
    return subprocess.run(
        command, cwd=runner.ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.needs("minutes")
def test_what_only_a_test_can_notice_is_noticed_by_that_test():
    ran = run("--only", "schemas/PricingCreate/required/currency:drop")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (verdict,) = written_down(runner.ROOT / "build" / "mutation-quick.jsonl")
    assert not verdict.breaks_release
    assert verdict.killer.startswith("spec_tests/test_published.py::test_a_body_takes")


@pytest.mark.needs("minutes")
def test_a_sample_of_changes_to_the_contract_is_noticed():
    ran = run("--sample", "20")
    assert ran.returncode == 0, ran.stdout + ran.stderr
