"""Uploaded images: what they really are, where they lie, and when they get there.

A file belongs to a row, so it follows the row's unit of work: new files are moved into place,
and old ones removed, only after the commit; a rollback leaves the folder as it was.
"""

from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from xml.etree.ElementTree import ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException
from PIL import Image, UnidentifiedImageError
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.markup import has_active_content
from models.errors import Invalid

# In bytes (core contract 8.4 and 9.4).
IMAGE_LIMIT = 2048 * 1024
# Pillow's name of a format -> the file name extension we give it.
RASTER = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}
SVG_ROOTS = ("svg", "{http://www.w3.org/2000/svg}svg")


def sniff(content: bytes) -> str | None:
    """The extension that fits the bytes, whatever name they came under; None if no image."""
    try:
        with Image.open(BytesIO(content), formats=list(RASTER)) as image:
            image.verify()
            return RASTER[image.format or ""]
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, KeyError):
        return "svg" if _is_svg(content) else None
    except Image.DecompressionBombError:
        return None


def _is_svg(content: bytes) -> bool:
    """Whether the bytes are an SVG drawing, and nothing in it runs."""
    try:
        root = defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return False
    inner = b"".join(content.partition(b"<svg")[2:]).decode("utf-8", "replace")
    return root.tag in SVG_ROOTS and not has_active_content(inner)


class Storage:
    """The folder of uploaded files, as one unit of work sees it."""

    def __init__(self, folder: Path, session: Session) -> None:
        self.folder = folder
        self.session = session

    def save_image(self, stem: str, upload: Any, kinds: frozenset[str]) -> str:
        """Keep an uploaded image as `<stem>.<extension>` and return that relative path.

        `kinds` are the extensions that this place takes. Raises Invalid for anything that is
        not such an image or is larger than IMAGE_LIMIT.
        """
        content: bytes = getattr(upload, "content", b"")
        if len(content) > IMAGE_LIMIT:
            kib = IMAGE_LIMIT // 1024
            raise Invalid({"image": [f"The image field must be a file of at most {kib} KiB."]})
        extension = sniff(content)
        if extension not in kinds:
            names = ", ".join(sorted(kinds))
            raise Invalid({"image": [f"The image field must be an image of the type {names}."]})
        path = f"{stem}.{extension}"
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=target.parent, prefix=".new-", delete=False) as file:
            file.write(content)
        staged = Path(file.name)
        event.listen(self.session, "after_commit", lambda _: staged.replace(target), once=True)
        event.listen(
            self.session,
            "after_soft_rollback",
            lambda *_: staged.unlink(missing_ok=True),
            once=True,
        )
        return path

    def remove(self, path: str | None) -> None:
        """Remove a file, once the row that named it has let go of it."""
        if path:
            target = self.folder / path
            event.listen(
                self.session, "after_commit", lambda _: target.unlink(missing_ok=True), once=True
            )
