"""What can go wrong in the domain, as nouns. The edge decides which HTTP status each one is."""

from collections.abc import Mapping
from typing import Any

from models.sentence import Sentence

# How SQLSTATE says that not the statement is the trouble: no connection, no right to one, no such
# database, a transaction that has to be tried again, no resources, a lock that is not given up, an
# operator who intervened.
BUSY = ("08", "28", "3D", "40", "53", "55P03", "57")


class OutOfReach(Exception):
    """The database does not answer, or is too busy."""


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


class Invalid(DomainError):
    """Values that are well formed but refer to nothing, or repeat what must be unique.

    `errors` maps the dotted path of a body field to a list of texts.
    """

    def __init__(self, errors: Mapping[str, list[Sentence]]) -> None:
        super().__init__(next(iter(errors.values()))[0])
        self.errors = dict(errors)


class OAuthError(DomainError):
    """A token request that is refused. `code` is one of RFC 6749 section 5.2."""

    def __init__(self, code: str, detail: Sentence) -> None:
        super().__init__(detail, error=code, error_description=detail)
        self.code = code
