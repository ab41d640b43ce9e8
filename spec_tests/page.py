"""The page that shows what the contract declares and what was seen of it."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from math import log
from pathlib import Path
from typing import Any

import jinja2

from app.contract import Operation, contract
from spec_tests.recording import DOCUMENT
from spec_tests.report import PLURALS, Comparison, Fact, Kind

HERE = Path(__file__).parent
PAGE = HERE.parent / "build" / "contract-report.html"
OF_OPERATIONS: tuple[Kind, ...] = ("parameter", "keyword", "header")


def write(found: Comparison, server: str, failed: int) -> None:
    """Write the page; `failed` tests have failed beside."""
    failures = found.failures
    if failed:
        failures = [f"{failed} tests failed; the terminal says which and why", *failures]
    seen, total = len(found.facts) - len(found.gaps), len(found.facts)
    template = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    text = template.from_string((HERE / "page.html").read_text()).render(
        server=server,
        when=f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC",
        version=DOCUMENT["info"]["version"],
        failures=failures,
        share=seen / total,
        seen=seen,
        total=total,
        figures=[(PLURALS[kind], *found.share(kind)) for kind in PLURALS],
        handlers=found.handlers,
        answers=_answers(found),
        statuses=sorted({status for o in contract().operations.values() for status in o.responses}),
        tags=_tags(found),
        reasons=_reasons(found),
    )
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text)


def _answers(found: Comparison) -> dict[str, Any]:
    """How many answers there were, by who asked for them and by their form."""
    sources, forms = Counter[str](), Counter[str]()
    for (source, _, _, media), count in found.seen.answers.items():
        sources[source] += count
        forms["XML" if media.endswith("xml") else "JSON"] += count
    return {"total": sources.total(), "sources": sources, "forms": forms}


def _tags(found: Comparison) -> dict[str, list[dict[str, Any]]]:
    """The operations by what they are about, each with its cells."""
    most = max(Counter(_counts(found)).values(), default=1)
    tags: dict[str, list[dict[str, Any]]] = {}
    for operation in contract().operations.values():
        written = DOCUMENT["paths"][operation.path][operation.method]
        tags.setdefault(written["tags"][0], []).append(
            {
                "id": operation.id,
                "method": operation.method,
                "path": operation.path,
                "summary": written["summary"],
                "is_old": written.get("deprecated", False),
                "permissions": operation.scopes,
                "cells": {status: _cell(found, operation, status, most)
                          for status in operation.responses},
                "shares": [_share(found, operation, kind) for kind in OF_OPERATIONS],
                "facts": {PLURALS[kind]: list(_facts(found, operation, kind))
                          for kind in OF_OPERATIONS},
            }
        )  # fmt: skip
    return tags


def _counts(found: Comparison) -> dict[tuple[str, int], int]:
    counts: Counter[tuple[str, int]] = Counter()
    for (_, operation, status, _), count in found.seen.answers.items():
        counts[operation, status] += count
    return counts


def _cell(found: Comparison, operation: Operation, status: int, most: int) -> dict[str, Any]:
    """How often a status was answered. The `heat` of a cell is from 0 to 1, by orders of size."""
    counts = Counter[str]()
    for (source, name, seen, media), count in found.seen.answers.items():
        if (name, seen) == (operation.id, status):
            counts[f"{source}, {media or 'no body'}"] += count
    total = counts.total()
    if total:
        title = "\n".join(f"{count:,} {what}" for what, count in counts.most_common())
        heat = log(1 + total) / log(1 + most)
        return {"state": "seen", "count": total, "title": title, "heat": round(heat, 2)}
    reason = found.gaps.get(Fact("status", operation.id, "", status))
    return {"state": "listed" if reason else "gap", "count": 0, "title": reason or "never seen"}


def _share(found: Comparison, operation: Operation, kind: Kind) -> dict[str, Any]:
    seen, total = found.share(kind, operation.id)
    states = {state for _, state, _ in _facts(found, operation, kind)}
    worst = next((each for each in ("gap", "listed") if each in states), "seen")
    return {"seen": seen, "total": total, "state": worst}


def _facts(found: Comparison, operation: Operation, kind: Kind) -> Iterator[tuple[str, str, str]]:
    """What an operation declares of a kind: the name, its state, and a reason if there is one."""
    facts = [f for f in found.facts if (f.kind, f.operation) == (kind, operation.id)]
    for fact in sorted(facts, key=lambda fact: (fact.name, fact.status)):
        name = f"{fact.status} {fact.name}" if fact.status else fact.name
        if fact in found.gaps:
            reason = found.gaps[fact]
            yield name, "listed" if reason else "gap", reason or "never seen"
        else:
            yield name, "seen", ""


def _reasons(found: Comparison) -> dict[str, list[str]]:
    """What was not seen and need not be, by the reason."""
    reasons: dict[str, list[str]] = {}
    for fact, reason in found.gaps.items():
        if reason:
            reasons.setdefault(reason, []).append(str(fact))
    return reasons
