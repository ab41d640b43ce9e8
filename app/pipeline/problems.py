"""Every error leaves as a problem document (RFC 9457)."""

import logging
from collections.abc import Awaitable, Mapping
from errno import EDQUOT, EFBIG, ENOSPC, EROFS
from socket import gaierror
from typing import Any, NamedTuple

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.pipeline.browsers import PAGE_POLICY, security_headers
from app.pipeline.call import KEY, PREFIX, App, Receive, Scope, Send
from app.pipeline.error_page import HTML, error_page
from app.pipeline.language import language_headers, language_of, translations, worded
from app.pipeline.media import PROBLEM_JSON, Choice, chosen, write_problem
from models.errors import (
    BeyondKey,
    Conflict,
    DomainError,
    InDoubt,
    Invalid,
    NotFound,
    OAuthError,
    OutOfReach,
    Overloaded,
    is_busy,
    number_of,
)
from models.sentence import Sentence, Translate, say

log = logging.getLogger("clientxcms")

MEDIA_TYPE = PROBLEM_JSON


class Kind(NamedTuple):
    """A kind of problem: its status, its title, and what a caller can do about it."""

    status: int
    title: str
    remedy: str


KINDS: Mapping[str, Kind] = {
    "malformed-request": Kind(
        400, "Malformed request", "Send text that can be parsed: valid UTF-8 and valid JSON or XML."
    ),
    "invalid-parameters": Kind(
        400, "Invalid parameters", "`errors` names each wrong query parameter and the reason."
    ),
    "unauthenticated": Kind(
        401, "Unauthenticated", "Send a living API key: `Authorization: Bearer <key>`."
    ),
    "insufficient-scope": Kind(
        403, "Insufficient scope", "Use a key that has the permission named in `detail`."
    ),
    "address-not-allowed": Kind(
        403, "Address not allowed", "Send the request from a network that the key is for."
    ),
    "beyond-key": Kind(
        403, "Beyond the key", "Use a key that goes at least as far; `detail` says what is missing."
    ),
    "token-refused": Kind(
        400, "Token refused", "`error` is a code of RFC 6749, section 5.2, `detail` its reason."
    ),
    "not-found": Kind(404, "Not found", "Check the address and the id."),
    "method-not-allowed": Kind(405, "Method not allowed", "Use a method named in `Allow`."),
    "not-acceptable": Kind(
        406, "Not acceptable", "Accept a media type named in `detail`, or any: `Accept: */*`."
    ),
    "request-timeout": Kind(408, "Request timeout", "Send the request at once; a body in one go."),
    "conflict": Kind(409, "Conflict", "Change what stands in the way first; `detail` says what."),
    "payload-too-large": Kind(413, "Payload too large", "Send a smaller body."),
    "uri-too-long": Kind(414, "Address too long", "Ask for less at once: fewer ids in a filter."),
    "unsupported-media-type": Kind(
        415, "Unsupported media type", "Use a content type named in `detail`."
    ),
    "invalid-body": Kind(
        422, "Invalid body", "`errors` names each wrong field, as a dotted path, and the reason."
    ),
    "idempotency-key-reused": Kind(
        422, "Idempotency-Key reused", "Make up a new key for each request; keep it to try again."
    ),
    "too-many-requests": Kind(
        429, "Too many requests", "Wait for the number of seconds in `Retry-After`."
    ),
    "headers-too-large": Kind(
        431, "Headers too large", "Send fewer or shorter headers, or a shorter address."
    ),
    "internal-error": Kind(
        500,
        "Internal error",
        "Nothing was changed. Try again, or tell who runs this server the answer's `X-Request-Id`.",
    ),
    "unavailable": Kind(503, "Unavailable", "Nothing was changed. Try again in a moment."),
    "in-doubt": Kind(503, "In doubt", "Look whether it was done before you try again."),
}

# What drivers and pools raise when the database cannot be reached or is too busy.
OUT_OF_REACH = (OutOfReach, PoolTimeout, ConnectionError, TimeoutError, gaierror)
# What a disk says that takes no more.
FULL = frozenset({ENOSPC, EDQUOT, EFBIG, EROFS})
MISTAKE = say("The server made a mistake. Nothing was changed.")
TOO_MUCH = say("The server is asked for more than it can do. Nothing was changed.")
IN_DOUBT = say("The database went away before it confirmed the change. It may have been kept.")
DOMAIN = {
    NotFound: "not-found",
    Conflict: "conflict",
    BeyondKey: "beyond-key",
    Invalid: "invalid-body",
}


class Disconnected(Exception):
    """The client left before its body was complete; nobody waits for an answer."""


class Problem(Exception):
    """A request that ends here. `members` go into the document, beside the standard ones."""

    def __init__(
        self,
        kind: str,
        detail: Sentence,
        *,
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
        **members: Any,
    ) -> None:
        super().__init__(str(detail))
        self.kind = kind
        self.detail = detail
        self.headers = headers or {}
        self.status = status or KINDS[kind].status
        self.members = members


