"""Cursors as texts: opaque to callers, who find them in the addresses of neighbouring pages."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable

import orjson

from app.contract import Contract, Operation
from app.jsonschema import Json, inlined
from app.keyset import ID, Cursor
from app.pipeline.reasons import unstorable

# Longer ones would make addresses that browsers and proxies refuse.
LONGEST = 2000
# How many pages a list may have.
PAGES = 2**53 - 1


def write_cursor(cursor: Cursor) -> str | None:
    """The text of a cursor; None if it would be too long for an address."""
    parts = [cursor.sorts, cursor.backwards, cursor.number, cursor.row]
    text = urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=").decode()
    return text if len(text) <= LONGEST else None


def cursor_reader(contract: Contract, operation: Operation) -> Callable[[str], Cursor | None]:
    """Compile how an operation reads cursors. None is said of a text that it cannot have given:
    what is in a cursor is of an item, so it fits the schema of the items."""
    sort = next(each.schema for each in operation.query if each.name == "sort")
    # What a list can be sorted by without being shown.
    shown = {**_properties(contract, operation), **sort.get("x-hidden", {})}
    number: Json = {"type": "integer", "minimum": 1, "maximum": PAGES}
    fits = contract.validator(
        {
            "type": "array",
            "minItems": 4,
            "maxItems": 4,
            "prefixItems": [
                sort, {"type": "boolean"}, number, {"type": "object", "properties": shown},
            ],
        }
    ).accepts  # fmt: skip

    def read(text: str) -> Cursor | None:
        try:
            parts = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (NotBase64, ValueError):
            return None
        if not fits(parts):
            return None
        sorts, backwards, page, row = parts
        if row.keys() != {*(name.lstrip("-") for name in sorts), ID} or unstorable(row):
            return None
        return Cursor(tuple(sorts), backwards, page, row)

    return read


def _properties(contract: Contract, operation: Operation) -> Json:
    """The properties of the items of a list."""
    page = inlined(contract.document, operation.success.schema or {})
    items = page["properties"]["data"]["items"]
    properties: Json = inlined(contract.document, items)["properties"]
    return properties
