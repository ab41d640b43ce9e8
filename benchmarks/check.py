"""Whether this server has become slower, without a clock.

callgrind counts the instructions of a request, here and in the contender without a framework
(peers/limit.py), in process, on SQLite. Their ratio depends neither on the machine nor on what
else it does. It is compared with that in baseline.json.

    python -m benchmarks.check            fails if a ratio is more than 15 % above the baseline
    python -m benchmarks.check --accept   writes a new baseline
"""

import argparse
import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import inprocess
from benchmarks.data import local_file

BASELINE = Path(__file__).parent / "baseline.json"
CUSTOMERS, WARM = 1000, 10
# Each kind is counted with so many requests and with so many: their difference holds neither
# the start of a loop nor the talk with callgrind.
FEW, MANY = 20, 60
LOSS = 1.15
ACCEPT = "make bench-check CHECK=--accept"
SIDES = ("server", "limit")


def load() -> None:
    """Runs under callgrind: all kinds of requests to both sides, few and many of them."""
    database = local_file(CUSTOMERS)
    os.environ["DATABASE_URL"] = f"sqlite:///{database}"
    from benchmarks.peers.limit import create_app

    # Collections come when they come.
    gc.disable()
    for app in (inprocess.open_server(database), create_app()):
        for path in inprocess.PATHS.values():
            make = inprocess.requests(app, path)
            make(WARM)
            for number in (FEW, MANY):
                _control("--instr=on")
                make(number)
                _control("--dump")
                _control("--instr=off")


def _control(command: str) -> None:
    """Tell callgrind, which runs this very process, what to do."""
    subprocess.run(
        ["callgrind_control", command, str(os.getpid())],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def measure() -> dict[str, dict[str, int]]:
    """Instructions of one request, by kind and side."""
    local_file(CUSTOMERS)
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "valgrind", "--tool=callgrind", "--instr-atstart=no", "--quiet",
            f"--callgrind-out-file={folder}/out",
            sys.executable, "-m", "benchmarks.check", "--load",
        ]  # fmt: skip
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "0"})
        dumps = sorted(Path(folder).glob("out.*"), key=lambda path: int(path.suffix[1:]))
        counts = iter([_total(dump) for dump in dumps])
    found: dict[str, dict[str, int]] = {name: {} for name in inprocess.PATHS}
    for side in SIDES:
        for name in inprocess.PATHS:
            few, many = next(counts), next(counts)
            found[name][side] = (many - few) // (MANY - FEW)
    return found


def _total(dump: Path) -> int:
    found = re.search(r"^totals: (\d+)", dump.read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.check", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--accept", action="store_true", help="write a new baseline")
    parser.add_argument("--load", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        load()
        return 0
    if shutil.which("callgrind_control") is None:
        print("valgrind is not installed: apt-get install valgrind", file=sys.stderr)
        return 2
    found = measure()
    ratios = {name: round(each["server"] / each["limit"], 3) for name, each in found.items()}
    if options.accept:
        BASELINE.write_text(json.dumps(ratios, indent=2) + "\n")
    baseline = json.loads(BASELINE.read_text())
    print(f"{'instructions a request':<24}{'server':>12}{'limit':>12}{'ratio':>9}{'baseline':>10}")
    for name, each in found.items():
        print(f"{name:<24}{each['server']:>12,}{each['limit']:>12,}"
              f"{ratios[name]:>9.3f}{baseline[name]:>10.3f}")  # fmt: skip
    slower = [name for name, ratio in ratios.items() if ratio > baseline[name] * LOSS]
    if slower:
        print(
            f"More than {LOSS - 1:.0%} slower than the baseline: {', '.join(slower)}.\n"
            f"`make bench-micro` tells which step it is. If it is worth it: {ACCEPT}"
        )
    elif any(ratio < baseline[name] / LOSS for name, ratio in ratios.items()):
        print(f"Much quicker than the baseline. To keep it so: {ACCEPT}")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
