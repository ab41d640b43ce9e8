"""Only so many requests of a key a minute."""

from time import monotonic, time

from app.contract import Operation
from app.pipeline.call import Answer, Call, Parts, Step
from app.pipeline.problems import Problem
from app.pipeline.shared_windows import RemoteWindows
from models.sentence import say


def rate_limit(operation: Operation, step: Step, parts: Parts) -> Step:
    """Count the request of a key, and let it pass while some are left in its window."""
    if not operation.scopes or not parts.settings.rate_limit:
        return step

    async def count(call: Call) -> Answer:
        assert call.principal is not None
        await admit(call, parts, call.principal.key_id)
        return await step(call)

    return count


async def admit(call: Call, parts: Parts, key_id: int) -> None:
    """Count a request of a key. Raises a 429 problem if none is left in its window."""
    limit = parts.settings.rate_limit
    if not limit:
        return
    now = monotonic()
    windows = parts.windows
    if isinstance(windows, RemoteWindows):
        made, ends = await windows.count(key_id, now)
    else:
        made, ends = windows.count(key_id, now)
    call.answer_headers.append((b"x-ratelimit-limit", str(limit).encode()))
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
