"""What the bytes of an uploaded image really are, whatever name they came under."""

from io import BytesIO
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException
from PIL import Image, UnidentifiedImageError

# In bytes (core contract 8.4 and 9.4).
IMAGE_LIMIT = 2048 * 1024
# A few bytes can announce a picture that fills the memory of whoever looks at it.
PIXEL_LIMIT = 50_000_000
# Pillow's name of a format -> the file name extension we give it.
RASTER = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}

# Nothing here unpacks a picture, so Pillow's own limit would only add a warning to ours.
Image.MAX_IMAGE_PIXELS = None

_ACTIVE_ELEMENTS = frozenset(
    ("script", "handler", "listener", "foreignobject", "iframe", "object", "embed", "html", "body")
)
_ACTIVE_SCHEMES = ("javascript:", "vbscript:", "data:text/", "data:image/svg", "data:application/")


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
    try:
        root = defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return False
    return _local(root.tag) == "svg" and not any(_runs(element) for element in root.iter())


def _local(name: str) -> str:
    """A name without its namespace, in lower case."""
    return name.rpartition("}")[2].lower()


def _runs(element: Element) -> bool:
    """Whether an element is a script, or one of its attributes starts one."""
    if _local(element.tag) in _ACTIVE_ELEMENTS:
        return True
    for name, value in element.attrib.items():
        # Browsers skip blanks and control characters in front of and inside a scheme.
        plain = "".join(character for character in value if character > " ").lower()
        # An animation may write into any attribute, the target of a link among them.
        target = _local(plain) if name == "attributeName" else _local(name)
        if target.startswith("on") or plain.startswith(_ACTIVE_SCHEMES):
            return True
        if name == "attributeName" and target.rpartition(":")[2] == "href":
            return True
    return False
