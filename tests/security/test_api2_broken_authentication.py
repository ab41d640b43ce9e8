"""API2:2023, broken authentication: keys, tokens and mailed links."""

import asyncio
import gc
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.contract import contract
from app.pipeline.keys import Keys
from app.usecases.tokens import grant
from models import PersonalAccessToken
from models.database import open_database
from models.engine import unit_of_work
from models.errors import OAuthError
from models.personal_access_token import hash_secret
from tests.factories import a_customer, a_key, an_admin
from tests.http import request
from tests.security.wire import OF_ONE_ANSWER

ROOT = Path(__file__).parents[2]
FORM = {"grant_type": "client_credentials"}
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECURED = {each.id: each for each in contract().operations.values() if each.needs_key}


@contextmanager
def steps():
    """Every function that is called inside, by its name: what time is spent on."""
    called = []

    def note(frame, event, argument):
        if event == "call":
            called.append(f"{frame.f_code.co_filename}:{frame.f_code.co_qualname}")
        elif event == "c_call":
            called.append(argument.__qualname__)

    gc.disable()
    sys.setprofile(note)
    try:
        yield called
    finally:
        sys.setprofile(None)
        gc.enable()


def own(called):
    """Without those of drivers, which wait for a network in rounds."""
    return [each for each in called if each.startswith(f"{ROOT}/app/")]


@pytest.fixture
def guesses(session):
    """What somebody may try who knows no secret, by what is behind the number of the key."""
    number, _, secret = a_key(session).partition("|")
    wrong = "x" * len(secret)
    gone = an_admin(session, deleted_at=NOW)
    return {
        "a key": f"{number}|{wrong}",
        "nothing": f"999999|{wrong}",
        "an expired key": f"{a_key(session, expires_at=NOW).partition('|')[0]}|{wrong}",
        "a key of nobody": f"{a_key(session, owner=gone).partition('|')[0]}|{wrong}",
        "a key of a customer": f"{a_key(session, owner=a_customer(session)).partition('|')[0]}|"
        f"{wrong}",
    }


def test_a_guess_takes_the_same_steps_whatever_its_number_is_that_of(server, guesses):
    """So it takes the same time: docs/security.md has the figures."""

    async def play():
        database = open_database(server.settings.database_url)
        keys = Keys(database)
        found = {}
        for _ in range(2):
            for name, guess in guesses.items():
                # What is done once for each process is done before.
                assert await keys.find(guess, NOW) is None
                with steps() as called:
                    assert await keys.find(guess, NOW) is None
                found[name] = called
        await database.close()
        return found

    if server.engine.dialect.name == "sqlite":
        first, *others = asyncio.run(play()).values()
        assert len(first) > 10
        assert all(each == first for each in others)


def test_so_does_a_guess_where_keys_are_traded_for_tokens(server, guesses):
    found = {}
    for _ in range(2):
        for name, guess in guesses.items():
            number, _, secret = guess.partition("|")
            with unit_of_work(server.engine, write=True) as session:
                session.connection()
                with steps() as called, pytest.raises(OAuthError):
                    grant(session, number, secret, FORM, None, pytest.fail, (), NOW)
                found[name] = own(called) if session.bind.dialect.name != "sqlite" else called
    first, *others = found.values()
    assert len(first) > 1
    assert all(each == first for each in others)


def test_a_guess_gets_the_same_answer_whatever_its_number_is_that_of(server, guesses):
    def told(answer):
        headers = {name: text for name, text in answer.headers.items() if name not in OF_ONE_ANSWER}
        return answer.status_code, headers, answer.content

    def bearer(key):
        headers = {"Authorization": f"Bearer {key}"}
        return told(request("GET", f"{server.url}/api/application/health", headers=headers))

    def client(key):
        number, _, secret = key.partition("|")
        form = {**FORM, "client_id": number, "client_secret": secret}
        return told(request("POST", f"{server.url}/api/oauth/token", data=form))

    for ask in (bearer, client):
        first, *others = map(ask, guesses.values())
        assert first[0] == 401
        assert all(each == first for each in others)


@pytest.mark.parametrize("operation", SECURED.values(), ids=SECURED)
def test_a_key_opens_nothing_but_from_its_header(server, session, operation):
    """Addresses get into logs, and browsers send cookies by themselves."""
    key = a_key(session)
    path = operation.path.format(**dict.fromkeys(operation.path_parameters, "1"))
    answer = request(
        operation.method, f"{server.url}/api{path}",
        params={"access_token": key, "api_key": key, "token": key},
        cookies={"Authorization": f"Bearer {key}", "session": key, "api_key": key},
        headers={"X-Api-Key": key, "Proxy-Authorization": f"Bearer {key}",
                 "X-Authorization": f"Bearer {key}", "Authorization": f"Basic {key}"},
    )  # fmt: skip
    assert answer.status_code == 401


def test_of_a_secret_only_a_hash_is_kept_and_it_opens_nothing(server, session):
    key = a_key(session)
    row = session.get(PersonalAccessToken, int(key.partition("|")[0]))
    assert row.token == hash_secret(key.partition("|")[2])
    for stolen in (row.token, f"{row.id}|{row.token}"):
        headers = {"Authorization": f"Bearer {stolen}"}
        answer = request("GET", f"{server.url}/api/application/health", headers=headers)
        assert answer.status_code == 401


def test_a_token_ends_with_its_key_and_cannot_be_traded_again(server, session):
    number, _, secret = a_key(session, expires_at=datetime.now(UTC) + timedelta(minutes=5)
                              ).partition("|")  # fmt: skip
    form = {**FORM, "client_id": number, "client_secret": secret}
    token = request("POST", f"{server.url}/api/oauth/token", data=form).json()
    assert token["expires_in"] <= 300
    number, _, secret = token["access_token"].partition("|")
    again = {**form, "client_id": number, "client_secret": secret}
    assert request("POST", f"{server.url}/api/oauth/token", data=again).status_code == 401


def test_secrets_are_long_and_never_the_same(session):
    secrets = {a_key(session).partition("|")[2] for _ in range(200)}
    assert len(secrets) == 200
    # 40 characters of 62 are 238 bits.
    assert {len(secret) for secret in secrets} == {len("CLIENTXCMS") + 40 + 8}
