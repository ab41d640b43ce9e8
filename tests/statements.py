"""What a server in this process asks its database while it reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from typing import Any

from models import database
from models.reads import LocalReader, RemoteReader, prepare

Asked = list[tuple[str, list[Any]]]


@contextmanager
def watched() -> Iterator[Asked]:
    """The texts and values of the statements that are run meanwhile, in their order.

    Without those that look up a key: whether it is remembered may change at any time. However slow
    the machine is, no read is begun again, or its statements would count twice.
    """
    found: Asked = []
    seconds, database.LOOP_SECONDS = database.LOOP_SECONDS, inf
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
        database.LOOP_SECONDS = seconds
        for kind, original in originals.items():
            kind.rows = original
