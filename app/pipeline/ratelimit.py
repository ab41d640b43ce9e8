"""Only so many requests of a key a minute, and only so many wrong keys from an address."""

from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic, time

from app.contract import Operation
from app.pipeline.call import Answer, Call, Parts, Step, address_of
from app.pipeline.problems import Problem
from app.pipeline.shared_windows import count
from models.sentence import say

# Of IPv6, a network of this size is one place: whoever has an address there has them all.
PLACE = 64


def rate_limit(operation: Operation, step: Step, parts: Parts) -> Step:
    """Count the request of a key, and let it pass while some are left in its window."""
    if not operation.needs_key:
        return step

    async def count_request(call: Call) -> Answer:
        principal = call.principal
        assert principal is not None
        await admit(call, parts, principal.key_id, principal.rights.rate_limit)
        return await step(call)

    return count_request


async def admit(call: Call, parts: Parts, key_id: int, own_limit: int | None) -> None:
    """Count a request of a key, whose own limit goes before that of the server.

    Raises a 429 problem if none is left in its window.
    """
    limit = own_limit or parts.settings.rate_limit
    if not limit:
        return
    now = monotonic()
    made, ends = await count(parts.windows, key_id, now)
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


async def count_wrong_key(call: Call, parts: Parts) -> None:
    """Count a wrong key for the address that it came from.

    Raises a 429 problem if there were too many. Right keys from there are none of its concern.
    """
    limit = parts.settings.wrong_key_limit
    if not limit:
        return
    now = monotonic()
    made, ends = await count(parts.wrong_keys, _number_of(address_of(call.scope)), now)
    if made > limit:
        wait = max(1, round(ends - now))
        raise Problem(
            "too-many-requests",
            say("Too many wrong keys came from this address. Try again in {wait} s.", wait=wait),
            headers={"Retry-After": str(wait)},
        )


def _number_of(address: str | None) -> int:
    """A number of 63 bits for the place that an address is in."""
    place = address or ""
    try:
        found = ip_address(place)
    except ValueError:
        pass
    else:
        if isinstance(found, IPv6Address) and not found.ipv4_mapped:
            place = str(ip_network((found, PLACE), strict=False))
    return int.from_bytes(sha256(place.encode()).digest()[:8]) >> 1
