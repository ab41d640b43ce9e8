"""The envelopes of a list: the flat one and the nested one (core contract 1.6)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.contract import Contract
from app.jsonschema import Json, inlined
from app.keyset import Cursor
from app.listing import Page, Query
from app.pipeline.cursors import write_cursor

# In bytes. The links repeat the query of the request, and proxies take 4 KB for all headers of a
# response; the same addresses are in its body.
LINK_LIMIT = 2048


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of pages next to one. Who walks by cursors goes on by cursors; `link` is the
    header that leads everybody there (RFC 8288), empty if it would be longer than LINK_LIMIT."""

    path: str
    number: Callable[[int], str]
    previous: str | None
    next: str | None
    link: bytes


def addresses(page: Page, path: str, query: Query) -> Addresses:
    """Every parameter of the request is kept, where the page is comes last."""
    sent = [pair for pair in query.sent if pair[0] not in ("page", "cursor")]
    start = f"{path}?{urlencode(sent)}&" if sent else f"{path}?"

    def at(cursor: Cursor | None) -> str | None:
        text = write_cursor(cursor) if cursor else None
        return f"{start}cursor={text}" if text else None

    def number(number: int) -> str:
        return f"{start}page={number}"

    before, after = at(page.before), at(page.after)
    link = ", ".join(
        f'<{address}>; rel="{relation}"'
        for relation, address in (("prev", before), ("next", after))
        if address
    )
    if page.by_cursor:
        previous, following = before, after
    else:
        previous = number(page.number - 1) if page.number > 1 else None
        following = number(page.number + 1) if page.number < page.last_page else None
    return Addresses(
        path, number, previous, following, link.encode() if len(link) <= LINK_LIMIT else b""
    )


Envelope = Callable[[Page, Addresses], dict[str, Any]]


def envelope(contract: Contract, schema: Json | None) -> Envelope:
    """The envelope that the schema of an answer describes."""
    written = inlined(contract.document, schema or {})
    return _nested if "meta" in written.get("properties", {}) else _flat


def _flat(page: Page, addresses: Addresses) -> dict[str, Any]:
    url = addresses.number
    return {
        "current_page": page.number,
        "data": page.items,
        "first_page_url": url(1),
        "from": page.first,
        "last_page": page.last_page,
        "last_page_url": url(page.last_page),
        "links": links(page, addresses),
        "next_page_url": addresses.next,
        "path": addresses.path,
        "per_page": page.per_page,
        "prev_page_url": addresses.previous,
        "to": page.last,
        "total": page.total,
    }


def _nested(page: Page, addresses: Addresses) -> dict[str, Any]:
    flat = _flat(page, addresses)
    meta = ("current_page", "from", "last_page", "links", "path", "per_page", "to", "total")
    return {
        "data": page.items,
        "links": {
            "first": flat["first_page_url"],
            "last": flat["last_page_url"],
            "prev": flat["prev_page_url"],
            "next": flat["next_page_url"],
        },
        "meta": {name: flat[name] for name in meta},
    }


def numbers(current: int, last: int) -> list[int | None]:
    """The page numbers to show, None for a gap."""
    if last < 14:
        return [*range(1, last + 1)]
    if current <= 7:
        return [*range(1, 11), None, last - 1, last]
    if current > last - 7:
        return [1, 2, None, *range(last - 9, last + 1)]
    return [1, 2, None, *range(current - 3, current + 4), None, last - 1, last]


def links(page: Page, addresses: Addresses) -> list[dict[str, Any]]:
    """The row of links below a page: previous, numbers, next."""

    def step(label: str, address: str | None, number: int) -> dict[str, Any]:
        number_there = None if address is None else number
        return {"url": address, "label": label, "page": number_there, "active": False}

    def numbered(number: int | None) -> dict[str, Any]:
        if number is None:
            return {"url": None, "label": "...", "active": False}
        there = step(str(number), addresses.number(number), number)
        return {**there, "active": number == page.number}

    return [
        step("&laquo; Previous", addresses.previous, max(1, page.number - 1)),
        *map(numbered, numbers(page.number, page.last_page)),
        step("Next &raquo;", addresses.next, page.number + 1),
    ]
