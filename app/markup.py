"""The format `safe-html`: markup of a description, which cannot run anything in a browser.

An HTML parser decides what a tag, an attribute or a URL is. Searching the text for them does not
work: `<img alt=">" src=x onerror=...>` has its handler behind what looks like the end of the tag.
"""

import re
from secrets import token_hex

import nh3
from selectolax.lexbor import LexborHTMLParser

# What the library allows, and harmless elements that editors of shops still write.
TAGS = nh3.ALLOWED_TAGS | {"big", "font", "main", "section", "tfoot"}
_PARTS = {name: set(names) for name, names in nh3.ALLOWED_ATTRIBUTES.items()}
ATTRIBUTES = {
    **_PARTS,
    # No `id` and no `name`: scripts of the page find elements by them (DOM clobbering).
    "*": {"align", "bgcolor", "border", "class", "dir", "height", "lang", "role", "style"}
    | {"title", "valign", "width"},
    "a": _PARTS["a"] | {"rel", "target"},
    "font": {"color", "face", "size"},
    "img": _PARTS["img"] | {"loading"},
    "table": _PARTS["table"] | {"cellpadding", "cellspacing"},
}
# A URL without a scheme is allowed as well.
SCHEMES = {"data", "http", "https", "mailto", "tel"}
# Pictures only: a browser would run an HTML document or an SVG behind `data:`.
_PICTURE = re.compile(r"\s*data:image/(?:gif|jpeg|png|webp)[;,]", re.IGNORECASE)
_DATA = re.compile(r"\s*data:", re.IGNORECASE)
# What follows the text in a page: an unfinished tag or comment would take it in. No client can
# guess it.
_END = f'<hr class="{token_hex(8)}">'
_ENDS = re.compile(rf"{_END}(?:</\w+>)*\Z")
# Template engines of panels run these, and no HTML parser knows them (docs/upstream-rules.md).
_TEMPLATE = re.compile(r"<\?(?:php|=|\s)|<%|%>|\{\{|\{%|\{!!", re.IGNORECASE)


def has_active_content(text: str) -> bool:
    """Whether `text` holds anything but plain text and the markup that is allowed here.

    The sanitiser returns the text without what it does not allow. The text is safe if both are
    the same document to a browser, however they are written.
    """
    if _TEMPLATE.search(text):
        return True
    if "<" not in text:
        return False
    document = _document(text + _END)
    return not _ENDS.search(document) or _document(_cleaned(text + _END)) != document


def _cleaned(text: str) -> str:
    return nh3.clean(
        text,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_checked,
        generic_attribute_prefixes={"aria-"},
        url_schemes=SCHEMES,
        link_rel=None,
        strip_comments=False,
    )


def _checked(tag: str, attribute: str, value: str) -> str | None:
    """Return the value of an attribute, or None if the attribute has to go."""
    is_picture = tag == "img" and attribute == "src" and _PICTURE.match(value)
    return None if _DATA.match(value) and not is_picture else value


def _document(text: str) -> str:
    """Return the document that a browser makes of `text` inside a page, in one spelling."""
    return str(LexborHTMLParser(f"<!DOCTYPE html><body>{text}").html)
