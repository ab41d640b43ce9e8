"""Connections as bytes: what is sent goes out as it is, and what comes back is read as HTTP."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

# How long a response may take, in seconds.
PATIENCE = 20.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """A server: its port on this machine, its process, and keys that may do all and that may only
    read products. `ids` are those of what is there, by the parameter of a path."""

    port: int
    pid: int
    key: str
    reader: str
    ids: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    """A response; its status is 0 if the connection ended without one."""

    status: int
    head: bytes = b""
    body: bytes = b""


NOTHING = Response(0)


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes, patience: float = PATIENCE) -> bool:
        """Send bytes. Returns whether the server still takes them."""
        try:
            self.writer.write(data)
            async with asyncio.timeout(patience):
                await self.writer.drain()
        except (OSError, TimeoutError):
            return False
        return not self.writer.is_closing()

    def end(self) -> None:
        """Send no more, as a client does that makes one request."""
        with suppress(OSError):
            self.writer.write_eof()

    async def response(self, patience: float = PATIENCE) -> Response:
        """Return the next response; NOTHING if the connection ends or nothing comes."""
        try:
            async with asyncio.timeout(patience):
                head = await self.reader.readuntil(b"\r\n\r\n")
                length, body = _LENGTH.search(head), b""
                if length is not None:
                    body = await self.reader.readexactly(int(length[1]))
                elif _CHUNKED.search(head):
                    body = await self.reader.readuntil(b"0\r\n\r\n")
                return Response(int(head[9:12]), head, body)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return NOTHING


@asynccontextmanager
async def connect(target: Target, receive_buffer: int = 0) -> AsyncIterator[Wire]:
    """Open a connection, perhaps with a small buffer, which the server soon fills."""
    client = socket.socket()
    client.setblocking(False)
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", target.port))
    limit = receive_buffer or 64 * 1024 * 1024
    reader, writer = await asyncio.open_connection(sock=client, limit=limit)
    try:
        yield Wire(reader, writer)
    finally:
        # With what is unread, the kernel resets the connection, as hostile clients do.
        writer.transport.abort()


async def ask(target: Target, request: bytes) -> Response:
    """Send one request on a connection of its own, and return its response."""
    async with connect(target) as wire:
        await wire.send(request)
        return await wire.response()
