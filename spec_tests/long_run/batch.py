"""A batch: the cases of one seed, sent and judged, in a process that is forgotten afterwards."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from schemathesis.generation.case import Case

from spec_tests.long_run.cases import cases
from spec_tests.long_run.judging import Exchange, difference, faults
from spec_tests.long_run.promises import Promise, promises
from spec_tests.long_run.sending import Sender, as_curl, with_real_ids
from spec_tests.long_run.shop import Keys


@dataclass
class Tally:
    """What happened, added up. `cases` are hashes, by which equal ones count once."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    cases: set[int] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        for name in ("answers", "keys", "sent", "accepted"):
            getattr(self, name).update(getattr(other, name))
        self.compared += other.compared
        self.cases |= other.cases
        self.failures += other.failures

    @property
    def requests(self) -> int:
        return self.answers.total()


def run_batch(url: str, keys: Keys, seed: int, number: int, examples: int) -> Tally:
    """Send the cases of batch `number` to a shop at its beginning."""
    name = f"{seed}:{number}"
    random = Random(name)
    sender = Sender(url, keys)
    tally = Tally()
    ids = sender.ids()
    for case in cases(name, examples):
        promise = promises()[case.operation.definition.raw["operationId"]]
        tally.cases.add(_identity(promise, case))
        case = with_real_ids(case, ids, random)
        for exchange, found in judged(sender, case, promise, random, tally):
            _count(tally, exchange)
            if found:
                answer = repr(exchange.response.content[:300])
                wrong = "\n    ".join([*found, answer, as_curl(exchange.response.request)])
                tally.failures.append(
                    f"{promise.id}, {exchange.sending.who}, batch {name}\n    {wrong}"
                )
    sender.close()
    return tally


def _identity(promise: Promise, case: Case) -> int:
    return hash((promise.id, case.media_type, repr(case)))


def judged(
    sender: Sender, case: Case, promise: Promise, random: Random, tally: Tally
) -> Iterator[tuple[Exchange, list[str]]]:
    """Every sending of a case with what is wrong about its answer.

    What creates or changes something is made anew for each, with a name that nothing has yet.
    """
    previous: Exchange | None = None
    is_unique = False
    for sending in sender.allowed(case, promise, random):
        if previous is None or sending.media_type != previous.sending.media_type or is_unique:
            sent = case.derive()
            response = sender.send(sent, sending)
            # Only now, as the hooks may have made a wrong case right.
            is_unique = promise.method != "get" and sent.meta.generation.mode.is_positive
        else:
            response = sender.repeat(previous.response.request, sending)
        exchange = Exchange(promise, sending, response, sent)
        found = list(faults(exchange))
        is_twin = previous is not None and previous.sending.who == sending.who
        if promise.method == "get" and is_twin and not found:
            tally.compared += 1
            found = list(difference(previous, exchange))
        yield exchange, found
        previous = exchange
    assert previous is not None
    for sending in sender.refused(promise, random):
        response = sender.repeat(previous.response.request, sending)
        exchange = Exchange(promise, sending, response)
        yield exchange, list(faults(exchange))


def _count(tally: Tally, exchange: Exchange) -> None:
    tally.answers[exchange.promise.id, exchange.status] += 1
    tally.keys[exchange.sending.who] += 1
    sent = exchange.response.request.headers.get("Content-Type", "nothing")
    tally.sent[(sent if isinstance(sent, str) else sent.decode()).partition(";")[0]] += 1
    tally.accepted[exchange.media_type] += 1
