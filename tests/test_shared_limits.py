"""A rate limit holds over all processes that serve together."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from subprocess import DEVNULL, Popen

import pytest

from app.pipeline.shared_windows import SLOTS, FileWindows
from app.pipeline.windows import WINDOW
from tests.needs import needs
from tests.processes import free_port
from tests.serving import served
from tests.waiting import wait_until

pytestmark = [pytest.mark.once, pytest.mark.needs("minutes")]

LIMIT = 30


@pytest.fixture
@needs("redis")
def redis(tmp_path):
    """The address of a Redis server, and its process."""
    port = free_port()
    with Popen(["redis-server", "--port", str(port), "--save", "", "--bind", "127.0.0.1"],
               stdout=DEVNULL, cwd=tmp_path) as process:  # fmt: skip
        yield f"redis://127.0.0.1:{port}", process
        process.terminate()


def statuses(*processes, number):
    """The statuses of so many requests, each by a connection of its own."""

    def get(place):
        process = processes[place % len(processes)]
        with process.client(Authorization=f"Bearer {processes[0].key}") as http:
            return http.get("/api/application/health").status_code

    with ThreadPoolExecutor(6) as pool:
        return sorted(pool.map(get, range(number)))


def test_the_processes_of_a_server_count_together(tmp_path):
    with served(tmp_path, WORKERS="3", RATE_LIMIT=str(LIMIT)) as process:
        assert statuses(process, number=LIMIT + 10) == [200] * LIMIT + [429] * 10


@pytest.mark.parametrize("place", ["file", "redis"])
def test_servers_count_together(tmp_path, redis, place):
    url = redis[0] if place == "redis" else f"file://{tmp_path}/limits"
    settings = {"RATE_LIMIT": str(LIMIT), "LIMITS_URL": url}
    (tmp_path / "other").mkdir()
    with (
        served(tmp_path, **settings) as first,
        served(tmp_path / "other", DATABASE_URL=first.database_url, **settings) as second,
    ):
        assert statuses(first, second, number=LIMIT + 10) == [200] * LIMIT + [429] * 10
        with first.client() as http:
            assert 0 < int(http.get("/api/application/health").headers["retry-after"]) <= WINDOW


@pytest.mark.parametrize("place", ["file", "redis"])
def test_a_token_counts_where_all_else_of_its_key_does(tmp_path, redis, place):
    url = redis[0] if place == "redis" else f"file://{tmp_path}/limits"
    with served(tmp_path, RATE_LIMIT="3", LIMITS_URL=url) as process, process.client() as http:
        number, _, secret = process.key.partition("|")
        form = {"grant_type": "client_credentials", "client_id": number, "client_secret": secret}
        answers = [http.post("/api/oauth/token", data=form) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert http.get("/api/application/health").status_code == 429


def test_without_redis_the_shop_stays_open(tmp_path, redis):
    url, redis_process = redis
    with served(tmp_path, RATE_LIMIT=str(LIMIT), LIMITS_URL=url) as process:
        assert statuses(process, number=5) == [200] * 5
        redis_process.terminate()
        redis_process.wait()
        assert statuses(process, number=LIMIT + 5) == [200] * LIMIT + [429] * 5
        wait_until(lambda: "Redis does not answer" in str(process.lines()))


def count(path, number):
    windows = FileWindows(path)
    return [windows.count(7, 1000.0).made for _ in range(number)]


def test_no_request_is_forgotten_or_counted_twice(tmp_path):
    path = tmp_path / "limits"
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        made = [pool.submit(count, path, 5000) for _ in range(4)]
        numbers = sorted(number for each in made for number in each.result())
    assert numbers == list(range(1, 20_001))


def test_a_window_in_a_file_ends_and_is_no_others(tmp_path):
    windows = FileWindows(tmp_path / "limits")
    assert [windows.count(1, now).made for now in (5.0, 6.0, 64.9)] == [1, 2, 3]
    assert windows.count(1 + SLOTS, 64.9).made == 1
    assert windows.count(1, 65.0) == (1, 125.0)
    # The machine was started anew: its clock is back at the beginning.
    assert windows.count(1, 2.0) == (1, 62.0)
