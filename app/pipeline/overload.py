"""More requests than this process can answer: the latest are refused at once, not left to wait.

Who waits longer than a moment has often given up already, and answering him then makes all others
wait for nothing. Refusing is cheap, so a server that is asked ten times too much still answers
as many requests as it can, and soon.
"""

import time

from app.pipeline.call import App, Receive, Scope, Send
from models.errors import Overloaded

# When the head of a request was read, in seconds of the monotonic clock. The server notes it.
ARRIVED = "clientxcms.arrived"


class Overload:
    """Raises Overloaded for requests that have waited for longer than `longest`, in seconds, until
    they were begun. Whoever then has to wait for the database is given as long once more.
    """

    def __init__(self, app: App, *, longest: float) -> None:
        self.app = app
        self.longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrived = scope.get(ARRIVED)
        if arrived is not None and time.monotonic() - arrived > self.longest:
            raise Overloaded
        await self.app(scope, receive, send)
