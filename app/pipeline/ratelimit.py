"""Only so many requests of a key a minute."""

from time import monotonic, time

from app.contract import Operation
from app.pipeline.call import Answer, Call, Parts, Step
from app.pipeline.problems import Problem
from models.sentence import say


def rate_limit(operation: Operation, step: Step, parts: Parts) -> Step:
    """Count the request of a key, and let it pass while some are left in its window."""
    limit = parts.settings.rate_limit
    if not operation.scopes or not limit:
        return step
    limit_text = str(limit).encode()
    windows = parts.windows

    async def count(call: Call) -> Answer:
        assert call.principal is not None
        now = monotonic()
        made, ends = windows.count(call.principal.key_id, now)
        call.answer_headers.append((b"x-ratelimit-limit", limit_text))
        call.answer_headers.append((b"x-ratelimit-remaining", str(max(0, limit - made)).encode()))
        if made > limit:
            wait = max(1, round(ends - now))
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
