"""The commands for MariaDB that the documentation shows do what it says."""

import os
import re
import subprocess
from pathlib import Path

from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from models import Group
from models.engine import make_engine
from models.migrate import is_current
from models.row_count import RowCount
from tests.databases import new_database
from tests.factories import a_group

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "operations.md"


def commands():
    """What is to be run, in the order of the page."""
    section = DOCUMENTATION.read_text().partition("### MariaDB")[2]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)[:2]


def counts(engine):
    with Session(engine) as session:
        found = session.scalars(select(RowCount).where(RowCount.table_name == "groups"))
        return sum(each.difference for each in found)


def test_a_dump_can_be_put_back(server, session, tmp_path):
    a_group(session, name="first")
    address = make_url(server.settings.database_url)
    access = {"host": address.host, "port": address.port, "user": address.username}
    lines = "".join(f"{name} = {value}\n" for name, value in access.items())
    (tmp_path / "shop.cnf").write_text(f"[client]\n{lines}")
    elsewhere = new_database(tmp_path, "restored")
    for command, url in zip(commands(), (address, make_url(elsewhere)), strict=True):
        subprocess.run(
            ["bash", "-euc", command], check=True, cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "DATABASE": str(url.database)},
        )  # fmt: skip
    engine = make_engine(elsewhere)
    assert is_current(engine)
    with Session(engine) as restored:
        assert restored.scalars(select(Group.name)).all() == ["first"]
        a_group(restored, name="second", slug="second")
    # Triggers are back too, and have counted nothing twice.
    assert counts(engine) == 2
    engine.dispose()
