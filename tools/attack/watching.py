"""What an attack costs: memory of the server, and waiting time of a client that does no harm."""

import asyncio
import time
from dataclasses import dataclass, field
from statistics import quantiles

from tests.processes import memory
from tools.attack.wire import Target, ask

# What the client that does no harm reads, again and again.
READS = (
    "/livez",
    "/api/application/products?per_page=25&include=group",
    "/api/application/services?per_page=100",
    "/api/application/customers?per_page=25",
    "/api/application/groups?per_page=100",
)
PAUSE = 0.05


@dataclass
class Watched:
    """Waiting times in seconds, the largest memory in bytes, and the reads that went wrong."""

    waits: list[float] = field(default_factory=list)
    memory: int = 0
    lost: list[str] = field(default_factory=list)

    def percentile(self, number: int) -> float:
        """Return the time within which so many of a hundred reads were done, in seconds."""
        return quantiles(self.waits, n=100)[number - 1] if len(self.waits) > 1 else 0.0


async def watch(target: Target, until: asyncio.Event) -> Watched:
    """Read, and look at the memory, until the event is set."""
    watched, number = Watched(), 0
    while not until.is_set():
        path = READS[number % len(READS)]
        number += 1
        start = time.monotonic()
        response = await ask(
            target,
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {target.key}\r\n\r\n".encode(),
        )
        watched.waits.append(time.monotonic() - start)
        watched.memory = max(watched.memory, memory(target.pid))
        # 503 says that the server is busy, and that nothing was done.
        if response.status not in (200, 503):
            watched.lost.append(f"{path}: {response.status} {response.body[:200]!r}")
        await asyncio.sleep(PAUSE)
    return watched
