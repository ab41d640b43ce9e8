"""The commands for PostgreSQL that the documentation shows do what it says."""

import os
import re
import subprocess
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Group
from models.engine import make_engine
from models.migrate import is_current
from tests.databases import new_database
from tests.factories import a_group

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "operations.md"


def commands():
    """What is to be run, in the order of the page."""
    section = DOCUMENTATION.read_text().partition("### PostgreSQL")[2]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)[:2]


def test_a_dump_can_be_put_back(server, session, tmp_path):
    a_group(session, name="first")
    dump, restore = commands()
    elsewhere = new_database(tmp_path, "restored")
    for command, url in ((dump, server.settings.database_url), (restore, elsewhere)):
        subprocess.run(
            ["bash", "-euc", command], check=True, cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "DATABASE_URL": url},
        )  # fmt: skip
    engine = make_engine(elsewhere)
    assert is_current(engine)
    with Session(engine) as restored:
        assert restored.scalars(select(Group.name)).all() == ["first"]
    engine.dispose()
