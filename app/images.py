"""What the bytes of an uploaded image really are, whatever name they came under."""

import re
from collections.abc import Mapping
from io import BytesIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from PIL import Image, UnidentifiedImageError

# In bytes (core contract 8.4 and 9.4).
IMAGE_LIMIT = 2048 * 1024
# A few bytes can announce a picture that fills the memory of whoever looks at it.
PIXEL_LIMIT = 50_000_000
# Pillow's name of a format -> the file name extension we give it.
RASTER = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}

# Nothing here unpacks a picture, so Pillow's own limit would only add a warning to ours.
Image.MAX_IMAGE_PIXELS = None

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


def sniff(content: bytes) -> str | None:
    """The extension that fits the bytes; None if they are no image, or one that runs something."""
    try:
        with Image.open(BytesIO(content), formats=list(RASTER)) as image:
            image.verify()
            fits = image.width * image.height <= PIXEL_LIMIT
            return RASTER[image.format or ""] if fits else None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, KeyError):
        return "svg" if _is_svg(content) else None


def _is_svg(content: bytes) -> bool:
    """Whether the bytes are an SVG drawing, and nothing in it runs."""
    parser = DefusedXMLParser(target=_Drawing(), forbid_dtd=True)
    try:
        parser.feed(content)
        parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return False
    return True


class _Drawing:
    """What an XML parser tells of a drawing. Raises ValueError as soon as one is not to be kept."""

    def __init__(self) -> None:
        self.things = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if not self.things and _local(tag) != "svg":
            raise ValueError("not a drawing")
        self.things += 1 + len(attributes)
        if self.things > DRAWING_LIMIT or _runs(tag, attributes):
            raise ValueError("not to be kept")


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
