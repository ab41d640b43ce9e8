"""How `make`, tox and pytest set up and test the project on machines that lack something."""

import os
import shlex
import subprocess
from shutil import copy
from sys import executable

import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.once

TESTS = """
import pytest
from tests.needs import needs

@pytest.fixture
@needs("redis")
def server(): pass

def test_a(): pass
def test_b(server): pass
def test_c(server): pass
@pytest.mark.needs("valgrind")
def test_d(): pass
@pytest.mark.needs("minutes")
def test_e(): pass
"""


@pytest.fixture
def tests_on_a_bare_machine(tmp_path):
    """A function that runs five tests where no other program is installed; the process."""
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["tests.needs"]')
    (tmp_path / "test_it.py").write_text(TESTS)
    environment = {"PATH": str(tmp_path), "PYTHONPATH": str(ROOT)}
    # Others of what is installed have plugins for pytest that take seconds to import.
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

    def run(*options):
        command = [executable, "-m", "pytest", "-p", "xdist", "-p", "no:cacheprovider", *options]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
        )

    return run


REDIS = "Left out: 2 tests, as Redis is not installed. To add: {}redis-server"
VALGRIND = "Left out: 1 test, as Valgrind is not installed. To add: {}valgrind"
INSTALL = "apt-get install -y --no-install-recommends "


@pytest.mark.parametrize("processes", ["0", "2"])
def test_the_last_lines_name_what_was_left_out_and_the_command_that_adds_it(
    tests_on_a_bare_machine, processes
):
    ended = tests_on_a_bare_machine("--numprocesses", processes)
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[-2:] == [REDIS.format(INSTALL), VALGRIND.format(INSTALL)]
    assert "2 passed" in ended.stdout
    assert "skipped" not in ended.stdout


def test_a_short_run_names_what_takes_minutes_and_the_runs_that_it_is_no_part_of(
    tests_on_a_bare_machine,
):
    ended = tests_on_a_bare_machine("--short")
    lines = [line for line in ended.stdout.splitlines() if line.startswith("Left out: ")]
    assert lines[0] == "Left out: 1 test, as they take minutes. To add: make test-all"
    assert [line.rpartition("To add: ")[2] for line in lines[3:]] == [
        "make test-postgresql", "make test-mariadb", "make clients", "make bench-check",
    ]  # fmt: skip
    assert ended.stdout.splitlines()[-len(lines) :] == lines


def test_in_a_complete_run_a_missing_program_is_a_failure_that_names_its_package(
    tests_on_a_bare_machine,
):
    ended = tests_on_a_bare_machine("--complete")
    assert ended.returncode == 1
    assert "2 passed, 3 errors" in ended.stdout
    assert f"{INSTALL}redis-server" in ended.stdout


@pytest.fixture
def project(tmp_path):
    """A project with our Makefile that needs no packages."""
    copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.txt", "setup.py"):
        (tmp_path / name).touch()
    (tmp_path / "app/xml").mkdir(parents=True)
    (tmp_path / "app/xml/_elements.c").touch()
    return tmp_path


def make(folder, *arguments, python=executable):
    # As a person calls it, whatever `make` has started these tests.
    environment = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", f"PYTHON={python}", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def works(folder):
    """Whether the Python of an environment and a command that was installed into it start."""
    commands = ([".venv/bin/python", "--version"], [".venv/bin/pip", "--version"])
    return all(not subprocess.run(each, cwd=folder).returncode for each in commands)


@pytest.mark.needs("minutes")
def test_an_environment_that_make_did_not_make_is_made_anew(project):
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/python").symlink_to("/nowhere/python3.10")
    (project / ".venv/serve").touch()
    made = make(project, ".venv/serve")
    assert made.returncode == 0, made.stderr
    assert works(project)
    assert make(project, ".venv/serve").stdout == "make: '.venv/serve' is up to date.\n"


@pytest.mark.needs("minutes")
def test_the_environment_of_a_folder_that_was_moved_is_made_anew(project):
    assert make(project, ".venv/serve").returncode == 0
    moved = project.rename(project.with_name("moved"))
    assert make(moved, ".venv/serve").returncode == 0
    assert works(moved)


def test_a_python_that_is_too_old_is_named(project):
    old = project / "old"
    old.write_text(
        f'#!/bin/sh\nexec {executable} -c "import sys; sys.version_info = (3, 10, 1); $2"\n'
    )
    old.chmod(0o755)
    made = make(project, ".venv/serve", python=old)
    assert made.returncode != 0
    assert f"Python 3.11 or later is needed, and {old} is 3.10" in made.stderr
    assert not (project / ".venv").exists()


@pytest.mark.needs("minutes")
@pytest.mark.parametrize(
    ("environment", "path", "word"),
    [
        ("behaviour", "tests/test_products.py", "price"),
        ("contract", "spec_tests/test_style.py", "order"),
        ("postgresql", "tests/test_products.py", "price"),
        ("mariadb", "tests/test_products.py", "price"),
    ],
)
def test_tox_runs_only_the_tests_that_it_is_given(environment, path, word):
    tox = [executable, "-m", "tox", "config", "-e", environment, "-k", "commands"]
    told = subprocess.run(
        [*tox, "--", path, "-k", word], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    command = shlex.split(told.stdout.partition("commands =")[2])
    assert command[0] == "pytest"
    ended = subprocess.run(
        [executable, "-m", *command, "--numprocesses", "0", "--collect-only", "-q"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    found = [line for line in ended.stdout.splitlines() if "::" in line]
    assert found
    assert all(line.startswith(f"{path}::") for line in found)
