"""What a server in this process asks its database while it reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from models.reads import LocalReader, RemoteReader, prepare

Asked = list[tuple[str, list[Any]]]


@contextmanager
def watched() -> Iterator[Asked]:
    """The texts and values of the statements that are run meanwhile, in their order.

    Without those that look up a key: whether it is remembered may change at any time.
    """
    found: Asked = []
    originals = {kind: kind.rows for kind in (LocalReader, RemoteReader)}

    def watching(kind):
        def rows(self, statement, parameters):
            prepared = prepare(statement, self.dialect)
            if "personal_access_tokens" not in prepared.sql:
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
