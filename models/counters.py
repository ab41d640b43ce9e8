"""Counters that the server itself raises by one."""

from models.errors import Conflict
from models.sentence import Sentence, say

# The largest number that an INTEGER of PostgreSQL and MariaDB holds, and the largest that the
# contract allows for the columns that are counted in.
LARGEST_COUNT = 2**31 - 1


def one_more(count: int, name: str, noun: Sentence, allowed: list[str]) -> int:
    """Return the number after `count`, the value of the field `name` of a `noun`.

    Raises Conflict, with the actions on the service that are allowed, if it cannot be stored. A
    smaller bound on what clients write would refuse to take back what they have read.
    """
    if count >= LARGEST_COUNT:
        raise Conflict(
            say(
                "The field {name} of the {noun} is at its maximum, {count}. "
                "Write a smaller number first.",
                name=name,
                noun=noun,
                count=count,
            ),
            allowed_transitions=allowed,
        )
    return count + 1
