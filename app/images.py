"""What the bytes of an uploaded image really are, whatever name they came under."""

import re
from io import BytesIO
from struct import error as StructError

from PIL import Image

from app.drawings import is_drawing
from app.image_ends import is_whole
from models.errors import BadImage
from models.sentence import say

# In bytes (core contract 8.4 and 9.4).
IMAGE_LIMIT = 2048 * 1024
# A few bytes can announce a picture that fills the memory of whoever looks at it.
PIXEL_LIMIT = 50_000_000
# How the formats that Pillow is asked for begin, and the file name extension we give each.
_BEGINNINGS = {
    "jpg": re.compile(rb"\xff\xd8\xff"),
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "gif": re.compile(rb"GIF8[79]a"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
# What Pillow raises for bytes that begin like an image and are none.
_BROKEN = (OSError, SyntaxError, ValueError, IndexError, EOFError, StructError)

# Nothing here unpacks a picture, so Pillow's own limit would only add a warning to ours.
Image.MAX_IMAGE_PIXELS = None


def extension_of(content: bytes) -> str | None:
    """The file name extension that fits the bytes; None if they are no image of a known type.

    Raises BadImage for an image that is broken or too large, and for one that runs something.
    """
    for kind, beginning in _BEGINNINGS.items():
        if beginning.match(content):
            _check(kind, content)
            return kind
    return "svg" if is_drawing(content) else None


def _check(kind: str, content: bytes) -> None:
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            pixels = image.width * image.height
            image.verify()
            whole = is_whole(kind, content)
    except _BROKEN as error:
        raise _broken() from error
    if pixels > PIXEL_LIMIT:
        raise BadImage(say("has more than {limit} pixels", limit=f"{PIXEL_LIMIT:,}"))
    if not whole:
        raise _broken()


def _broken() -> BadImage:
    return BadImage(say("is damaged, or its end is missing"))
