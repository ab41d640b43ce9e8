"""What can go wrong in the domain, as nouns. The edge decides which HTTP status each one is."""

from collections.abc import Mapping
from typing import Any

from models.sentence import Sentence

# How SQLSTATE says that not the statement is the trouble: no connection, no right to one, no such
# database, a transaction that has to be tried again, no resources, a lock that is not given up, an
# operator who intervened.
BUSY = ("08", "28", "3D", "40", "53", "55P03", "57")
# Of these, that the connection is lost, or that somebody ends it.
WENT_AWAY = ("08", "57")
# That it and others waited for each other, or cannot have come one after the other.
UNDONE = ("40001", "40P01")
# The same as numbers of MariaDB, whose SQLSTATE mostly says no more than that there is an error:
# disk or table full, memory, too many connections, no right to one, no such database, shutting
# down, host blocked, resources of a user, read-only, a lock that is not given up, deadlock,
# interrupted, killed, timed out; from 2000 on it is the client that has lost the server.
BUSY_NUMBERS = frozenset({
    1021, 1037, 1038, 1040, 1041, 1042, 1043, 1044, 1045, 1049, 1053, 1114, 1129, 1130, 1152, 1158,
    1159, 1160, 1161, 1203, 1205, 1213, 1226, 1290, 1317, 1836, 1927, 1969, 4031,
})  # fmt: skip
LOST = range(2000, 3000)
DEADLOCK = 1213


def number_of(error: BaseException | None) -> int | None:
    """The number of an error of MariaDB; None if it is one of another database."""
    number = error.args[0] if error is not None and error.args else None
    return number if isinstance(number, int) else None


def is_busy(error: BaseException | None) -> bool:
    """Whether an error of a driver says that the database, and not the statement, is the trouble.

    It knows SQLSTATE and the numbers of MariaDB; of an error that has neither it says no.
    """
    number = number_of(error)
    if number is not None:
        return number in BUSY_NUMBERS or number in LOST
    return _state(error).startswith(BUSY)


def is_undone(error: BaseException | None) -> bool:
    """Whether an error of a driver says that a transaction was ended so that others can go on.

    Nothing of it was kept, and it may well succeed when it is begun anew.
    """
    return number_of(error) == DEADLOCK or _state(error) in UNDONE


def has_gone_away(error: BaseException | None) -> bool:
    """Whether an error of a driver says that the connection is lost, or that somebody ends it."""
    return _state(error).startswith(WENT_AWAY)


def _state(error: BaseException | None) -> str:
    return getattr(error, "sqlstate", None) or ""


class UnsupportedServer(Exception):
    """The database server is one that this program cannot work with; the text says why."""


class OutOfReach(Exception):
    """The database does not answer, or is too busy."""


class TooSlow(OutOfReach):
    """A statement was interrupted because it took too long."""


class Overloaded(Exception):
    """So many others ask the database that this one has waited too long to begin."""


class InDoubt(Exception):
    """The database went away while it was told to keep a change, and may have kept it."""


class DomainError(Exception):
    """A request that the rules of the shop refuse. `detail` is one sentence for the caller."""

    def __init__(self, detail: Sentence, **members: Any) -> None:
        super().__init__(str(detail))
        self.detail = detail
        self.members = members


class NotFound(DomainError):
    """No visible row has that id."""


class Conflict(DomainError):
    """The current state does not allow it. `members` go into the answer, beside the detail."""


class BeyondKey(DomainError):
    """A key would make another do what it may not do itself."""


class Invalid(DomainError):
    """Values that are well formed but refer to nothing, or repeat what must be unique.

    `errors` maps the dotted path of a body field to a list of texts.
    """

    def __init__(self, errors: Mapping[str, list[Sentence]]) -> None:
        super().__init__(next(iter(errors.values()))[0])
        self.errors = dict(errors)


class BadImage(DomainError):
    """Bytes that are not to be kept as an image. `detail` is the end of a sentence about them."""


class OAuthError(DomainError):
    """A token request that is refused. `code` is one of RFC 6749 section 5.2."""

    def __init__(self, code: str, detail: Sentence) -> None:
        super().__init__(detail, error=code, error_description=detail)
        self.code = code
