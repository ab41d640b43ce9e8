"""From a thread of Flask into the pipeline, which runs on the event loop."""

import asyncio
from asyncio import AbstractEventLoop
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.contract import Operation
from app.pipeline.call import KEY, Answer, App, Call, Headers, Message, Parts, Receive, Scope, Send
from app.pipeline.problems import Problems
from app.pipeline.ratelimit import rate_limit
from app.pipeline.security import authentication


class Answered(NamedTuple):
    """What an ASGI application has sent."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Bridge:
    """The two applications that a call may need, and the loop they run on.

    `server` is the whole server; `key_check` answers 204 to a living key and else a problem.
    """

    loop: AbstractEventLoop
    server: App
    key_check: App

    def ask(self, app: App, scope: Scope, body: bytes = b"") -> Answered:
        """Run a request through one of the applications. To be called from a thread.

        The thread waits for the loop, and no operation waits for a thread: that cannot lock up.
        """
        return asyncio.run_coroutine_threadsafe(_ask(app, scope, body), self.loop).result()


async def _ask(app: App, scope: Scope, body: bytes) -> Answered:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent)
    return Answered(sent[0]["status"], sent[0]["headers"], content)


def key_check(parts: Parts) -> App:
    """For what is not an operation: the steps of the pipeline that ask for a key, and no more."""
    nothing: dict[Any, Any] = {}
    operation = Operation(
        id="xmlrpc", method="post", path="/xmlrpc", needs_key=True, scopes=(),
        path_parameters=nothing, query=(), headers=(), bodies=nothing, responses=nothing,
    )  # fmt: skip

    async def let_in(call: Call) -> Answer:
        return Answer(204, (), b"")

    step = authentication(operation, rate_limit(operation, let_in, parts), parts)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope[KEY] = call = Call(operation, {}, dict(scope["headers"]), scope, receive)
        status, headers, body = await step(call)
        headers = [*headers, *call.answer_headers]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return Problems(app)