def invalid(kind: str, errors: Mapping[str, list[Sentence]]) -> Problem:
    """A problem for several wrong values: the first one in words, all of them in `errors`."""
    first, *others = (reason for reasons in errors.values() for reason in reasons)
    if len(others) == 1:
        first = say("{first} (and 1 more error)", first=first)
    elif others:
        first = say("{first} (and {count} more errors)", first=first, count=len(others))
    return Problem(kind, first, errors=errors)


def document(
    problem: Problem, instance: str, translate: Translate = str, prefix: str = ""
) -> dict[str, Any]:
    """The problem document. `message` repeats the detail for clients of earlier versions.

    `instance` is the path of the request, `prefix` that below which clients see the server.
    """
    return {
        "type": f"{prefix}/api/problems/{problem.kind}",
        "title": KINDS[problem.kind].title,
        "status": problem.status,
        "detail": problem.detail.into(translate),
        "instance": f"{prefix}{instance}",
        "message": problem.detail.into(translate),
        **{name: worded(value, translate) for name, value in problem.members.items()},
    }


def translate(error: Exception) -> Problem:
    """The problem that an exception is to its caller. What is unexpected is logged, not told."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Invalid):
        return invalid("invalid-body", error.errors)
    if isinstance(error, OAuthError):
        return _token_refused(error)
    if isinstance(error, DomainError):
        return Problem(DOMAIN[type(error)], error.detail, **error.members)
    if isinstance(error, InDoubt):
        log.error("The database went away during a commit: %s", error.__cause__)
        return Problem("in-doubt", IN_DOUBT, headers={"Retry-After": "1"})
    if isinstance(error, Overloaded):
        return Problem("unavailable", TOO_MUCH, headers={"Retry-After": "1"})
    if _is_out_of_reach(error):
        log.error(
            "The database did not answer: %s", getattr(error, "orig", error.__cause__ or error)
        )
        return Problem(
            "unavailable",
            say("The database is busy or out of reach. Nothing was changed."),
            headers={"Retry-After": "1"},
        )
    if isinstance(error, OSError) and error.errno in FULL:
        log.error("A file could not be written: %s", error.strerror)
        return Problem(
            "unavailable",
            say("The server cannot keep files at the moment. Nothing was changed."),
            headers={"Retry-After": "60"},
        )
    log.error("Unexpected error", exc_info=error)
    return Problem("internal-error", MISTAKE)


def _is_out_of_reach(error: Exception) -> bool:
    """Whether the database, and not what was asked of it, is the trouble."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, OUT_OF_REACH)
    if error.connection_invalidated or is_busy(error.orig):
        return True
    # To the drivers of MariaDB most mistakes are operational, but those have a number.
    is_operational = isinstance(error, OperationalError | InterfaceError)
    return is_operational and number_of(error.orig) is None


def _token_refused(error: OAuthError) -> Problem:
    wrong_client = error.code == "invalid_client"
    return Problem(
        "token-refused",
        error.detail,
        status=401 if wrong_client else 400,
        headers={"WWW-Authenticate": 'Basic realm="CLIENTXCMS"'} if wrong_client else {},
        **error.members,
    )


class Problems:
    """The outermost step: whatever is raised inside becomes one clear document."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        def watch(message: Any) -> Awaitable[None]:
            nonlocal started
            started = True
            return send(message)

        try:
            await self.app(scope, receive, watch)
        except Disconnected:
            return
        except Exception as error:
            if started:
                raise
            await send_problem(scope, translate(error), watch)


def written(
    problem: Problem, path: str, language: str, prefix: str, choice: Choice, *, is_operation: bool
) -> tuple[str, bytes]:
    """Return a problem as its media type and its body: a page if a person is lost.

    Operations answer programs, also if these call themselves browsers, and readers of `checks` or
    `errors` want all of a document.
    """
    translate = translations(language)
    answer = document(problem, path, translate, prefix)
    if choice.by_person and not is_operation and not problem.members:
        return HTML, error_page(answer, language, translate, prefix)
    return choice.problem, write_problem(answer, choice.problem)


async def send_problem(scope: Scope, problem: Problem, send: Send) -> None:
    """Send a problem, with the headers that earlier steps had prepared."""
    language = language_of(dict(scope["headers"]))
    call = scope.get(KEY)
    media_type, body = written(
        problem, scope["path"], language, scope.get(PREFIX, ""), chosen(scope["headers"]),
        is_operation=call is not None,
    )  # fmt: skip
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *language_headers(language),
        *(call.answer_headers if call else ()),
        *((name.lower().encode(), text.encode()) for name, text in problem.headers.items()),
        *security_headers(scope["scheme"]),
    ]
    if media_type == HTML:
        headers.append(PAGE_POLICY)
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
