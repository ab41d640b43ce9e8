"""Uploaded images: where they lie, and when they get there.

A file belongs to a row, so it follows the row's unit of work: new files are moved into place,
and old ones removed, only after the commit; a rollback leaves the folder as it was.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from app.images import IMAGE_LIMIT, extension_of
from models.errors import BadImage, Invalid
from models.sentence import field, say


class Storage:
    """The folder of uploaded files, as one unit of work sees it."""

    def __init__(self, folder: Path, session: Session) -> None:
        self.folder = folder
        self.session = session

    def update(self, row: Any, stem: str, body: Mapping[str, Any], kinds: frozenset[str]) -> None:
        """Do what `image` and `remove_image` of a body ask for to the image of a row.

        The file is kept as `<stem>.<extension>`; `kinds` are the extensions that this place
        takes. Raises Invalid for anything that is not such an image or is too large.
        """
        upload = body.get("image")
        if upload is not None or body.get("remove_image"):
            self.remove(row.image)
            row.image = None
        if upload is not None:
            row.image = self._save(stem, upload, kinds)

    def _save(self, stem: str, upload: Any, kinds: frozenset[str]) -> str:
        content: bytes = getattr(upload, "content", b"")
        try:
            extension = self._extension(content, kinds)
        except BadImage as error:
            raise Invalid({"image": [field("image", error.detail)]}) from error
        path = f"{stem}.{extension}"
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=target.parent, prefix=".new-", delete=False) as file:
            staged = Path(file.name)
            # Before it is written: the disk may be full.
            event.listen(self.session, "after_transaction_end", partial(_discard, staged))
            file.write(content)
        event.listen(self.session, "after_commit", lambda _: staged.replace(target), once=True)
        return path

    @staticmethod
    def _extension(content: bytes, kinds: frozenset[str]) -> str:
        if len(content) > IMAGE_LIMIT:
            size = IMAGE_LIMIT // 1024
            raise BadImage(say("must be a file of at most {size} KiB", size=size))
        extension = extension_of(content)
        if extension is None or extension not in kinds:
            types = ", ".join(sorted(kinds))
            raise BadImage(say("must be an image of the type {types}", types=types))
        return extension

    def remove(self, path: str | None) -> None:
        """Remove a file, once the row that named it has let go of it."""
        if path:
            target = self.folder / path
            event.listen(
                self.session, "after_commit", lambda _: target.unlink(missing_ok=True), once=True
            )


def _discard(staged: Path, session: Session, transaction: SessionTransaction) -> None:
    """Remove what was not moved into place when the whole unit of work ended, however it did."""
    if transaction.parent is None:
        staged.unlink(missing_ok=True)
