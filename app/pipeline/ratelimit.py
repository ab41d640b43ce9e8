"""A fixed window for each key, opened by its first request (core contract 1.5)."""

from time import time

from limits.storage import MemoryStorage

from app.contract import Operation
from app.pipeline.call import App, Handler, Parts, Receive, Scope, Send, call_of, step
from app.pipeline.problems import Problem
from models.sentence import say

# In seconds.
WINDOW = 60


def _rate_limit(operation: Operation, handler: Handler, app: App, parts: Parts) -> App:
    limit = parts.settings.rate_limit
    if not operation.scopes or not limit:
        return app
    limit_text = str(limit).encode()

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        call = call_of(scope)
        assert call.principal is not None
        key = f"{id(parts)}/{call.principal.key_id}"
        made = _storage.incr(key, WINDOW)
        call.answer_headers.append((b"x-ratelimit-limit", limit_text))
        call.answer_headers.append((b"x-ratelimit-remaining", str(max(0, limit - made)).encode()))
        if made > limit:
            wait = max(1, round(_storage.get_expiry(key) - time()))
            raise Problem(
                "too-many-requests",
                say(
                    "This key may make {limit} requests a minute. Try again in {wait} s.",
                    limit=limit,
                    wait=wait,
                ),
                headers={"Retry-After": str(wait), "X-RateLimit-Reset": str(int(time()) + wait)},
            )
        await app(scope, receive, send)

    return count


_storage = MemoryStorage()
RateLimit = step(_rate_limit)
