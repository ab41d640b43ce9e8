"""What is a finding: a response, or what is stored, that no attack may bring about."""

import json
import re
from xml.etree import ElementTree

from selectolax.lexbor import LexborHTMLParser

from tools.attack.wire import NOTHING, Response, Target, ask

# In bytes, of the head and of an error. nginx takes 4 KB for a head.
LONGEST_HEAD, LONGEST_ERROR = 4096, 500_000
_ACTIVE = {
    "script",
    "iframe",
    "object",
    "embed",
    "base",
    "form",
    "svg",
    "math",
    "style",
    "link",
    "meta",
}
_BLANK = re.compile(r"[\x00-\x20]")


def wrong(response: Response) -> str | None:
    """Return what is wrong with a response; None if nothing is."""
    if response is NOTHING:
        return None
    if response.status >= 500 and response.status != 503:
        return f"status {response.status}"
    if len(response.head) > LONGEST_HEAD:
        return f"{len(response.head)} bytes of headers"
    if response.status >= 400 and len(response.body) > LONGEST_ERROR:
        return f"an error of {len(response.body)} bytes"
    return _unreadable(response)


def _unreadable(response: Response) -> str | None:
    head = response.head.lower()
    try:
        if b"\r\ncontent-encoding" in head:
            return None
        if b"json" in (kind := _media_type(head)):
            json.loads(response.body)
        elif b"xml" in kind:
            ElementTree.fromstring(response.body)
    except (ValueError, ElementTree.ParseError) as error:
        return f"a body that cannot be read: {error}"
    return None


def _media_type(head: bytes) -> bytes:
    found = re.search(rb"\r\ncontent-type: *([^\r;]*)", head)
    return found[1] if found else b""


async def scripts(target: Target) -> list[str]:
    """Return the stored descriptions that a browser would run something of."""
    found = []
    for name in ("products", "groups"):
        page = await ask(
            target,
            f"GET /api/application/{name}?per_page=1000 HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {target.key}\r\n\r\n".encode(),
        )
        for row in json.loads(page.body)["data"]:
            if is_active(row.get("description") or ""):
                found.append(f"{name}/{row['id']}: {row['description'][:200]}")
    return found


def is_active(html: str) -> bool:
    """Whether a browser may run something of an HTML text, as an HTML5 parser sees it."""
    for node in LexborHTMLParser(f"<body>{html}").css("body *"):
        if node.tag in _ACTIVE:
            return True
        for name, text in node.attributes.items():
            scheme = _BLANK.sub("", text or "").lower()
            if name.startswith("on") or scheme.startswith(
                ("javascript:", "vbscript:", "data:text")
            ):
                return True
    return False
