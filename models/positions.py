"""How far the database had come when each key last changed something.

A position is a place in PostgreSQL's log of changes (an LSN), as a number.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile

from models.shared_file import alone, mapped, open_shared

# Keys that share a cell wait for each other's changes, which harms nobody; shops have a few dozen.
CELLS = 1024
# What lies beyond this is no position: something was changed, and nobody knows where.
DOUBT = 1 << 63


class Positions:
    """A position for each key, in a file that processes map: those that know its path, or, without
    one, those that are forked from this one."""

    def __init__(self, path: Path | None = None) -> None:
        if path is None:
            with TemporaryFile() as file:
                self._file = os.dup(file.fileno())
        else:
            self._file = open_shared(path)
        self._cells = memoryview(mapped(self._file, 8 * CELLS)).cast("Q")

    def of(self, key: int) -> int:
        """What a server has to have replayed before the key may read from it."""
        return self._cells[key % CELLS]

    def note(self, key: int, position: int) -> None:
        """The key has changed something, and it is in the log before this position."""
        with alone(self._file):
            self._cells[key % CELLS] = max(self._cells[key % CELLS], position)

    def doubt(self, key: int) -> None:
        """The key may have changed something. No server has replayed that until it is settled."""
        with alone(self._file):
            self._cells[key % CELLS] = max(self._cells[key % CELLS], DOUBT) + 1

    def beyond(self, position: int) -> Mapping[int, int]:
        """The cells that say more than this position, and what they say."""
        return {place: value for place, value in enumerate(self._cells) if value > position}

    def settle(self, found: Mapping[int, int], position: int) -> None:
        """Lower what was found, and is still there, to a position that was asked for later.

        So doubts end, and so do positions in the log of a database that is no longer used.
        """
        with alone(self._file):
            for place, value in found.items():
                if self._cells[place] == value > position:
                    self._cells[place] = position
