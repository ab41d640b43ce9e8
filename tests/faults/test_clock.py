"""The clock of the machine is set while the server runs: service goes on, and people are told."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest

from tests.databases import new_database
from tests.http import open_client
from tests.needs import needs
from tests.processes import command, labels, serving

# It is the clock of the server's processes that counts, not that of a database.
pytestmark = [pytest.mark.once, pytest.mark.needs("minutes")]

GROUP = {"name": "New", "description": "x", "status": "active", "sort_order": 0}


class Clock:
    """A clock that programs believe in, which can be set while they run."""

    def __init__(self, folder):
        self._file = folder / "clock"
        (library,) = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
        self.set(timedelta())
        # Time that is only measured goes on as it does when a real clock is set.
        self.settings = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, apart):
        """Let the clock be so far apart from the true time."""
        self._file.write_text(f"{apart.total_seconds():+.0f}")
        self.apart = apart

    def says(self):
        return datetime.now(UTC) + self.apart


@pytest.fixture
@needs("faketime")
def clock(tmp_path):
    return Clock(tmp_path)


@contextmanager
def a_shop(folder, clock, **settings):
    """A client of a server that believes in the clock."""
    with serving(folder, **clock.settings, **settings) as (url, printed):
        headers = {"Authorization": f"Bearer {labels(printed.read_text())['Token']}"}
        with open_client(f"{url}/api/application", headers=headers) as client:
            yield client


@pytest.mark.parametrize("apart", [timedelta(days=400), timedelta(days=-400)])
def test_service_goes_on_and_nothing_is_lost(tmp_path, clock, apart):
    with a_shop(tmp_path, clock) as client:
        before = client.post("/groups", json={**GROUP, "slug": "before"})
        clock.set(apart)
        after = client.post("/groups", json={**GROUP, "slug": "after"})
        assert (before.status_code, after.status_code) == (201, 201)
        created = datetime.fromisoformat(after.json()["created_at"])
        assert abs(created - clock.says()) < timedelta(minutes=1)
        clock.set(timedelta())
        for group in (before, after):
            assert client.get(f"/groups/{group.json()['id']}").json() == group.json()


def test_nobody_waits_for_the_time_that_was_set_back(tmp_path, clock):
    with a_shop(tmp_path, clock, RATE_LIMIT="3") as client:
        answers = [client.get("/groups") for _ in range(2)]
        clock.set(timedelta(days=-1))
        answers += [client.get("/groups") for _ in range(2)]
        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) <= 60
        reset = datetime.fromtimestamp(int(answers[-1].headers["x-ratelimit-reset"]), UTC)
        assert reset <= clock.says() + timedelta(seconds=61)


def test_a_key_expires_by_the_clock_as_it_is(tmp_path, clock):
    with a_shop(tmp_path, clock) as client:
        key = a_key_until(tmp_path, clock.says() + timedelta(hours=1))
        headers = {"Authorization": f"Bearer {key}"}
        assert client.get("/groups", headers=headers).status_code == 200
        clock.set(timedelta(hours=2))
        assert client.get("/groups", headers=headers).status_code == 401
        assert client.get("/groups").status_code == 200


def test_the_check_says_that_the_clock_was_set_back(tmp_path, clock):
    with a_shop(tmp_path, clock) as client:
        assert client.get("/groups").status_code == 200
    clock.set(timedelta(days=-1))
    settings = {"DATABASE_URL": new_database(tmp_path), **clock.settings}
    with command("check", settings=settings, stdout=PIPE, stderr=STDOUT) as check:
        printed = check.communicate()[0]
    assert check.returncode == 1
    (line,) = (line for line in printed.splitlines() if "clock" in line)
    assert "error" in line
    assert "but the database knows of" in line or "apart from that of the database" in line


def a_key_until(folder, moment):
    settings = {"DATABASE_URL": new_database(folder)}
    until = f"{moment:%Y-%m-%d %H:%M:%S}"
    with command("create-api-key", "Short", "admin@example.com", "--expires-at", until,
                 settings=settings, stdout=PIPE) as made:  # fmt: skip
        return labels(made.communicate()[0])["Token"]
