"""What the contract declares beside what was seen of it, and the verdict."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from app.contract import contract
from spec_tests.keywords import declared_keywords
from spec_tests.measuring import Reached
from spec_tests.recording import DOCUMENT, Observations, examples

HERE = Path(__file__).parent
# Our own server, another one that may be changed, or another one that may only be read.
Mode = Literal["own", "writes", "reads"]
Kind = Literal["status", "header", "parameter", "keyword", "example", "link"]
PLURALS: dict[Kind, str] = {
    "status": "statuses", "header": "headers", "parameter": "parameters",
    "keyword": "keywords", "example": "examples", "link": "links",
}  # fmt: skip
# The percentage of the lines of all handlers that generated requests have to run.
ENOUGH = 90
# Statuses of a server in trouble or kept waiting, or of a shop in a state that no request brings
# about.
OF_FAULTS = {408, 409, 429, 500, 503}
REFUSALS = {400, 401, 403, 404, 406, 413, 415, 422}


@dataclass(frozen=True)
class Fact:
    """Something that the contract declares; `name` is that of a header, keyword or example, say."""

    kind: Kind
    operation: str
    name: str
    status: int = 0

    def __str__(self) -> str:
        words = [self.operation, str(self.status or ""), self.name and f"{self.kind} {self.name}"]
        return " ".join(word for word in words if word)


@dataclass(frozen=True)
class Comparison:
    """`gaps` maps facts that were not seen to the reason for it; None is a failure.

    `stale` are reasons given for nothing, `alone` what generated requests did not reach.
    """

    seen: Observations
    facts: frozenset[Fact]
    gaps: dict[Fact, str | None]
    stale: list[str]
    alone: list[str]
    handlers: Reached | None

    @property
    def failures(self) -> list[str]:
        missing = [f"not seen: {fact}" for fact, reason in self.gaps.items() if reason is None]
        wrong = [f"not declared: {what} ({how})" for what, how in self.seen.undeclared.items()]
        return sorted(wrong) + sorted(missing) + self.stale + self.alone

    def share(self, kind: Kind, operation: str | None = None) -> tuple[int, int]:
        """How many facts of a kind were seen, and how many there are: of one operation or all."""
        facts = [fact for fact in self.facts
                 if fact.kind == kind and operation in (None, fact.operation)]  # fmt: skip
        return len([fact for fact in facts if fact not in self.gaps]), len(facts)


def declared() -> Iterator[Fact]:
    """Every fact of the contract that a run can show."""
    shared: set[str] = set()
    for operation in contract().operations.values():
        for status, response in operation.responses.items():
            yield Fact("status", operation.id, "", status)
            for header in sorted(response.headers):
                yield Fact("header", operation.id, header, status)
        for name in (*operation.path_parameters, *(each.name for each in operation.query)):
            yield Fact("parameter", operation.id, name)
        for name in sorted(declared_keywords(operation.id)):
            yield Fact("keyword", operation.id, name)
        parameters, bodies, answers = examples(operation.id)
        shared |= {*parameters, *bodies}.union(*answers.values())
    yield from (Fact("example", "", name) for name in sorted(shared))
    yield from (Fact("link", "", name) for name in DOCUMENT["components"]["links"])


def was_seen(fact: Fact, seen: Observations, statuses: Counter[tuple[str, int]]) -> bool:
    match fact.kind:
        case "status":
            return statuses[fact.operation, fact.status] > 0
        case "header":
            return (fact.operation, fact.status, fact.name.lower()) in seen.headers
        case "parameter":
            return (fact.operation, fact.name) in seen.parameters
        case "keyword":
            return (fact.operation, fact.name) in seen.keywords
        case "example":
            return fact.name in seen.examples
        case "link":
            return fact.name in seen.followed


def compare(seen: Observations, mode: Mode, handlers: Reached | None = None) -> Comparison:
    """Find what was not seen. It is no failure if `not_seen.yaml` lists it, and one if it lists
    what was seen. `handlers` is how much of them generated requests have reached."""
    statuses = Counter[tuple[str, int]]()
    for (_, operation, status, _), count in seen.answers.items():
        statuses[operation, status] += count
    facts = frozenset(declared())
    missing = sorted((f for f in facts if not was_seen(f, seen, statuses)), key=str)
    listed = yaml.safe_load((HERE / "not_seen.yaml").read_text())
    gaps, used = {}, set()
    for fact in missing:
        entry = next((each for each in listed if covers(each, fact)), None)
        used.add(id(entry))
        gaps[fact] = entry["reason"] if entry else _excuse(fact, mode)
        if fact.kind == "header" and not statuses[fact.operation, fact.status]:
            gaps[fact] = "The answer that it belongs to was not seen."
    stale = [f"seen, though not_seen.yaml says it is not: {each}" for each in listed
             if id(each) not in used and mode == "own"]  # fmt: skip
    alone = _alone(seen, handlers) if mode == "own" else []
    return Comparison(seen, facts, gaps, stale, alone, handlers)


def covers(entry: dict, fact: Fact) -> bool:
    """Whether an entry of `not_seen.yaml` is about a fact: every member that it has agrees."""
    return (
        (entry.get("operations") is None or fact.operation in entry["operations"])
        and entry.get("status", fact.status) == fact.status
        and fact.kind in entry
        and entry[fact.kind] in (fact.name, "any", fact.status)
    )


def _excuse(fact: Fact, mode: Mode) -> str | None:
    """Why a gap is none of a server that is not ours."""
    if mode == "own":
        return None
    if fact.kind == "status" and fact.status in OF_FAULTS:
        return "Only a server in trouble or kept waiting answers so, or a shop in the right state."
    if fact.kind in ("example", "header", "keyword"):
        return "Depends on the shop and its settings."
    if mode == "reads" and (fact.kind == "link" or fact.status not in REFUSALS):
        method = contract().operations[fact.operation].method if fact.operation else "post"
        return None if method == "get" else "The run was not allowed to write."
    return None


def _alone(seen: Observations, handlers: Reached | None) -> list[str]:
    """What generated requests have not reached by themselves, though all is in their power."""
    done = {operation for source, operation, status, _ in seen.answers
            if source == "generated" and status < 300}  # fmt: skip
    missed = [f"generated requests had no success with {operation}"
              for operation in contract().operations if operation not in done]  # fmt: skip
    if handlers and handlers.percent < ENOUGH:
        missed.append(
            f"generated requests ran {handlers.percent:.1f} % of the lines of all handlers, not "
            f"{ENOUGH} %, and none of {', '.join(handlers.missed)}"
        )
    return missed


def as_text(found: Comparison) -> str:
    """A table of all operations for a terminal, and what fails."""
    kinds = ("status", "parameter", "keyword", "header")
    width = max(map(len, contract().operations))
    lines = [f"{'':<{width}}" + "".join(f"{PLURALS[kind]:>12}" for kind in kinds)]
    for operation in contract().operations:
        shares = "".join(f"{_share(found, kind, operation):>12}" for kind in kinds)
        lines.append(f"{operation:<{width}}{shares}")
    lines.append("")
    lines += [f"{PLURALS[kind]:<12}{_share(found, kind):>12} seen" for kind in PLURALS]
    if found.handlers:
        lines.append(f"{'handlers':<12}{found.handlers.percent:>10.1f} % of their lines were run "
                     "by generated requests alone")  # fmt: skip
    return "\n".join([*lines, *found.failures[:60]])


def _share(found: Comparison, kind: Kind, operation: str | None = None) -> str:
    seen, total = found.share(kind, operation)
    return f"{seen}/{total}" if total else ""
