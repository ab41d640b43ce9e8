"""The file of the database may only be read: a server does not begin, and says so in one line."""

import os
import re
from stat import S_IWGRP, S_IWOTH, S_IWUSR
from subprocess import PIPE, STDOUT

import pytest

from tests.processes import command

pytestmark = pytest.mark.needs("minutes")

REFUSED = re.compile("may not write|cannot be written|readonly")
NOBODY_WRITES = ~(S_IWUSR | S_IWGRP | S_IWOTH)
# Without these, root obeys permissions like anybody else.
AS_ANYBODY = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]


@pytest.fixture
def database(tmp_path):
    """A database that is migrated, in a folder of its own."""
    file = tmp_path / "database" / "shop.db"
    assert run("migrate", file)[0] == 0
    yield file
    file.parent.chmod(0o700)


def run(name, file):
    """The exit status and the output of a command that obeys the permissions of files."""
    prefix = AS_ANYBODY if os.getuid() == 0 else ()
    settings = {"DATABASE_URL": f"sqlite:///{file}"}
    with command(name, prefix=prefix, settings=settings, stdout=PIPE, stderr=STDOUT) as process:
        return process.wait(), process.stdout.read()


@pytest.mark.parametrize("name", ["serve", "check", "list-api-keys"])
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_command_says_what_cannot_be_written(database, name, what):
    path = database if what == "file" else database.parent
    path.chmod(path.stat().st_mode & NOBODY_WRITES)
    status, printed = run(name, database)
    assert status == 1
    assert any(str(path) in line and REFUSED.search(line) for line in printed.splitlines())
    assert "Traceback" not in printed
