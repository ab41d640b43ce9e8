"""Commits that take forever, so that a test can cut one off in the middle."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

SLOW = """
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER dawdling AFTER INSERT OR UPDATE ON {table}
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle();
"""
QUICK = "DROP TRIGGER dawdling ON {table}; DROP FUNCTION dawdle"
END = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND query LIKE 'COMMIT%'
"""


@contextmanager
def slow_commits(url: str, table: str = "groups") -> Iterator[psycopg.Connection]:
    """A connection to a database where nobody comes to the end of writing to a table."""
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(SLOW.format(table=table))
        yield database
        database.execute(QUICK.format(table=table))


def cut_off_the_commit(database: psycopg.Connection) -> None:
    """Wait for a commit, and end the connection that waits for its end."""
    while not database.execute(END).fetchall():
        time.sleep(0.01)
