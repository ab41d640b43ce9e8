"""What the contract declares beside what was seen of it: as a table, a page, and a verdict."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Literal

import yaml

from app.contract import Operation, contract
from spec_tests.recording import DOCUMENT, Observations, examples

HERE = Path(__file__).parent
PAGE = HERE.parent / "build" / "contract-report.html"
# Our own server, another one that may be changed, or another one that may only be read.
Mode = Literal["own", "writes", "reads"]
# Statuses of a server in trouble, or of a shop in a state that no request brings about.
OF_FAULTS = {409, 429, 500, 503}
REFUSALS = {400, 401, 403, 404, 406, 413, 415, 422}


@dataclass(frozen=True)
class Fact:
    """Something that the contract declares; `name` is that of a header, parameter or example."""

    kind: Literal["status", "header", "parameter", "example", "link"]
    operation: str
    name: str
    status: int = 0

    def __str__(self) -> str:
        words = [self.operation, str(self.status or ""), self.name and f"{self.kind} {self.name}"]
        return " ".join(word for word in words if word)


@dataclass(frozen=True)
class Comparison:
    """`gaps` maps facts that were not seen to the reason for it; None is a failure."""

    seen: Observations
    facts: frozenset[Fact]
    gaps: dict[Fact, str | None]
    stale: list[str]

    @property
    def failures(self) -> list[str]:
        missing = [f"not seen: {fact}" for fact, reason in self.gaps.items() if reason is None]
        wrong = [f"not declared: {what} ({how})" for what, how in self.seen.undeclared.items()]
        return sorted(wrong) + sorted(missing) + self.stale


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
        case "example":
            return fact.name in seen.examples
        case "link":
            return fact.name in seen.followed


def compare(seen: Observations, mode: Mode) -> Comparison:
    """Find what was not seen. It is no failure if `not_seen.yaml` lists it, and one if it lists
    what was seen."""
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
    return Comparison(seen, facts, gaps, stale)


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
        return "Only a server in trouble answers so, or a shop in the right state."
    if fact.kind in ("example", "header"):
        return "Depends on the shop and its settings."
    if mode == "reads" and (fact.kind == "link" or fact.status not in REFUSALS):
        method = contract().operations[fact.operation].method if fact.operation else "post"
        return None if method == "get" else "The run was not allowed to write."
    return None


def as_text(found: Comparison) -> str:
    """A few lines for a terminal."""
    lines = []
    for kind in ("status", "header", "parameter", "example", "link"):
        facts = [fact for fact in found.facts if fact.kind == kind]
        missing = [fact for fact in found.gaps if fact.kind == kind]
        seen = len(facts) - len(missing)
        plural = {"status": "statuses"}.get(kind, f"{kind}s")
        lines.append(f"{plural:<12}{seen:>5} of {len(facts)} seen")
    done = {operation for source, operation, status, _ in found.seen.answers
            if source == "generated" and status < 300}  # fmt: skip
    refused = ", ".join(sorted(contract().operations.keys() - done)[:10])
    of_all = f"{len(done)} of {len(contract().operations)}"
    lines.append(f"Generated requests alone had success with {of_all} operations. {refused}")
    lines += found.failures[:60]
    return "\n".join([*lines, f"The whole table: {PAGE}"])


def write(found: Comparison, server: str, failed: int) -> None:
    """Write the page; `failed` tests have failed beside."""
    failures = found.failures
    if failed:
        failures = [f"{failed} tests failed; the terminal says which and why", *failures]
    template = (HERE / "report.html").read_text()
    parts = {
        "server": escape(server),
        "when": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "verdict": "agrees" if not failures else "disagrees",
        "figures": _figures(found),
        "failures": "".join(f"<li>{escape(each)}</li>" for each in failures),
        "table": _table(found),
        "listed": _listed(found),
    }
    for name, text in parts.items():
        template = template.replace("{{" + name + "}}", text)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(template)


def _figures(found: Comparison) -> str:
    cells = []
    for kind, words in (
        ("status", "statuses of operations"), ("header", "headers of answers"),
        ("parameter", "parameters"), ("example", "examples"), ("link", "links"),
    ):  # fmt: skip
        facts = [fact for fact in found.facts if fact.kind == kind]
        seen = len(facts) - len([fact for fact in found.gaps if fact.kind == kind])
        cells.append(f"<div><b>{seen}</b> of {len(facts)}<br>{words}</div>")
    total = sum(found.seen.answers.values())
    return f"<div><b>{total:,}</b><br>answers</div>" + "".join(cells)


def _table(found: Comparison) -> str:
    columns = sorted({each for o in contract().operations.values() for each in o.responses})
    head = "".join(f"<th>{status}</th>" for status in columns)
    rows, tag = [], ""
    for operation in contract().operations.values():
        resource = operation.id.partition(".")[0]
        if resource != tag:
            tag = resource
            rows.append(f'<tr class="tag"><th colspan="{len(columns) + 3}">{resource}</th></tr>')
        cells = "".join(_cell(found, operation, status) for status in columns)
        rows.append(
            f"<tr><th><code>{escape(operation.id)}</code></th>{cells}"
            f"{_share(found, operation, 'parameter')}{_share(found, operation, 'header')}</tr>"
        )
    return (
        f"<thead><tr><th>operation</th>{head}<th>parameters</th><th>headers</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody>"
    )


def _cell(found: Comparison, operation: Operation, status: int) -> str:
    if status not in operation.responses:
        return '<td class="none"></td>'
    counts: Counter[str] = Counter()
    for (source, name, seen, media), count in found.seen.answers.items():
        if (name, seen) == (operation.id, status):
            counts[f"{source}, {media}"] += count
    total = sum(counts.values())
    if total:
        title = "\n".join(f"{count} {what}" for what, count in sorted(counts.items()))
        return f'<td class="seen" title="{escape(title)}">{total}</td>'
    reason = found.gaps.get(Fact("status", operation.id, "", status))
    kind = "listed" if reason else "gap"
    return (
        f'<td class="{kind}" title="{escape(reason or "never seen")}">{"·" if reason else "✗"}</td>'
    )


def _share(found: Comparison, operation: Operation, kind: str) -> str:
    facts = [f for f in found.facts if (f.kind, f.operation) == (kind, operation.id)]
    missing = [f for f in found.gaps if (f.kind, f.operation) == (kind, operation.id)]
    if not facts:
        return '<td class="none"></td>'
    worst = (
        "gap" if any(found.gaps[f] is None for f in missing) else "listed" if missing else "seen"
    )
    title = "\n".join(f"{fact}: {found.gaps[fact] or 'never seen'}" for fact in missing)
    return (
        f'<td class="{worst}" title="{escape(title)}">{len(facts) - len(missing)}/{len(facts)}</td>'
    )


def _listed(found: Comparison) -> str:
    reasons: dict[str, list[str]] = {}
    for fact, reason in found.gaps.items():
        if reason:
            reasons.setdefault(reason, []).append(str(fact))
    return "".join(
        f"<details><summary>{escape(reason)} <b>{len(facts)}</b></summary>"
        f"<p>{'<br>'.join(map(escape, facts))}</p></details>"
        for reason, facts in reasons.items()
    )
