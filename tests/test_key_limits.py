"""Where a key may be used from, how often, and what becomes of those who guess."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session

from models import PersonalAccessToken
from tests.conftest import run
from tests.factories import a_key
from tests.http import open_client, request
from tests.keys import ELSEWHERE, HERE, number, refused, trade
from tests.rpc import ask
from tests.serving import served
from tests.settings import unhurried

# ── From where ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("203.0.113.0/24", "203.0.113.255", "203.0.114.0"),
        ("203.0.113.9/32", "203.0.113.9", "203.0.113.8"),
        ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
        ("203.0.113.0/24", "::ffff:203.0.113.9", "::ffff:203.0.114.9"),
        ("::/0", "::1", HERE),
        ("0.0.0.0/0", HERE, "::1"),
    ],
)
def test_a_key_works_from_its_networks_only(as_key, session, network, inside, outside):
    key = a_key(session, allowed_networks=[network])
    assert as_key(key, "GET", "/health", address=inside).status_code == 200
    answer = as_key(key, "GET", "/health", address=outside)
    assert refused(answer, "address-not-allowed") == "This key may not be used from this address."
    assert "x-ratelimit-limit" not in answer.headers
    assert network not in answer.text
    assert as_key(key, "GET", "/health", address="unknown").status_code == 403


def test_the_address_is_looked_at_before_the_permission(as_key, session):
    key = a_key(session, "health", allowed_networks=[f"{ELSEWHERE}/32"])
    refused(as_key(key, "GET", "/products"), "address-not-allowed")
    refused(as_key(key, "GET", "/products", address=ELSEWHERE), "insufficient-scope")
    session.rollback()
    assert session.get(PersonalAccessToken, number(key)).last_used_at


def test_tokens_are_for_the_networks_of_their_key(as_key, session, http):
    key = a_key(session, "health", allowed_networks=[f"{ELSEWHERE}/32"])
    assert trade(http, key)["error"] == "unauthorized_client"
    token = trade(http, key, **{"X-Forwarded-For": ELSEWHERE})["access_token"]
    assert as_key(token, "GET", "/health", address=ELSEWHERE).status_code == 200
    refused(as_key(token, "GET", "/health"), "address-not-allowed")


# ── How often ─────────────────────────────────────────────────────────────────


@pytest.fixture
def strict(tmp_path):
    """A server with a rate limit, and that stands five wrong keys of an address."""
    yield from run(unhurried(tmp_path, rate_limit=3, wrong_key_limit=5))


def health(server, key, address=None):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    headers |= {"X-Forwarded-For": address} if address else {}
    return request("GET", f"{server.url}/api/application/health", headers=headers)


def limits_told(answers):
    return [(each.status_code, each.headers["x-ratelimit-limit"]) for each in answers]


def test_the_limit_of_a_key_goes_before_that_of_the_server(strict):
    with Session(strict.engine) as session:
        more, less, usual = (a_key(session, rate_limit=limit) for limit in (4, 2, None))
    for key, limit in ((more, 4), (less, 2), (usual, 3)):
        answers = [health(strict, key) for _ in range(limit + 1)]
        assert limits_told(answers) == [(200, str(limit))] * limit + [(429, str(limit))]


def test_a_key_can_be_limited_where_no_other_is(tmp_path):
    for server in run(unhurried(tmp_path)):
        with Session(server.engine) as session:
            limited, other = a_key(session, rate_limit=1), a_key(session)
        assert limits_told(health(server, limited) for _ in range(2)) == [(200, "1"), (429, "1")]
        assert "x-ratelimit-limit" not in health(server, other).headers


def test_a_token_counts_for_the_limit_of_its_key(strict):
    with Session(strict.engine) as session:
        key = a_key(session, rate_limit=2)
    with open_client(strict.url) as http:
        token = trade(http, key)["access_token"]
    assert limits_told(health(strict, each) for each in (token, key)) == [(200, "2"), (429, "2")]


def test_requests_from_elsewhere_use_up_nothing(strict):
    with Session(strict.engine) as session:
        key = a_key(session, rate_limit=2, allowed_networks=[f"{HERE}/32"])
    assert {health(strict, key, ELSEWHERE).status_code for _ in range(5)} == {403}
    assert [health(strict, key).status_code for _ in range(3)] == [200, 200, 429]


def test_whoever_tries_wrong_keys_has_to_wait_and_others_do_not(strict):
    with Session(strict.engine) as session:
        key = a_key(session)
    tries = [health(strict, f"1|{n}", ELSEWHERE) for n in range(7)]
    assert [answer.status_code for answer in tries] == [401] * 5 + [429] * 2
    assert 0 < int(tries[-1].headers["retry-after"]) <= 60
    assert "wrong keys" in refused(tries[-1], "too-many-requests", 429)
    assert health(strict, key, ELSEWHERE).status_code == 200
    assert health(strict, "1|x", "203.0.113.10").status_code == 401
    assert {health(strict, None, ELSEWHERE).status_code for _ in range(7)} == {401}


def test_wrong_secrets_count_wherever_they_are_sent(strict):
    form = {"grant_type": "client_credentials", "client_id": "1", "client_secret": "x"}
    headers = {"X-Forwarded-For": ELSEWHERE}

    def trade():
        return request("POST", f"{strict.url}/api/oauth/token", data=form, headers=headers)

    assert [trade().status_code for _ in range(3)] == [401] * 3
    codes = [ask(strict, "1|x", "health.show", **headers)[0] for _ in range(3)]
    assert codes == [401, 401, 429]
    refused_too = trade()
    assert refused_too.status_code == 429
    assert 0 < int(refused_too.headers["retry-after"]) <= 60


def test_a_network_of_ipv6_is_one_place(strict):
    answers = [health(strict, "1|x", f"2001:db8::{n}").status_code for n in range(1, 7)]
    assert answers == [401] * 5 + [429]
    assert health(strict, "1|x", "2001:db8:0:1::1").status_code == 401


def test_the_processes_of_a_server_count_wrong_keys_together(tmp_path):
    with served(tmp_path, WORKERS="3", WRONG_KEY_LIMIT="10") as process:

        def attempt(number):
            with process.client(Authorization=f"Bearer 1|{number}") as http:
                return http.get("/api/application/health").status_code

        with ThreadPoolExecutor(6) as pool:
            assert sorted(pool.map(attempt, range(15))) == [401] * 10 + [429] * 5
        with process.client() as http:
            assert http.get("/api/application/health").status_code == 200
        # Each address is another number in the table that the processes share.
        tries = {health(process, "1|x", f"203.0.113.{n}").status_code for n in range(20)}
        assert tries == {401}
