"""Start contenders, see that they give the same answers, and load them with wrk."""

import json
import math
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from benchmarks.contenders import Contender
from benchmarks.data import ROOT, TOKEN, moment
from benchmarks.work import BASE, Work, script

CONNECTIONS = 16
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")
# How many items are passed with each page on the way into a list.
STEP = 1000


class Unequal(Exception):
    """A contender does not give the answer that the others give."""


class NotStarted(Exception):
    """A contender does not answer at all. `make bench` installs what they need."""


@dataclass(frozen=True)
class Measured:
    """One run of wrk. Latencies in milliseconds; `cpu` is the processor time of the contender, in
    seconds, without that of a database server.
    """

    requests: int
    seconds: float
    failed: int
    p50: float
    p99: float
    cpu: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def microseconds(self) -> float:
        """Processor time of a request."""
        return self.cpu / self.requests * 1e6 if self.requests else math.inf


class Running(NamedTuple):
    """A contender. All its processes are of one session."""

    url: str
    session: int

    def cpu(self) -> float:
        """The processor time that all its processes have had, in seconds."""
        ticks = sum(int(fields[11]) + int(fields[12]) for _, fields in self._processes())
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """What its processes have of the memory, in megabytes. What they share counts once."""
        kilobytes = 0
        for folder, _ in self._processes():
            with suppress(OSError):
                rollup = (folder / "smaps_rollup").read_text()
                kilobytes += int(rollup.partition("\nPss:")[2].split()[0])
        return kilobytes / 1024

    def _processes(self) -> Iterator[tuple[Path, list[str]]]:
        for file in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                # Behind the name of the program, which may hold blanks.
                fields = file.read_text().rpartition(")")[2].split()
                if int(fields[3]) == self.session:
                    yield file.parent, fields


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(contender: Contender, database: str, processes: int, folder: Path) -> Iterator[Running]:
    """It runs as long as the block does. The whole group of processes ends with the block."""
    port = free_port()
    command, environment = contender.start(database, port, processes, folder)
    log = folder / f"{contender.name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=output, stderr=output,
            stdin=subprocess.DEVNULL, start_new_session=True, cwd=ROOT,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process, log)
        yield Running(url, process.pid)
    finally:
        _stop(process)


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{url}{BASE}/customers/1", timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise NotStarted(f"{log.stem} does not answer:\n{log.read_text()[-2000:]}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    for kind in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, kind)
            process.wait(5)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def headers(work: Work) -> dict[str, str]:
    found = {"Authorization": f"Bearer {TOKEN}{'wrong' if work.wrong_key else ''}"}
    return found | ({"Content-Type": "application/json"} if work.body else {})


def answer(url: str, work: Work) -> Any:
    """What a contender answers, in a form that can be compared. Raises Unequal at its status."""
    path = f"{url}{BASE}{work.path}"
    found = httpx.request(work.method, path, headers=headers(work), json=work.body, timeout=30)
    if found.status_code != work.status:
        raise Unequal(f"{found.status_code} instead of {work.status}: {found.text[:1500]}")
    if work.status >= 400:
        return None
    return _plain(found.json(), url, work.varies)


def _plain(value: Any, url: str, varies: frozenset[str]) -> Any:
    """Moments and addresses are written in several ways; numbers are equal as they are."""
    if isinstance(value, dict):
        return {
            name: "..." if name in varies else _plain(each, url, varies)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_plain(each, url, varies) for each in value]
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return moment(value)
    return value.replace(url, "") if isinstance(value, str) else value


def compare(expected: Any, found: Any, place: str = "") -> None:
    """Raises Unequal that names the first difference."""
    if isinstance(expected, dict) and isinstance(found, dict) and expected.keys() == found.keys():
        for name in expected:
            compare(expected[name], found[name], f"{place}/{name}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, pair in enumerate(zip(expected, found, strict=True)):
            compare(*pair, f"{place}/{number}")
    elif expected != found:
        raise Unequal(f"{place}: {str(found)[:300]} instead of {str(expected)[:300]}")


def by_cursor(url: str, work: Work, before: int) -> str | None:
    """The path of the page behind the first `before` items, or None without cursors.

    It is found as a client finds it, by the link to the next page.
    """
    path = f"{BASE}{work.path.partition('?')[0]}?per_page={STEP}"
    with httpx.Client(base_url=url, headers=headers(work), timeout=30) as client:
        for _ in range(before // STEP):
            path = client.get(path).links.get("next", {}).get("url", "")
            if "cursor=" not in path:
                return None
    return path.removeprefix(f"{url}{BASE}").replace(f"per_page={STEP}", "per_page=25")


_runs = count(1)


def drive(server: Running, work: Work, seconds: int, folder: Path) -> Measured:
    """Load a contender with one kind of work for a while."""
    lines = [script(work, next(_runs)), f'wrk.method = "{work.method}"']
    if work.body:
        lines.append(f"wrk.body = [==[{json.dumps(work.body)}]==]")
    with tempfile.NamedTemporaryFile("w", suffix=".lua", dir=folder) as file:
        file.write("\n".join(lines))
        file.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout=10s"]
        for name, value in headers(work).items():
            command += ["-H", f"{name}: {value}"]
        command += ["-s", file.name, f"{server.url}{BASE}{work.path}"]
        before = server.cpu()
        output = subprocess.check_output(command, text=True)
        cpu = server.cpu() - before
    if work.writes:
        # What was asked last is still being done, though nobody waits for the answers.
        time.sleep(1)
    return Measured(**json.loads(output.splitlines()[-1]), cpu=cpu)
