"""Flask on the event loop: its threads are few, and never wait for a client."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from a2wsgi import WSGIMiddleware
from flask import Flask

from app.pipeline.bodies import arriving
from app.pipeline.call import PREFIX, App, Message, Receive, Scope, Send
from app.pipeline.problems import Disconnected


def in_threads(flask: Flask, limit: int, patience: float) -> App:
    """An ASGI application that answers requests with Flask, each in a thread.

    A thread is taken when the whole body has come, which may take `patience` seconds, or as much of
    it as shows that it has more than `limit` bytes, which is for Flask to refuse. It is let go
    before the answer is sent, however long that takes: who reads slowly fills a queue.
    """
    application = WSGIMiddleware(_below_prefix(flask), send_queue_size=0)  # type: ignore[arg-type]

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            async with arriving(patience):
                body = await _body(receive, limit)
            receive = _once({"type": "http.request", "body": body, "more_body": False}, receive)
        await application(scope, receive, send)  # type: ignore[arg-type]

    return answer


def _below_prefix(flask: Flask) -> WSGIApplication:
    """Flask, told below which path clients see it: addresses that it makes begin with that.

    `root_path` of ASGI would not do: a2wsgi would take it off the path, as the proxy has done.
    """

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = environ["asgi.scope"].get(PREFIX, "")
        return flask(environ, start_response)

    return application


async def _body(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size, more = 0, True
    while more and size <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        more = message.get("more_body", False)
    return b"".join(chunks)


def _once(message: Message, receive: Receive) -> Receive:
    """A channel that gives a message, and then what another channel gives."""
    first = [message]

    async def give() -> Message:
        return first.pop() if first else await receive()

    return give
