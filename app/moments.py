"""Moments as they are written in requests and answers."""

import re
from datetime import UTC, datetime

# A date-time of RFC 3339 section 5.6, which lets T, Z and a blank in place of T be written so.
# `datetime.fromisoformat` takes more of ISO 8601: weeks, days without hyphens, offsets of seconds.
_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)",
    re.ASCII | re.IGNORECASE,
)


def write_moment(moment: datetime) -> str:
    """A moment in UTC, with six fractional digits and a Z (core contract 1.8)."""
    # The column type hands out nothing but UTC; its offset is what follows the 26th character.
    return moment.isoformat(timespec="microseconds")[:26] + "Z"


def read_moment(text: str) -> datetime:
    """The moment in UTC that a text of RFC 3339 names. Raises ValueError for any other text."""
    if not _RFC_3339.fullmatch(text):
        raise ValueError(f"{text!r} is not a date-time of RFC 3339")
    moment = datetime.fromisoformat(text.upper())
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} lies outside the calendar") from None


def is_moment(text: str) -> bool:
    """Whether a text names a moment."""
    try:
        read_moment(text)
    except ValueError:
        return False
    return True
