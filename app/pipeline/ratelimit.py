"""A fixed window for each key, opened by its first request (core contract 1.5)."""

from time import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from app.contract import Operation
from app.pipeline.call import App, Handler, Parts, Receive, Scope, Send, call_of, step
from app.pipeline.problems import Problem

_limiter = FixedWindowRateLimiter(MemoryStorage())


def _rate_limit(operation: Operation, handler: Handler, app: App, parts: Parts) -> App:
    if not operation.scopes or not parts.settings.rate_limit:
        return app
    limit = RateLimitItemPerMinute(parts.settings.rate_limit)
    limit_text = str(limit.amount).encode()

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        call = call_of(scope)
        assert call.principal is not None
        bucket = (str(id(parts)), str(call.principal.key_id))
        passed = _limiter.hit(limit, *bucket)
        window = _limiter.get_window_stats(limit, *bucket)
        remaining = str(window.remaining).encode()
        call.answer_headers.append((b"x-ratelimit-limit", limit_text))
        call.answer_headers.append((b"x-ratelimit-remaining", remaining))
        if not passed:
            wait = max(1, round(window.reset_time - time()))
            raise Problem(
                "too-many-requests",
                f"This key may make {limit.amount} requests a minute. Try again in {wait} s.",
                headers={"Retry-After": str(wait), "X-RateLimit-Reset": str(int(time()) + wait)},
            )
        await app(scope, receive, send)

    return count


RateLimit = step(_rate_limit)
