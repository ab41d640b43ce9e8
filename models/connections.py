"""How many connections to a database there are."""

from typing import Any, NamedTuple

from sqlalchemy import Engine


class Connections(NamedTuple):
    """How many connections to the database this process has, and how many of them are in use."""

    open: int
    busy: int


def connections_of(engine: Engine) -> Connections:
    """The connections in the pool of an engine."""
    pool: Any = engine.pool
    return Connections(pool.checkedin() + pool.checkedout(), pool.checkedout())
