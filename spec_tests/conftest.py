"""The same server as the behaviour tests have."""

from tests.conftest import client, server, session

__all__ = ["client", "server", "session"]
