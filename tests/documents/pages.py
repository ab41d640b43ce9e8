"""The pages for readers, and the blocks in them: commands, programs, data."""

import re
from pathlib import Path
from typing import NamedTuple

from tests.processes import ROOT

BLOCK = re.compile(
    r"^ *(?:<!-- (?P<note>.*?) -->\n *)?```(?P<language>\w+)\n(?P<code>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUN = {"sh", "python", "php", "javascript"}
# What cannot be run. The statements of SQL make a user and a database for one server.
SHOWN = {"json", "yaml", "xml", "mermaid", "markdown", "ini", "nginx", "sql",
         "typescript", "go", "java"}  # fmt: skip


class Block(NamedTuple):
    """A fenced block, with the comment in the line before it."""

    language: str
    code: str
    note: str

    @property
    def is_run(self) -> bool:
        return self.language in RUN and not self.note.startswith("not run: ")

    @property
    def goes_on(self) -> bool:
        return self.note == "goes on until Ctrl-C"


def blocks(page: Path) -> list[Block]:
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(each["language"], each["code"], each["note"] or "") for each in found]
