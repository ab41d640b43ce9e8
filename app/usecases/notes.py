"""Metadata of a row, as notes by key."""

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import Customer, Group, Metadata, Product, Service

Noted = Customer | Group | Product | Service


def write_notes(session: Session, row: Noted, notes: Mapping[str, str]) -> None:
    """Write notes; those that are there already get the new value."""
    of_row = (Metadata.model_type == row.CLASS_NAME, Metadata.model_id == row.id)
    found = {
        note.key: note
        for note in session.scalars(select(Metadata).where(*of_row, Metadata.key.in_(notes)))
    }
    for key, value in notes.items():
        if key in found:
            found[key].value = value
        else:
            session.add(Metadata(model_type=row.CLASS_NAME, model_id=row.id, key=key, value=value))


def remove_notes(session: Session, row: Noted, keys: Iterable[str] | None = None) -> None:
    """Remove the notes with these keys, or all."""
    statement = delete(Metadata).where(
        Metadata.model_type == row.CLASS_NAME, Metadata.model_id == row.id
    )
    if keys is not None:
        statement = statement.where(Metadata.key.in_(list(keys)))
    session.execute(statement)


def has_note(session: Session, row: Noted, key: str) -> bool:
    """Whether a row has a note with that key, whatever it says."""
    note = select(Metadata.id).where(
        Metadata.model_type == row.CLASS_NAME, Metadata.model_id == row.id, Metadata.key == key
    )
    return session.scalar(note.limit(1)) is not None
