"""Load this server for minutes, then with ten times as many clients, and give a verdict.

    python -m benchmarks.soak --seconds 300

200 connections ask without a pause, most to read, some to write. Nothing may fail, the memory
of all processes may not grow by a twentieth after the first minute, and the slowest in a hundred
may wait twenty times as long as most. Then there are 2,000 connections: each gets what it asked
for, or 429 or 503 with Retry-After, and nobody waits for nothing. Afterwards the next request is
answered as if nothing had been. PostgreSQL takes part where TEST_POSTGRESQL names a server.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.contenders import BY_NAME
from benchmarks.data import TOKEN, database
from benchmarks.load import Running, running
from benchmarks.work import BASE

SERVER = os.environ.get("TEST_POSTGRESQL", "")
CONNECTIONS, OVERLOAD = 200, 10
# When memory has settled, and how far it may grow from there; how often it is looked at (seconds).
SETTLED, GROWTH, EVERY = 60, 0.05, 2
# How many times the median the slowest in a hundred may take.
SPREAD = 20
# How soon after an overload all is as before, in seconds.
RECOVERY = 5

# Runs in wrk. One request in twenty writes. Each answer is counted by its status, and one that
# refuses without saying when to come back as "silent".
LUA = """
local threads, number = {}, 0
function setup(thread) table.insert(threads, thread) end
statuses = ""
seen = {}
function request()
  number = number + 1
  local id = number * 7919 %% 10000 + 1
  if number %% 20 == 0 then
    local body = '{"stock": ' .. id .. '}'
    return wrk.format("PATCH", "%(base)s/products/" .. id %% 100 + 1, nil, body)
  elseif number %% 3 == 0 then
    return wrk.format("GET", "%(base)s/customers?per_page=25&page=" .. id %% 400 + 1)
  elseif number %% 3 == 1 then
    return wrk.format("GET", "%(base)s/products?include=pricing&per_page=10")
  end
  return wrk.format("GET", "%(base)s/customers/" .. id)
end
function response(status, headers)
  local name = tostring(status)
  if (status == 429 or status == 503) and not headers["retry-after"] then name = "silent" end
  seen[name] = (seen[name] or 0) + 1
  statuses = ""
  for each, count in pairs(seen) do statuses = statuses .. '"' .. each .. '": ' .. count .. ", " end
end
function done(summary, latency)
  local errors, counts = summary.errors, threads[1]:get("statuses"):sub(1, -3)
  print(string.format('{"lost": %%d, "late": %%d, "p50": %%f, "p99": %%f, "max": %%f,'
    .. '"statuses": {%%s}}', errors.connect + errors.read + errors.write, errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3, counts))
end
"""


@dataclass(frozen=True)
class Load:
    """What clients have seen. Latencies in milliseconds; `late` waited longer than 10 seconds."""

    seconds: float
    statuses: dict[str, int]
    lost: int
    late: int
    p50: float
    p99: float
    max: float

    def __str__(self) -> str:
        rate = sum(self.statuses.values()) / self.seconds
        return (
            f"{self.statuses}, {rate:,.0f} a second; lost {self.lost}, late {self.late};"
            f" median {self.p50:.1f} ms, 99th of a hundred {self.p99:.1f}, slowest {self.max:.1f}"
        )


def load(server: Running, connections: int, seconds: int, folder: Path) -> Load:
    """Let so many clients ask without a pause."""
    file = folder / "soak.lua"
    file.write_text(LUA % {"base": BASE})
    command = [
        "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout=10s", "-s", str(file),
        "-H", f"Authorization: Bearer {TOKEN}", "-H", "Content-Type: application/json", server.url,
    ]  # fmt: skip
    seen: dict[str, Any] = json.loads(subprocess.check_output(command, text=True).splitlines()[-1])
    return Load(seconds=seconds, **seen)


@contextmanager
def watched_memory(server: Running) -> Iterator[list[float]]:
    """The memory of a server, every few seconds as long as the block runs."""
    found: list[float] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(EVERY):
            found.append(server.memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield found
    finally:
        ended.set()
        watcher.join()


def held(server: Running, seconds: int, folder: Path) -> Iterator[tuple[bool, str]]:
    """Verdicts on a load that the server is made for."""
    with watched_memory(server) as sizes:
        seen = load(server, CONNECTIONS, seconds, folder)
    yield (
        seen.statuses.keys() == {"200"} and seen.lost + seen.late == 0,
        f"{CONNECTIONS} connections, {seconds} s: {seen}",
    )
    yield seen.p99 < SPREAD * seen.p50, f"99th of a hundred: {seen.p99 / seen.p50:.1f} medians"
    settled = sizes[min(SETTLED // EVERY, len(sizes) // 2) :]
    growth = max(settled) / settled[0] - 1
    yield (
        growth < GROWTH,
        f"memory: {settled[0]:.0f} MB, {growth:+.1%} at most in {len(settled) * EVERY} s",
    )


def overloaded(server: Running, seconds: int, folder: Path) -> Iterator[tuple[bool, str]]:
    """Verdicts on ten times that load, and on what comes after it."""
    seen = load(server, CONNECTIONS * OVERLOAD, seconds, folder)
    yield (
        seen.statuses.keys() <= {"200", "429", "503"} and seen.lost + seen.late == 0,
        f"{CONNECTIONS * OVERLOAD} connections, {seconds} s: {seen}",
    )
    began = time.monotonic()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answers = [httpx.get(f"{server.url}{BASE}/customers/1", headers=headers) for _ in range(10)]
    took = time.monotonic() - began
    yield (
        all(each.is_success for each in answers) and took < RECOVERY,
        f"ten requests right afterwards: {took:.2f} s",
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "--seconds", type=int, default=300, help="of the load; the overload takes a fifth"
    )
    parser.add_argument("--processes", type=int, default=1)
    chosen = parser.parse_args()
    kinds = ["sqlite", "postgresql"] if SERVER else ["sqlite"]
    failures = sum([_failures(kind, chosen.processes, chosen.seconds) for kind in kinds])
    sys.exit(bool(failures))


def _failures(kind: str, processes: int, seconds: int) -> int:
    """Print all verdicts for one kind of database; how many are bad."""
    failures = 0
    with (
        tempfile.TemporaryDirectory() as name,
        database(kind, 10_000, folder := Path(name), SERVER) as address,
        running(BY_NAME["clientxcms"], address, processes, folder) as server,
    ):
        print(f"{kind}, processes: {processes}")
        short = max(seconds // 5, 5)
        for passed, said in (*held(server, seconds, folder), *overloaded(server, short, folder)):
            print(f"  {'ok  ' if passed else 'FAIL'} {said}", flush=True)
            failures += not passed
    return failures


if __name__ == "__main__":
    main()
