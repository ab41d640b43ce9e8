"""What a server in this process asks its database while it reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from models.reads import LocalReader, RemoteReader, prepare

Asked = list[tuple[str, list[Any]]]


@contextmanager
def watched() -> Iterator[Asked]:
    """The texts and values of the statements that are run meanwhile, in their order."""
    found: Asked = []
    originals = {kind: kind.rows for kind in (LocalReader, RemoteReader)}

    def watching(kind):
        def rows(self, statement, parameters):
            prepared = prepare(statement, self.dialect)
            found.append((prepared.sql, prepared.arguments(parameters)))
            return originals[kind](self, statement, parameters)

        return rows

    for kind in originals:
        kind.rows = watching(kind)
    try:
        yield found
    finally:
        for kind, original in originals.items():
            kind.rows = original
