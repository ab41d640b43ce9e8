"""Waiting for what happens a moment later."""

import time


def wait_until(happens, seconds=10):
    """What `happens()` returns as soon as it is true, as it has to be after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        # However long an answer takes: who asks after the end has waited for long enough.
        is_last = time.monotonic() >= end
        if found := happens():
            return found
        assert not is_last
        time.sleep(0.02)
