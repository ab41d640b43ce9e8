"""More requests than this process can answer: the latest are refused at once, not left to wait.

Who waits longer than a moment has often given up already, and answering him then makes all others
wait for nothing. Refusing is cheap, so a server that is asked ten times too much still answers
as many requests as it can, and soon.
"""

import time

from app.pipeline.call import App, Receive, Scope, Send
from app.pipeline.problems import Problem
from models.sentence import say

# When the head of a request was read, in seconds of the monotonic clock. The server notes it.
ARRIVED = "clientxcms.arrived"


class Overload:
    """Raises the problem of a server that is too busy, for requests that have waited for longer
    than `longest`, in seconds, until they were begun.
    """

    def __init__(self, app: App, *, longest: float) -> None:
        self.app = app
        self.longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrived = scope.get(ARRIVED)
        if arrived is not None and time.monotonic() - arrived > self.longest:
            raise Problem(
                "unavailable",
                say("The server is asked for more than it can do. Nothing was changed."),
                headers={"Retry-After": "1"},
            )
        await self.app(scope, receive, send)
