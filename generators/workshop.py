"""Folders in which clients are generated, compiled and run."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from generators.declared import JARS, JOURNEYS, Generator, Importer

NODE = Path(__file__).parent / "node" / "node_modules"
# The tools of this environment come first, those of npm next.
TOOLS = (Path(sys.executable).parent, NODE / ".bin")


class Workshop:
    """Makes each client once, however many tests ask for it."""

    def __init__(self, folder: Path, document: bytes, picture: bytes):
        self._folder, self._document, self._picture = folder, document, picture
        self.generated = cache(self._generated)
        self.compiled = cache(self._compiled)

    def _generated(self, generator: Generator) -> Path:
        """Return the folder of a new client."""
        folder = self._prepared(generator.id)
        shutil.copy(
            JOURNEYS / generator.program, folder / f"journey{Path(generator.program).suffix}"
        )
        execute(generator.generate, folder)
        return folder

    def _compiled(self, generator: Generator) -> Path:
        """Return the folder of a client that its language has checked, with its program."""
        folder = self.generated(generator)
        execute(generator.check, folder)
        return folder

    def journey(self, generator: Generator, *arguments: str) -> str:
        """Go the journey. Returns what the program has printed."""
        return execute(f'{generator.run} "$@"', self.compiled(generator), *arguments)

    def imported(self, importer: Importer) -> str:
        """Return the collection that a program makes of the document."""
        folder = self._prepared(importer.id)
        shutil.copy(JOURNEYS / "bruno.mjs", folder)
        execute(importer.run, folder)
        return (folder / "collection.json").read_text()

    def _prepared(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        (folder / "openapi.json").write_bytes(self._document)
        (folder / "logo.png").write_bytes(self._picture)
        (folder / "node_modules").symlink_to(NODE)
        return folder


def execute(command: str, folder: Path, *arguments: str) -> str:
    """Run a command line in a folder. Returns what it prints; fails with all that it has said."""
    path = os.pathsep.join((*map(str, TOOLS), os.environ["PATH"]))
    done = subprocess.run(
        ["sh", "-c", command, "sh", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PATH": path,
            "JARS": JARS,
            "MYPYPATH": str(folder),
            # A generator ends before more compiling would pay.
            "JAVA_OPTS": "-XX:TieredStopAtLevel=1",
            # What clients run on is read once for all.
            "MYPY_CACHE_DIR": str(folder.parent / "mypy"),
            "PYTHONWARNINGS": "ignore",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-5000:]}\n{done.stderr[-5000:]}"
    return done.stdout
