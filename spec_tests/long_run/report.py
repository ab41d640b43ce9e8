"""What a long run has seen, as text."""

from collections import Counter
from collections.abc import Iterator, Sequence

from spec_tests.long_run.batch import Tally
from spec_tests.long_run.promises import promises


def as_text(
    tally: Tally, seed: int, batches: Sequence[int], seconds: float, memory: Sequence[str]
) -> str:
    """Figures of a run: what was sent, by whom, in which form, and what was answered."""
    statuses: Counter[int] = Counter()
    for (_, status), count in tally.answers.items():
        statuses[status] += count
    failed = sum(count for status, count in statuses.items() if status >= 500)
    return "\n".join([
        f"{tally.requests:,} requests of {len(tally.cases):,} distinct cases, "
        f"seed {seed}, batches {min(batches)} to {max(batches)}",
        f"{seconds:.0f} s, {tally.requests / seconds:.0f} requests a second",
        f"{len(tally.failures)} failed checks, {failed} answers of 500 or more",
        f"{tally.compared:,} reads compared in JSON and XML",
        f"Memory of the servers, first and last: {'; '.join(memory)}",
        "",
        *_counted("Statuses", statuses),
        *_counted("Keys", tally.keys),
        *_counted("Bodies", tally.sent),
        *_counted("Answers", tally.accepted),
        *_operations(tally),
    ])  # fmt: skip


def _counted(title: str, counts: Counter[str] | Counter[int]) -> Iterator[str]:
    yield f"{title}:"
    for name in sorted(counts):
        yield f"  {name or 'none':<35} {counts[name]:>10,}"
    yield ""


def _operations(tally: Tally) -> Iterator[str]:
    statuses = sorted({status for _, status in tally.answers})
    yield f"{'Operations':<30}" + "".join(f"{status:>9}" for status in statuses)
    for name in promises():
        counts = (tally.answers[name, status] for status in statuses)
        yield f"  {name:<28}" + "".join(f"{count or '':>9}" for count in counts)
