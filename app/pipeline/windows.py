"""A fixed window for each key, opened by its first request (core contract 1.5).

Wrong keys are counted in the same way, each for the address that it came from.
"""

from typing import NamedTuple

# In seconds.
WINDOW = 60
# How many windows may be open before those that have ended are put away.
CAPACITY = 10_000


class Window(NamedTuple):
    """Requests made in a window, and when it ends, in seconds of a clock that is never set."""

    made: int
    ends: float


class Windows:
    """The open window of each key, in the memory of this process."""

    def __init__(self) -> None:
        self._open: dict[int, Window] = {}

    def count(self, key_id: int, now: float) -> Window:
        """Count one more request of a key. Returns its window."""
        window = self._open.get(key_id)
        if window is None or window.ends <= now:
            if len(self._open) >= CAPACITY:
                self._open = {key: each for key, each in self._open.items() if each.ends > now}
            window = Window(0, now + WINDOW)
        window = self._open[key_id] = Window(window.made + 1, window.ends)
        return window
