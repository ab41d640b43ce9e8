"""What happens, as lines of JSON on standard error: one for each request, one for each event.

Who has something to say puts it down and goes on; a thread writes it a moment later.
"""

import atexit
import logging
import os
import re
import sys
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from threading import Event, Lock, Thread
from time import sleep
from typing import Any, Final, NamedTuple

import orjson

# The id of the request that is being answered, for all that is said meanwhile.
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")

# How long a line may wait to be written, in seconds, and how many may wait before some are lost.
PAUSE = 0.1
CAPACITY = 50_000
# API keys, wherever they come from: somebody may put one into an address.
SECRET = re.compile(rb"(\d+(\||%7C))?CLIENTXCMS[A-Za-z0-9]{40}[0-9a-f]{8}")
# Where PostgreSQL quotes the row that it does not want.
DETAIL = re.compile(r"^\W*DETAIL: .*\n?", re.MULTILINE)
# In characters. Nothing that is longer leads anywhere.
LONGEST = 300


class RequestLine(NamedTuple):
    """What is told of a request. No body, no query and no header but the id: they may hold secrets
    and personal data. `took` is in seconds, `size` is that of the answer in bytes."""

    time: float
    request_id: str
    client: str
    method: str
    path: str
    operation: str
    key_id: int | None
    status: int
    took: float
    size: int

    @property
    def level(self) -> str:
        return "error" if self.status >= 500 else "info"


# The same while it waits: a request has better things to do than to name them.
Told = tuple[float, str, str, str, str, str, int | None, int, float, int]
STATUS: Final = 7
Line = Told | dict[str, Any]


class Lines:
    """Lines on their way to `write`, which gets whole lines, several at once."""

    def __init__(self, write: Callable[[bytes], object], level: int) -> None:
        self.level = level
        self.requests = level <= logging.INFO
        self._write = write
        self._lines: deque[Line] = deque()
        self._dropped = 0
        self._begin()
        atexit.register(self.flush)
        # Threads stay behind when a process is forked, and locks may stay locked.
        os.register_at_fork(before=self.flush, after_in_child=self._begin)

    def _begin(self) -> None:
        self._wake = Event()
        self._writing = Lock()
        Thread(target=self._run, name="log", daemon=True).start()

    def put(self, line: Line) -> None:
        """Write a line soon. When nobody reads what is written, it is lost, and counted."""
        if len(self._lines) >= CAPACITY:
            self._dropped += 1
            return
        self._lines.append(line)
        if not self._wake.is_set():
            self._wake.set()

    def put_request(self, line: Told) -> None:
        """Write the line of a request, unless only trouble is wanted and it was none."""
        if self.requests or line[STATUS] >= 500:
            self.put(line)

    def flush(self) -> None:
        """Write now what waits. Called when a process ends."""
        with self._writing, suppress(OSError, ValueError):
            texts = []
            while self._lines:
                texts.append(_text(self._lines.popleft()))
            if self._dropped:
                texts.append(_text(_event("warning", "Log lines were lost.", lost=self._dropped)))
                self._dropped = 0
            if texts:
                self._write(b"".join(texts))

    def _run(self) -> None:
        while True:
            self._wake.wait()
            sleep(PAUSE)
            self._wake.clear()
            self.flush()


def _event(level: str, message: str, **members: Any) -> dict[str, Any]:
    return {"time": datetime.now(UTC), "level": level, "message": message, **members}


def _text(line: Line) -> bytes:
    if isinstance(line, tuple):
        told = RequestLine(*line)
        line = {
            "time": datetime.fromtimestamp(told.time, UTC),
            "level": told.level,
            "message": "request",
            "request_id": told.request_id,
            "client": _storable(told.client[:LONGEST]),
            "method": _storable(told.method[:LONGEST]),
            "path": _storable(told.path[:LONGEST]),
            "operation": told.operation,
            "key_id": told.key_id,
            "status": told.status,
            "duration_ms": round(told.took * 1000, 3),
            "bytes": told.size,
        }
    text = orjson.dumps(line, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)
    return SECRET.sub(b"[secret]", text) if b"CLIENTXCMS" in text else text


class LineHandler(logging.Handler):
    """What modules and libraries log, in the same form and order."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "message": _storable(record.getMessage()),
            "logger": record.name,
        }
        if request_id := REQUEST_ID.get():
            line["request_id"] = request_id
        if record.exc_info and record.exc_info[0]:
            trace = "".join(traceback.format_exception(*record.exc_info))
            line["exception"] = _storable(DETAIL.sub("", trace))
        self.lines.put(line)


def _storable(text: str) -> str:
    """A text that UTF-8 can hold: half a surrogate pair becomes an escape."""
    return text.encode("utf-8", "backslashreplace").decode()


@cache
def log_to_standard_error(level: str) -> Lines:
    """Let this process log from `level` on: `debug`, `info`, `warning` or `error`."""

    def write(text: bytes) -> None:
        sys.stderr.buffer.write(text)
        sys.stderr.buffer.flush()

    number = logging.getLevelNamesMapping()[level.upper()]
    lines = Lines(write, number)
    # Libraries tell much of their ordinary life.
    logging.basicConfig(
        handlers=[LineHandler(lines)], level=max(number, logging.WARNING), force=True
    )
    logging.getLogger("clientxcms").setLevel(number)
    return lines
