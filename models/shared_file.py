"""A file that several processes map into their memory, and write to one at a time."""

import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_shared(path: Path) -> int:
    """The descriptor of a file, which is made if need be, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def mapped(file: int, size: int) -> mmap.mmap:
    """The first `size` bytes of a file, as memory."""
    os.ftruncate(file, size)
    return mmap.mmap(file, size)


@contextmanager
def alone(file: int) -> Iterator[None]:
    """Wait until no other process is in here with the same file."""
    # The system takes the lock away from a process that dies.
    fcntl.lockf(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.lockf(file, fcntl.LOCK_UN)
