"""The envelopes of a list: the flat one and the nested one (core contract 1.6)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from app.contract import Contract
from app.jsonschema import Json, inlined
from app.listing import Page
from app.pipeline.call import Call

Envelope = Callable[[Page, str, Call], dict[str, Any]]


def envelope(contract: Contract, schema: Json | None) -> Envelope:
    """The envelope that the schema of an answer describes."""
    written = inlined(contract.document, schema or {})
    return _nested if "meta" in written.get("properties", {}) else _flat


def _flat(page: Page, path: str, call: Call) -> dict[str, Any]:
    url = _urls(path, call)
    return {
        "current_page": page.number,
        "data": page.items,
        "first_page_url": url(1),
        "from": page.first,
        "last_page": page.last_page,
        "last_page_url": url(page.last_page),
        "links": links(page, url),
        "next_page_url": url(page.number + 1) if page.number < page.last_page else None,
        "path": path,
        "per_page": page.per_page,
        "prev_page_url": url(page.number - 1) if page.number > 1 else None,
        "to": page.last,
        "total": page.total,
    }


def _nested(page: Page, path: str, call: Call) -> dict[str, Any]:
    url = _urls(path, call)
    flat = _flat(page, path, call)
    meta = ("current_page", "from", "last_page", "links", "path", "per_page", "to", "total")
    return {
        "data": page.items,
        "links": {
            "first": url(1),
            "last": url(page.last_page),
            "prev": flat["prev_page_url"],
            "next": flat["next_page_url"],
        },
        "meta": {name: flat[name] for name in meta},
    }


def _urls(path: str, call: Call) -> Callable[[int], str]:
    """Addresses of pages: every parameter of the request is kept, `page` comes last."""
    sent = [pair for pair in call.arguments["query"].sent if pair[0] != "page"]
    start = f"{path}?{urlencode(sent)}&page=" if sent else f"{path}?page="
    return lambda number: f"{start}{number}"


def numbers(current: int, last: int) -> list[int | None]:
    """The page numbers to show, None for a gap."""
    if last < 14:
        return [*range(1, last + 1)]
    if current <= 7:
        return [*range(1, 11), None, last - 1, last]
    if current > last - 7:
        return [1, 2, None, *range(last - 9, last + 1)]
    return [1, 2, None, *range(current - 3, current + 4), None, last - 1, last]


def links(page: Page, url: Callable[[int], str]) -> list[dict[str, Any]]:
    """The row of links below a page: previous, numbers, next."""

    def step(label: str, number: int | None) -> dict[str, Any]:
        address = None if number is None else url(number)
        return {"url": address, "label": label, "page": number, "active": False}

    def numbered(number: int | None) -> dict[str, Any]:
        if number is None:
            return {"url": None, "label": "...", "active": False}
        return {**step(str(number), number), "active": number == page.number}

    previous = page.number - 1 if page.number > 1 else None
    following = page.number + 1 if page.number < page.last_page else None
    return [
        step("&laquo; Previous", previous),
        *map(numbered, numbers(page.number, page.last_page)),
        step("Next &raquo;", following),
    ]
