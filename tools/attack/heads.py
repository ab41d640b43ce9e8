"""Attacks on HTTP itself: heads, framing, pipelines, and clients that are slow."""

import asyncio
from random import Random

from tools.attack.wire import NOTHING, Response, Target, Wire, connect

START = b"POST /api/application/groups HTTP/1.1\r\nHost: localhost\r\n"
LIVE = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
GROUP = b'{"name":"Taken","slug":"taken","description":"x","status":"active","sort_order":0}'
# What an endless attack sends at most, in bytes.
MOST = 8 * 1024 * 1024


async def _endless(wire: Wire, piece: bytes) -> None:
    sent = 0
    while sent < MOST and await wire.send(piece):
        sent += len(piece)
        await asyncio.sleep(0)


async def endless_framing(target: Target, random: Random) -> list[Response]:
    """Trailers, their names and values, sizes and extensions of chunks without an end (A1)."""
    key = random.choice([b"", b"Authorization: Bearer %b\r\n" % target.key.encode()])
    start, piece = random.choice(
        [
            (b"0\r\n", b"X-A: b\r\n" * 1000),
            (b"0\r\nX-A: ", b"b" * 8000),
            (b"0\r\n", b"b" * 8000),
            (b"1", b";a=b" * 2000),
            (b"", b"0" * 8000),
            (b"1\r\na\r\n0\r\nX:", b" " * 9000),
        ]
    )
    async with connect(target) as wire:
        head = START + key + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        await wire.send(head + start)
        await _endless(wire, piece)
        return [await wire.response()]


async def endless_head(target: Target, random: Random) -> list[Response]:
    start = random.choice(
        [b"GET /", b"GET /livez HTTP/1.1\r\nX: ", b"GET /livez HTTP/1.1\r\n", b""]
    )
    piece = random.choice([b"x" * 8000, b"X: y\r\n" * 1000, b"\r\n" * 4000, b"\0" * 8000])
    async with connect(target) as wire:
        await wire.send(start)
        await _endless(wire, piece)
        return [await wire.response()]


async def trailers(target: Target, random: Random) -> list[Response]:
    """Trailers that would be taken for headers: a key, an address, a type, a host (A2)."""
    trailer = b"".join(
        random.sample(
            [
                b"Authorization: Bearer %b\r\n" % target.key.encode(),
                b"X-Forwarded-For: 192.0.2.1\r\n",
                b"Content-Type: application/json\r\n",
                b"Host: evil.example\r\n",
                b"Idempotency-Key: a\r\n",
            ],
            3,
        )
    )
    body = b"%x\r\n%b\r\n0\r\n" % (len(GROUP), GROUP)
    head = START + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with connect(target) as wire:
        await wire.send(head + body + trailer + b"\r\n")
        response = await wire.response()
        if response.status not in (401, 403, 400):
            # Reported as what it is: the server has taken a trailer for a header.
            return [Response(599, b"a key in a trailer was taken\r\n" + response.head)]
        return [response]


async def pipeline(target: Target, random: Random) -> list[Response]:
    """Many requests at once on one connection, and no response read (A3)."""
    big = b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    piece = random.choice(
        [LIVE * 2000, big * 500, (START + b"Content-Length: 3\r\n\r\n{}\n") * 1000]
    )
    async with connect(target, receive_buffer=random.choice([4096, 65536])) as wire:
        for _ in range(MOST // len(piece)):
            if not await wire.send(piece, patience=0.2):
                break
        await asyncio.sleep(random.random())
    return [NOTHING]


async def slow(target: Target, random: Random) -> list[Response]:
    """A request that arrives byte by byte, or stops."""
    request = START + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(GROUP)
    request += GROUP
    async with connect(target) as wire:
        for place in range(random.randrange(len(request))):
            if not await wire.send(request[place : place + 1]):
                break
            if place % 64 == 0:
                await asyncio.sleep(0.01)
        wire.end()
        return [await wire.response(1)]


async def reads_nothing(target: Target, random: Random) -> list[Response]:
    async with connect(target, receive_buffer=2048) as wire:
        request = b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        await wire.send(request * random.randrange(1, 200))
        await asyncio.sleep(3 * random.random())
    return [NOTHING]


ODD_HEADS = (
    b"GET /livez HTTP/2.0\r\nHost: a\r\n\r\n", b"GET /livez HTTP/0.9\r\n\r\n",
    b"GET /livez\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://evil.example/livez HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: \xff\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET /livez HTTP/1.1\r\n Host: a\r\n\r\n", b"GET /livez HTTP/1.1\nHost: a\n\n",
    b"GET  /livez  HTTP/1.1\r\nHost: a\r\n\r\n", b"G\0T /livez HTTP/1.1\r\nHost: a\r\n\r\n",
    START + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    START + b"Content-Length: -1\r\n\r\n", START + b"Content-Length: 1, 2\r\n\r\nab",
    START + b"Content-Length: 99999999999999999999\r\n\r\n",
    START + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    START + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    START + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", START + b"Expect: 200-ok\r\n\r\n",
    START + b"Content-Length: 10\r\n\r\nab", START + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
)  # fmt: skip


async def odd_head(target: Target, random: Random) -> list[Response]:
    """Heads that are no HTTP, or may be read in two ways, perhaps with some bytes changed."""
    request = bytearray(random.choice(ODD_HEADS))
    for _ in range(random.choice([0, 0, 1, 3])):
        place = random.randrange(len(request))
        request[place : place + random.randrange(3)] = random.randbytes(random.randrange(4))
    async with connect(target) as wire:
        await wire.send(bytes(request))
        wire.end()
        return [await wire.response(2)]


ATTACKS = (endless_framing, endless_head, trailers, pipeline, slow, reads_nothing, odd_head)
