"""A copy of this program to try the commands of pages on, as on the machine of a reader."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from subprocess import STDOUT, Popen
from sys import prefix

from tests.documents.pages import Block
from tests.processes import ROOT, answers, free_port
from tests.waiting import wait_until

# What a checkout has beside its files, and tests that no command of a page runs.
LEFT_OUT = ("node_modules", ".git", ".venv", ".tox", "var", "build", "tests", "__pycache__", ".*")
NODE_MODULES = ROOT / "tests" / "clients" / "node_modules"
# How each language of a block is run. Commands of curl fail if the server refuses a request.
COMMANDS = {
    "sh": ("bash", "-euo", "pipefail"),
    "python": (".venv/bin/python",),
    "php": ("php",),
    "javascript": ("node",),
}
# The parts of an environment of Python. Beside them make keeps files that say what is installed.
INSTALLED = ("bin", "lib", "pyvenv.cfg")
SUFFIXES = {"sh": "sh", "python": "py", "php": "php", "javascript": "mjs"}
CURL = 'curl() { command curl --silent --show-error --fail-with-body "$@"; }\n'
TOKEN = re.compile(r"^Token: +(\S+)$", re.MULTILINE)


@dataclass
class Machine:
    """A folder with the program, a free port, and `key`: the last one that a command printed."""

    folder: Path
    port: int
    key: str = ""
    started: list[Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def placed(self, text: str) -> str:
        """Return a text of a page or of deploy/ with the paths and the port of this machine.

        There is no user of its own, and no mail server.
        """
        for old, new in (
            ("127.0.0.1:8000", f"127.0.0.1:{self.port}"),
            ("/opt/clientxcms", str(self.folder)),
            ("/etc/", f"{self.folder}/etc/"),
            ("/usr/local/bin", f"{self.folder}/bin"),
            ("/var/lib/clientxcms", f"{self.folder}/lib"),
            ("/backups", f"{self.folder}/backups"),
            ("-o clientxcms ", ""),
            ("runuser -u clientxcms -- ", ""),
            ("smtp://user:password@smtp.example:587", f"file://{self.folder}/mail"),
        ):
            text = text.replace(old, new)
        return text

    def run(self, block: Block) -> None:
        """Run a block as its page shows it, and wait until it has ended or until it serves.

        Raises AssertionError, with what was printed, if it fails.
        """
        number = len(self.started)
        script = self.folder / f"block{number}.{SUFFIXES[block.language]}"
        prelude = CURL if block.language == "sh" else ""
        script.write_text(prelude + self.placed(block.code), encoding="utf-8")
        printed = self.folder / f"block{number}.txt"
        with printed.open("wb") as output:
            process = Popen(
                [*COMMANDS[block.language], script], cwd=self.folder, env=self._environment(),
                stdout=output, stderr=STDOUT, start_new_session=True,
            )  # fmt: skip
        self.started.append(process)
        if block.goes_on:
            wait_until(lambda: process.poll() is not None or answers(self.url), seconds=120)
        else:
            process.wait(120)
        text = printed.read_text(encoding="utf-8")
        assert not process.poll(), f"{block.code}\n{text}"
        if found := TOKEN.findall(text):
            self.key = found[-1]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "PORT": str(self.port),
            "KEY": self.key,
        }


@contextmanager
def new_machine(folder: Path) -> Iterator[Machine]:
    """Install the program in an empty folder; in the end, stop whatever was started there."""
    machine = Machine(folder, free_port())
    shutil.copytree(
        ROOT, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*LEFT_OUT)
    )  # fmt: skip
    for file in (folder / "deploy").iterdir():
        file.write_text(machine.placed(file.read_text(encoding="utf-8")), encoding="utf-8")
    for name in ("bin", "backups", "etc/systemd/system"):
        (folder / name).mkdir(parents=True)
    shutil.copy2(Path(__file__).with_name("systemctl"), folder / "bin")
    # Packages of Node are looked for where the script is.
    (folder / "node_modules").symlink_to(NODE_MODULES)
    _install(folder)
    try:
        yield machine
    finally:
        for process in machine.started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, SIGKILL)
            process.wait()


def _install(folder: Path) -> None:
    """Let make take the packages of the tests for those that it would install first."""
    (folder / ".venv").mkdir()
    for name in INSTALLED:
        (folder / ".venv" / name).symlink_to(Path(prefix, name))
    # Not as a part of the run of make that may have started the tests.
    environment = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    subprocess.run(["make", "--touch", ".venv/serve"], cwd=folder, env=environment, check=True)
