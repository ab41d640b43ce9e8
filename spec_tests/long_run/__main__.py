"""Send as many generated requests as one likes, to servers of our own, and judge every answer.

    tox -e long-run -- --requests 1000000 --seed 1

A batch is made of a seed and its number alone and begins with the same shop, so that `--batch`
repeats what has failed in it.
"""

import argparse
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from spec_tests.long_run.batch import Tally, run_batch
from spec_tests.long_run.report import as_text
from spec_tests.long_run.shop import Shop, open_shop

# After so many failures there is something to mend first.
ENOUGH = 20


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="long-run", description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=20_000, help="stop after so many")
    parser.add_argument("--minutes", type=float, default=inf, help="or after so long")
    parser.add_argument("--seed", type=int, default=1, help="what the requests are made of")
    parser.add_argument("--batch", type=int, help="only this batch")
    parser.add_argument("--examples", type=int, default=10,
                        help="right and wrong cases of each operation in a batch")  # fmt: skip
    parser.add_argument("--lanes", type=int, default=3,
                        help="servers that are asked at the same time")  # fmt: skip
    return parser.parse_args()


class Run:
    """The batches of a run and what they have seen so far."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.tally = Tally()
        self.begun = time.monotonic()
        self.numbers = count() if options.batch is None else iter([options.batch])
        self.batches: list[int] = []
        self._lock = Lock()

    def work(self, shop: Shop, pool: ProcessPoolExecutor) -> str:
        """Run batches on a shop until there are enough; the memory of its server, as text."""
        first = shop.memory()
        while not self._is_done() and (number := next(self.numbers, None)) is not None:
            shop.reset()
            options = self.options
            batch = pool.submit(
                run_batch, shop.url, shop.keys, options.seed, number, options.examples
            ).result()
            with self._lock:
                self._add(number, batch)
        return f"{first:.0f} and {shop.memory():.0f} MB"

    def _is_done(self) -> bool:
        enough = self.tally.requests >= self.options.requests
        late = time.monotonic() - self.begun >= self.options.minutes * 60
        return enough or late or len(self.tally.failures) >= ENOUGH

    def _add(self, number: int, batch: Tally) -> None:
        self.tally.add(batch)
        self.batches.append(number)
        for failure in batch.failures:
            print(failure, flush=True)
        rate = self.tally.requests / (time.monotonic() - self.begun)
        print(f"{self.tally.requests:,} requests, {rate:.0f} a second", flush=True)


def main() -> int:
    options = arguments()
    # Of equal seeds come equal requests only where sets have an equal order.
    os.environ["PYTHONHASHSEED"] = "0"
    os.environ["PYTHONWARNINGS"] = "ignore"
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["spec_tests.long_run.batch", "spec_tests.long_run.warm"])
    run = Run(options)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        lanes = [
            stack.enter_context(open_shop(folder / str(lane))) for lane in range(options.lanes)
        ]
        # A process ends with its batch, and all that generators remember with it.
        pool = stack.enter_context(
            ProcessPoolExecutor(options.lanes, mp_context=context, max_tasks_per_child=1)
        )
        threads = stack.enter_context(ThreadPoolExecutor(options.lanes))
        memory = list(threads.map(run.work, lanes, [pool] * options.lanes))
    seconds = time.monotonic() - run.begun
    print(as_text(run.tally, options.seed, run.batches, seconds, memory))
    return 1 if run.tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
