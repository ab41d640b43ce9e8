"""SVG drawings: which are taken, and why others are not."""

import re
from collections.abc import Mapping
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from models.errors import BadImage
from models.sentence import say

# Elements and attributes of a drawing. Each has to be looked at, while others wait.
DRAWING_LIMIT = 20_000

_ACTIVE_ELEMENTS = frozenset(
    ("script", "handler", "listener", "foreignobject", "iframe", "object", "embed", "html", "body")
)
_ACTIVE_SCHEMES = ("javascript:", "vbscript:", "data:text/", "data:image/svg", "data:application/")
# Browsers skip blanks and control characters in front of and inside a scheme.
_SKIPPED = r"[\x00- ]*"
_ACTIVE_ADDRESS = re.compile(
    "|".join(_SKIPPED + _SKIPPED.join(map(re.escape, scheme)) for scheme in _ACTIVE_SCHEMES),
    re.IGNORECASE,
)


def is_drawing(content: bytes) -> bool:
    """Whether the bytes are an SVG drawing. Raises BadImage for one that is not to be kept."""
    drawing = _Drawing()
    parser = _Parser(target=drawing, forbid_dtd=True)
    try:
        parser.feed(content)
        parser.close()
    except _OtherDocument:
        return False
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        if not drawing.things:
            return False
        raise BadImage(say("must be well-formed XML, as all drawings of the type svg")) from error
    return True


class _OtherDocument(Exception):
    """XML that is no drawing."""


class _Parser(DefusedXMLParser):
    """A parser that loads nothing, and lets a document type be named by those who never do."""

    def defused_start_doctype_decl(
        self, name: str, sysid: str | None, pubid: str | None, has_internal_subset: int
    ) -> None:
        # Illustrator and Inkscape name the DTD of SVG 1.1. Declarations of the document's own could
        # give each element an attribute that runs something, or an entity that fills the memory.
        if has_internal_subset and _local(name) == "svg":
            raise BadImage(say("must not declare anything in its DOCTYPE"))
        if has_internal_subset:
            raise _OtherDocument


class _Drawing:
    """What an XML parser tells of a drawing. Raises BadImage as soon as one is not to be kept."""

    def __init__(self) -> None:
        self.things = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if not self.things and _local(tag) != "svg":
            raise _OtherDocument
        self.things += 1 + len(attributes)
        if self.things > DRAWING_LIMIT:
            limit = f"{DRAWING_LIMIT:,}"
            raise BadImage(say("has more than {limit} elements and attributes", limit=limit))
        if _runs(tag, attributes):
            raise BadImage(
                say("must not hold scripts, other documents, event handlers or links that run them")
            )


def _local(name: str) -> str:
    """A name without its namespace, in lower case."""
    return name.rpartition("}")[2].lower()


def _runs(tag: str, attributes: Mapping[str, str]) -> bool:
    """Whether an element is a script, or one of its attributes starts one."""
    if _local(tag) in _ACTIVE_ELEMENTS:
        return True
    for name, value in attributes.items():
        animated = name == "attributeName"
        # An animation may write into any attribute, the target of a link among them.
        target = _local("".join(value.split())) if animated else _local(name)
        if target.startswith("on") or _ACTIVE_ADDRESS.match(value):
            return True
        if animated and target.rpartition(":")[2] == "href":
            return True
    return False
