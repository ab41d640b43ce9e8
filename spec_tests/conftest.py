"""The same server as the behaviour tests have, empty or with the demo shop."""

from datetime import UTC, datetime

import pytest

from app.usecases.demo import load_demo
from tests.conftest import client, server, session

__all__ = ["client", "server", "session"]

# The moment at which the examples of the contract were true.
EXAMPLES_WERE_MADE = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def demo(session):
    """The demo shop of the contract's examples."""
    load_demo(session, now=EXAMPLES_WERE_MADE)
    session.commit()
    return session
