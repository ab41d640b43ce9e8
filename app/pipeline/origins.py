"""Which pages of other sites may use this server from a browser (CORS): none, unless it is said."""

from collections.abc import Callable
from functools import partial

from starlette.middleware.cors import CORSMiddleware

from app.pipeline.call import App

# What programs in a page may send, beside what any page may, and what they may see of an answer.
# Libraries add some by themselves: jQuery and older ones X-Requested-With, tracing the headers of
# W3C Trace Context and Baggage. A preflight that refuses one makes every call of the page fail.
SENT = (
    "Authorization", "Baggage", "Idempotency-Key", "Traceparent", "Tracestate",
    "X-HTTP-Method-Override", "X-Request-Id", "X-Requested-With",
)  # fmt: skip
SEEN = (
    "Content-Language", "Deprecation", "Idempotency-Replayed", "Link", "Location", "Retry-After",
    "WWW-Authenticate", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
    "X-Request-Id",
)  # fmt: skip
METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


def other_origins(allowed: tuple[str, ...]) -> list[Callable[[App], App]]:
    """The step that lets them in; no step for none. `*` is any.

    Cookies are never wanted: whoever calls has to hold a key.
    """
    if not allowed:
        return []
    step: Callable[[App], App] = partial(
        CORSMiddleware,
        allow_origins=allowed,
        allow_methods=METHODS,
        allow_headers=SENT,
        expose_headers=SEEN,
    )
    return [step]
