"""Compress what is worth it, for those who ask (RFC 9110 section 12.5.3)."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from isal import igzip
from werkzeug.datastructures import Accept
from zstandard import ZstdCompressor

from app.contract import Operation
from app.pipeline.call import Answer, Call, Parts, Step
from app.pipeline.preferences import preferences

# In bytes. A smaller answer fits into one packet anyway.
WORTH_IT = 1200

# In the order in which we would rather send them, at levels that cost some microseconds.
ENCODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "zstd": ZstdCompressor(level=3).compress,
    "gzip": lambda body: igzip.compress(body, 1),
}


def compression(operation: Operation, step: Step, parts: Parts) -> Step:
    """Send the answer in the content coding that the request likes best of those we have."""

    async def compress(call: Call) -> Answer:
        answer = await step(call)
        if len(answer.body) < WORTH_IT:
            return answer
        _vary(call.answer_headers)
        accepted = call.headers.get(b"accept-encoding")
        encoding = accepted and preferred(accepted[:500])
        if not encoding:
            return answer
        call.answer_headers.append((b"content-encoding", encoding.encode()))
        return answer._replace(body=ENCODINGS[encoding](answer.body))

    return compress


def _vary(headers: list[tuple[bytes, bytes]]) -> None:
    for place, (name, value) in enumerate(headers):
        if name == b"vary":
            headers[place] = (name, value + b", Accept-Encoding")
            return
    headers.append((b"vary", b"Accept-Encoding"))


@lru_cache(256)
def preferred(accepted: bytes) -> str | None:
    """The coding to answer a header with; None is to leave the answer as it is."""
    codings = preferences(accepted.decode("latin-1"), Accept)
    best = max(ENCODINGS, key=codings.quality)
    # Where a coding is liked less than none at all, none it is.
    plain = codings.quality("identity") if "identity" in codings.values() else 0
    return best if codings.quality(best) > plain else None
