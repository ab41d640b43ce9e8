"""Attack a new server, and report what it cost; the status is 1 if anything went wrong.

    python -m tools.attack --seconds 180
    python -m tools.attack --requests 1000000 --only pipeline --seed 7

TEST_POSTGRESQL or TEST_MARIADB name another database than SQLite, as for the tests.
"""

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

from sqlalchemy.orm import Session

from models.engine import make_engine
from tests.factories import a_customer, a_group, a_key, a_pricing, a_product, a_service
from tests.serving import Process, served
from tools.attack import bodies, heads
from tools.attack.judging import scripts, wrong
from tools.attack.watching import Watched, watch
from tools.attack.wire import Target

ATTACKS = {each.__name__: each for each in (*heads.ATTACKS, *bodies.ATTACKS)}
# Most requests are those of operations; what an attack on a connection does takes longer.
WEIGHTS = {"operation": 60, "call": 12, "page": 10, "odd_head": 10}
CLIENTS = 8
# How long an attack may take, in seconds.
LONGEST = 30
# How long the server is watched before anybody attacks, in seconds.
IDLE = 5
# In bytes: what the server may take while one client attacks it, and what each further one adds.
MEMORY, MORE = 200 * 1024 * 1024, 40 * 1024 * 1024
SHOWN = 20


class Run:
    """What was sent, what came back, and what is wrong with it."""

    def __init__(self, options: argparse.Namespace, target: Target) -> None:
        self.options = options
        self.target = target
        self.sent = Counter[str]()
        self.statuses = Counter[int]()
        self.took = Counter[str]()
        self.findings: list[str] = []
        self.end = time.monotonic() + options.seconds

    @property
    def is_over(self) -> bool:
        wanted = self.options.requests
        return self.sent.total() >= wanted if wanted else time.monotonic() > self.end

    async def client(self, number: int) -> None:
        """Attack until it is over. Each attack has a seed, with which it can be done again."""
        names = [self.options.only] if self.options.only else [*ATTACKS]
        weights = [WEIGHTS.get(name, 1) for name in names]
        random = Random(f"{self.options.seed}-{number}")
        while not self.is_over:
            (name,) = random.choices(names, weights)
            seed = random.getrandbits(64)
            self.sent[name] += 1
            responses = []
            begun = time.monotonic()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(LONGEST):
                    responses = await ATTACKS[name](self.target, Random(seed))
            self.took[name] += time.monotonic() - begun
            for response in responses:
                self.statuses[response.status] += 1
                if reason := wrong(response):
                    self.findings.append(f"{name} {seed}: {reason}: {response.body[:200]!r}")


async def attack(options: argparse.Namespace, target: Target) -> tuple[Run, Watched, Watched]:
    """Watch the server at rest, then under attack."""
    rested, over = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().call_later(IDLE, rested.set)
    idle = await watch(target, rested)
    run = Run(options, target)
    watching = asyncio.create_task(watch(target, over))
    await asyncio.gather(*(run.client(number) for number in range(options.clients)))
    over.set()
    busy = await watching
    run.findings += [f"stored: {each}" for each in await scripts(target)]
    return run, idle, busy


def opened(process: Process) -> Target:
    """Return a server as a target, with one of each thing in it."""
    engine = make_engine(process.database_url)
    with Session(engine) as session:
        group = a_group(session)
        product, service = a_product(session, group=group), a_service(session)
        ids = {
            "customer_id": a_customer(session).id, "product_id": product.id, "group_id": group.id,
            "pricing_id": a_pricing(session, product=product).id, "service_id": service.id,
            "api_key_id": a_key(session, "health").partition("|")[0],
        }  # fmt: skip
        reader = a_key(session, "products:index")
    engine.dispose()
    texts = {name: str(number) for name, number in ids.items()}
    return Target(process.port, process.popen.pid, process.key, reader, texts)


def report(run: Run, idle: Watched, busy: Watched) -> int:
    """Print what happened. Returns the exit status."""
    print(f"seed {run.options.seed}, {run.sent.total()} attacks: {dict(run.sent.most_common())}")
    print(f"seconds: { {name: round(took) for name, took in run.took.most_common()} }")
    print(f"responses by status (0 is none): {dict(sorted(run.statuses.items()))}")
    for name, watched in (("at rest", idle), ("attacked", busy)):
        print(
            f"{name}: {len(watched.waits)} reads, median {watched.percentile(50) * 1000:.1f} ms, "
            f"p99 {watched.percentile(99) * 1000:.1f} ms, longest {max(watched.waits) * 1000:.1f} "
            f"ms, memory {watched.memory // 2**20} MB"
        )
    findings = run.findings + [f"another client: {each}" for each in busy.lost]
    if busy.memory > MEMORY + (run.options.clients - 1) * MORE:
        findings.append(f"{busy.memory // 2**20} MB of memory")
    for each in findings[:SHOWN]:
        print(f"FOUND {each}")
    print(f"{len(findings)} findings")
    return bool(findings)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.attack", description=__doc__)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--requests", type=int, default=0, help="in place of a time")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--clients", type=int, default=CLIENTS, help="how many attack at once")
    parser.add_argument("--only", choices=ATTACKS, help="one kind of attack")
    options = parser.parse_args()
    settings = {"REQUEST_TIMEOUT": "5", "RATE_LIMIT": "0", "WRONG_KEY_LIMIT": "0"}
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), **settings) as process:
        return report(*asyncio.run(attack(options, opened(process))))


if __name__ == "__main__":
    sys.exit(main())
