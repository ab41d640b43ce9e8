"""A fixed window for each key, opened by its first request (core contract 1.5)."""

from time import time

from limits.storage import MemoryStorage

from app.contract import Operation
from app.pipeline.call import Answer, Call, Parts, Step
from app.pipeline.problems import Problem
from models.sentence import say

# In seconds.
WINDOW = 60


_storage = MemoryStorage()


def rate_limit(operation: Operation, step: Step, parts: Parts) -> Step:
    """Count the request of a key, and let it pass while some are left in its window."""
    limit = parts.settings.rate_limit
    if not operation.scopes or not limit:
        return step
    limit_text = str(limit).encode()

    async def count(call: Call) -> Answer:
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
        return await step(call)

    return count
