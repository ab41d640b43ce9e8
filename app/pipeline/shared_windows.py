"""Windows that several processes count in together: in a file of this machine, or in Redis."""

import logging
import struct
from pathlib import Path
from urllib.parse import unquote, urlsplit

from limits.aio.storage import Storage
from limits.errors import StorageError
from limits.storage import storage_from_string

from app.pipeline.windows import CAPACITY, WINDOW, Window, Windows
from models.shared_file import alone, mapped, open_shared

log = logging.getLogger("clientxcms")

# How long Redis may take, and how long it is left alone after it has failed, in seconds.
PATIENCE, PAUSE = 0.5, 5
# The number of a key, its requests, and when its window ends.
SLOT = struct.Struct("<qqd")
# How many slots there are, and in how many of them in a row a key may be.
SLOTS, REACH = 16384, 8


class FileWindows:
    """A table in a file that all processes of this machine map. A count takes some microseconds.

    The clock that is never set is the same for all processes until the machine starts anew.
    """

    def __init__(self, path: Path) -> None:
        self._file = open_shared(path)
        self._table = mapped(self._file, (SLOTS + REACH) * SLOT.size)

    def count(self, key_id: int, now: float) -> Window:
        """Count one more request of a key. Returns its window."""
        with alone(self._file):
            place, window = self._find(key_id, now)
            SLOT.pack_into(self._table, place, key_id, window.made + 1, window.ends)
        return Window(window.made + 1, window.ends)

    def _find(self, key_id: int, now: float) -> tuple[int, Window]:
        """The place of a key and its window so far; a new one where that has ended."""
        first = key_id % SLOTS * SLOT.size
        oldest, ends_first = first, float("inf")
        for place in range(first, first + REACH * SLOT.size, SLOT.size):
            owner, made, ends = SLOT.unpack_from(self._table, place)
            # What ends later than any window can is of a time before the machine started.
            is_open = now < ends <= now + WINDOW
            if owner == key_id and is_open:
                return place, Window(made, ends)
            ends = ends if is_open else 0
            if ends < ends_first:
                oldest, ends_first = place, ends
        return oldest, Window(0, now + WINDOW)


class RemoteWindows:
    """Windows in Redis, for servers on several machines.

    While Redis does not answer, each process counts for itself: a shop that is closed would be
    worse than one whose limits are wide.
    """

    def __init__(self, storage: Storage, name: str) -> None:
        self._storage = storage
        self._name = name
        self._ends: dict[int, float] = {}
        self._meanwhile = Windows()
        self._ask_again = float("-inf")

    async def count(self, key_id: int, now: float) -> Window:
        """Count one more request of a key. Returns its window."""
        if now < self._ask_again:
            return self._meanwhile.count(key_id, now)
        try:
            made = await self._storage.incr(f"clientxcms/{self._name}/{key_id}", WINDOW)
        except StorageError as error:
            log.error("Redis does not answer, processes count alone: %s", error.storage_error)
            self._ask_again = now + PAUSE
            return self._meanwhile.count(key_id, now)
        return Window(made, self._end(key_id, made, now))

    def _end(self, key_id: int, made: int, now: float) -> float:
        """When a window ends, as far as this process can know: it may have begun elsewhere."""
        ends = self._ends.get(key_id, 0)
        if made == 1 or ends <= now:
            if len(self._ends) >= CAPACITY:
                self._ends.clear()
            ends = self._ends[key_id] = now + WINDOW
        return ends


AnyWindows = Windows | FileWindows | RemoteWindows


async def count(windows: AnyWindows, number: int, now: float) -> Window:
    """Count one more of a number, wherever that is done. Returns its window."""
    if isinstance(windows, RemoteWindows):
        return await windows.count(number, now)
    return windows.count(number, now)


def open_windows(url: str, name: str = "key") -> AnyWindows:
    """The windows of an address: `file:///path`, `redis://...`, or none for those of a process.

    Windows of different names are apart, whatever is counted in them.
    """
    if not url:
        return Windows()
    if file := file_of(url):
        return FileWindows(file if name == "key" else file.with_name(f"{file.name}-{name}"))
    storage = storage_from_string(
        f"async+{url}", implementation="redispy", wrap_exceptions=True,
        socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE,
    )  # fmt: skip
    assert isinstance(storage, Storage)
    return RemoteWindows(storage, name)


def file_of(url: str) -> Path | None:
    """The file of an address; None if it is not one of a file."""
    return Path(unquote(urlsplit(url).path)) if url.startswith("file:") else None
