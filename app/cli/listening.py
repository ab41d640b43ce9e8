"""An event loop that lets in all who are at the door, and not one of them at a time.

libuv accepts one connection in each turn of its loop (libuv/libuv#3696). In a turn, a busy server
does a piece of work for each connection that it has already: the hundredth who comes would wait
for as many rounds, and nobody would see it, for whoever is not let in has not been heard.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import uvloop

Protocols = Callable[[], asyncio.BaseProtocol]

# The name by which uvicorn finds it.
LOOP = f"{__name__}:Loop"


class Loop(uvloop.Loop):
    """The loop of uvloop, but for how it listens."""

    def __init__(self) -> None:
        super().__init__()
        # A task that nobody holds may be gone before it is done.
        self._arriving: set[asyncio.Task[Any]] = set()

    async def create_server(
        self, protocol_factory: Protocols, *arguments: Any, backlog: int = 100, **named: Any
    ) -> Any:
        """Listen as asyncio does. `backlog` is also how many are let in at once."""
        listeners: Sequence[Any] = ()

        def first() -> asyncio.BaseProtocol:
            for listener in listeners:
                for connection in waiting(listener.fileno(), backlog):
                    self._let_in(protocol_factory, connection)
            return protocol_factory()

        server: Any = await super().create_server(first, *arguments, backlog=backlog, **named)
        listeners = server.sockets
        return server

    def _let_in(self, protocol_factory: Protocols, connection: socket.socket) -> None:
        task = self.create_task(self.connect_accepted_socket(protocol_factory, connection))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)


def waiting(listener: int, most: int) -> Iterator[socket.socket]:
    """The connections that wait at a listening socket, which is given by its descriptor."""
    door = socket.socket(fileno=listener)
    try:
        # Nobody waits any more, or no more connections can be open: libuv tries again, and knows
        # what to do about it.
        with suppress(OSError):
            for _ in range(most):
                connection, _address = door.accept()
                connection.setblocking(False)
                yield connection
    finally:
        # The descriptor belongs to libuv.
        door.detach()
