"""Closing a connection in a way that lets the client read the response (RFC 9112 section 9.6)."""

import asyncio
from typing import Any

# In bytes: how much of a request that has its response already is read and thrown away.
DRAIN_LIMIT = 64 * 1024 * 1024


class LingeringTransport:
    """A transport of which `close` ends only our half while a request is still arriving.

    The kernel answers bytes for a closed socket with a reset, and the client, which is still busy
    sending, loses the response. So the rest of the request is read and thrown away, until the
    client ends its half, and for at most `patience` seconds and DRAIN_LIMIT bytes.
    """

    def __init__(self, transport: asyncio.Transport, protocol: Any) -> None:
        self._transport = transport
        self._protocol = protocol
        self._is_half_closed = False
        # Called for each response: without a step in between.
        self.write = transport.write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self._is_half_closed or self._transport.is_closing()

    def close(self) -> None:
        if self.is_closing():
            return
        loop, patience = asyncio.get_running_loop(), self._protocol.patience
        if not self._protocol.is_receiving or not self._transport.can_write_eof():
            if self._transport.get_write_buffer_size():
                # It closes when the client has taken the rest, which it may never do.
                loop.call_later(patience, self._transport.abort)
            self._transport.close()
            return
        self._is_half_closed = True
        self._transport.write_eof()
        self._transport.set_protocol(_Drain(self._transport, patience))
        # The protocol may have paused it because nobody took the body.
        self._transport.resume_reading()
        # To the protocol this is the end. Not at once: it is in the middle of something.
        loop.call_soon(self._protocol.connection_lost, None)


class _Drain(asyncio.Protocol):
    """Throws away what comes. The transport closes itself when the client has ended its half."""

    def __init__(self, transport: asyncio.Transport, seconds: float) -> None:
        self._transport = transport
        self._left = DRAIN_LIMIT
        self._timer = asyncio.get_running_loop().call_later(seconds, transport.abort)

    def data_received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
