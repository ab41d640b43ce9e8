"""Moments as they are written in requests and answers."""

from datetime import UTC, datetime


def write_moment(moment: datetime) -> str:
    """A moment in UTC, with six fractional digits and a Z (core contract 1.8)."""
    # The column type hands out nothing but UTC; its offset is what follows the 26th character.
    return moment.isoformat(timespec="microseconds")[:26] + "Z"


def read_moment(text: str) -> datetime:
    """The moment in UTC that a text of RFC 3339 names. Raises ValueError for any other text."""
    moment = datetime.fromisoformat(text.upper())
    if moment.tzinfo is None or len(text) < len("2026-08-13T20:15:53Z"):
        raise ValueError(f"{text!r} has no time zone")
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
