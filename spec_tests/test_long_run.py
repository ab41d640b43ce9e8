"""The long run sees what is wrong with a server (see `docs/contract.md`)."""

from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from random import Random

import pytest
from schemathesis.generation.modes import GenerationMode
from sqlalchemy.orm import Session

import tests.conftest
from app.contract import contract
from app.usecases.demo import load_demo
from spec_tests import hooks
from spec_tests.long_run.batch import Tally, judged
from spec_tests.long_run.cases import cases_of, operations
from spec_tests.long_run.promises import promises
from spec_tests.long_run.sending import Sender
from spec_tests.long_run.shop import make_keys
from tests.settings import RATE_LIMIT, unhurried

pytestmark = [pytest.mark.own, pytest.mark.once, pytest.mark.needs("minutes")]


class Planted:
    """A server with one fault in front of it, or none."""

    def __init__(self, server):
        self.server = server
        self.fault = None
        self.key = b""

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.server(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if self.fault == "any key" and b"authorization" in headers:
            headers[b"authorization"] = self.key
        elif self.fault == "no key":
            headers[b"authorization"] = headers.get(b"authorization", self.key)
        elif self.fault == "query":
            scope = {**scope, "query_string": b""}
        elif self.fault == "refusal":
            scope = {**scope, "query_string": b"page=0"}

        async def answer(message):
            await send(self.spoilt(message))

        await self.server({**scope, "headers": list(headers.items())}, receive, answer)

    def spoilt(self, message):
        if message["type"] == "http.response.start":
            headers = [item for item in message["headers"] if item[0] != b"content-length"]
            if self.fault == "media type":
                headers = [item for item in headers if item[0] != b"content-type"]
                headers.append((b"content-type", b"application/json"))
            if self.fault == "header":
                headers.append((b"x-debug", b"1"))
            status = {"status": 202, "failure": 500}.get(self.fault, message["status"])
            if self.fault == "taken" and status == 422:
                status = 200
            return {**message, "headers": headers, "status": status}
        if self.fault == "body":
            return {**message, "body": message["body"].replace(b"total", b"sum")}
        if self.fault == "XML":
            return {**message, "body": message["body"].replace(b"</id>", b"0</id>")}
        return message


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A planted server, and a function that asks it and tells all that is wrong."""
    folder = tmp_path_factory.mktemp("planted")
    settings = unhurried(folder, rate_limit=RATE_LIMIT)
    servers = []

    def create_planted(settings):
        servers.append(Planted(create_server(settings)))
        return servers[0]

    create_server = tests.conftest.create_server
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tests.conftest, "create_server", create_planted)
        # What this server answers is nothing that the contract's was seen to do.
        patch.setattr(hooks, "record", lambda *_: None)
        for running in tests.conftest.run(settings):
            with Session(running.engine) as session:
                load_demo(session, now=datetime.now(UTC))
                keys = make_keys(session)
            servers[0].key = f"Bearer {keys.full}".encode()
            with closing(Sender(running.url, keys)) as sender:
                yield servers[0], partial(wrong, sender)


def wrong(sender, name="products.index", media_type=None, examples=3):
    promise, operation = promises()[name], operations()[name]
    return {
        fault
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        for case in cases_of(operation, mode, "planted", examples)
        if media_type in (None, case.media_type)
        for _, found in judged(sender, case, promise, Random(1), Tally())
        for fault in found
    }


def test_a_server_that_keeps_its_contract_has_no_faults(planted):
    server, ask = planted
    server.fault = None
    assert ask() == set()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("any key", "Who sends a key for nothing gets 403, and got 200."),
        ("any key", "Who sends a revoked key gets 401, and got 200."),
        ("no key", "Who sends a no key gets 401, and got 200."),
        ("status", "Status 202 is not declared."),
        ("failure", "The server failed: 500."),
        ("body", "The body is not of the declared schema."),
        ("XML", "JSON and XML carry different values."),
        ("media type", "application/xml was asked for, and application/json came."),
        ("header", "The header x-debug is not declared."),
        ("query", "Invalid data should have been rejected"),
        ("refusal", "Valid data should have been accepted"),
    ],
)
def test_a_fault_is_seen(planted, fault, said):
    server, ask = planted
    server.fault = fault
    assert any(said in found for found in ask())


@pytest.mark.parametrize("form", ["multipart/form-data", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize(("fault", "said"), [(None, None), ("taken", "Invalid data should have")])
def test_what_a_form_can_say_counts(planted, form, fault, said):
    server, ask = planted
    server.fault = fault
    found = ask("products.update", form, 150)
    assert any(said in each for each in found) if said else found == set()


def a_body_to_send(operation, **body):
    """What a generated body becomes before it is sent."""
    operation = operations()[operation]
    case = operation.Case(
        body=body, media_type="application/x-www-form-urlencoded", path_parameters={}
    )
    hooks.before_call(None, case, {})
    return case.body


@pytest.mark.parametrize("blank", ["", " ", "\n", "\u2003"])
def test_a_blank_postal_code_stays_wrong(blank):
    assert a_body_to_send("customers.update", zipcode=blank)["zipcode"] == blank
    assert not contract().validator({"$ref": "#/components/schemas/PostalCode"}).accepts(blank)


@pytest.mark.parametrize("text", ["x", "\x1c", " \x1f"])
def test_a_postal_code_that_the_contract_allows_becomes_one_of_the_country(text):
    assert a_body_to_send("customers.update", zipcode=text)["zipcode"] == "59000"
    assert contract().validator({"$ref": "#/components/schemas/PostalCode"}).accepts(text)


def test_an_address_that_the_contract_allows_becomes_a_new_one_and_a_wrong_one_stays():
    first, second = (
        a_body_to_send("customers.update", email="ada@example.org")["email"] for _ in range(2)
    )
    assert len({first, second, "ada@example.org"}) == 3
    for wrong in ("ada", "ada@", "Ada@example.org", "ada@example .org"):
        assert a_body_to_send("customers.update", email=wrong)["email"] == wrong


def test_a_form_loses_the_names_that_mean_something_else_in_it():
    extra = {"a": 1, "": 2, "b[": 3, "]c": 4, "d": {"": 5, "e": 6}}
    sent = a_body_to_send("customers.reactivate", other=extra, **{"x[y]": 1})
    assert sent == {"other": {"a": 1, "d": {"e": 6}}}
