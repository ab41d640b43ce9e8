"""Services driven through random actions: after each, all is as the contract says it goes.

What is asked are all operations that are actions, and writes of a status; what is looked at are
answers and rows. A refusal names the actions that are possible.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from app.contract import contract
from models import ActionLog, EmailMessage, Product, Service
from spec_tests.asking import path_to
from spec_tests.conftest import Target, open_api
from spec_tests.test_transitions import ACTIONS, STATUS, WRITTEN
from tests.databases import empty
from tests.factories import a_customer, a_key, a_note, a_product, a_service

pytestmark = pytest.mark.own
OPERATIONS = contract().operations
# Each operation that is an action, at the old addresses as well.
DOORS = {
    operation.id: action
    for name, action in ACTIONS.items()
    for operation in OPERATIONS.values()
    if OPERATIONS[name].path in (operation.path, operation.successor)
}
FUTURE = datetime(2099, 1, 31, tzinfo=UTC)
PAST = datetime(2020, 1, 31, tzinfo=UTC)
# What each action leaves in the log; hiding leaves nothing.
LOGGED = {"deliver", "suspend", "unsuspend", "expire", "cancel", "uncancel"}
REASONS = st.none() | st.sampled_from(["unpaid", "spam"])


@dataclass
class Expected:
    """A service as it should be."""

    id: int
    expires_at: datetime | None
    status: str
    is_suspended_since: bool
    suspend_reason: str | None
    is_cancelled_at: bool
    deliveries: int = 0
    has_taken: bool = False


@dataclass
class Shop:
    """What hangs on services."""

    stock: int
    keeps_stock: bool
    mails: int = 0
    logs: list[str] = field(default_factory=list)


def machine(server, session):
    """A state machine on the running server, with an empty database for each of its lives."""

    class ServiceLife(RuleBasedStateMachine):
        services = Bundle("services")

        @initialize(stock=st.sampled_from([-1, 0, 3]), keeps_stock=st.booleans())
        def open_shop(self, stock, keeps_stock):
            session.rollback()
            empty(session)
            self.api = open_api(Target(server.url, a_key(session), is_own=True))
            self.product = a_product(session, stock=stock)
            if keeps_stock:
                a_note(session, self.product, "auto_stock", "true")
            self.customer = a_customer(session)
            self.shop = Shop(stock, keeps_stock)
            self.all: list[Expected] = []

        def teardown(self):
            if hasattr(self, "api"):
                self.api.close()

        @rule(
            target=services,
            status=st.sampled_from(["pending", "active", "suspended"]),
            expires_at=st.sampled_from([None, PAST, FUTURE]),
            is_scheduled=st.booleans(),
        )
        def order(self, status, expires_at, is_scheduled):
            is_suspended = status == "suspended"
            row = a_service(
                session, customer=self.customer, product_id=self.product.id, status=status,
                expires_at=expires_at, suspended_at=PAST if is_suspended else None,
                cancelled_at=FUTURE if is_scheduled else None,
                cancelled_reason="Moving" if is_scheduled else None,
            )  # fmt: skip
            expected = Expected(row.id, expires_at, status, is_suspended, None, is_scheduled)
            self.all.append(expected)
            return expected

        @rule(
            service=services,
            name=st.sampled_from(list(DOORS)),
            reason=REASONS,
            notify=st.booleans(),
        )
        def act(self, service, name, reason, notify):
            action = DOORS[name]
            is_suspension = action == "suspend"
            body = {"reason": reason, "notify": notify} if is_suspension else {}
            answer = self.ask(name, service, body)
            if service.status not in (*WRITTEN[action]["from"], WRITTEN[action]["to"]):
                self.check_refusal(answer, service)
                return
            assert answer.status_code == 200
            assert answer.json()["result"]["success"] is True
            if self.note(service, action) and is_suspension:
                service.suspend_reason = reason
                self.shop.mails += notify

        @rule(
            service=services,
            name=st.sampled_from(["services.update", "services.patch"]),
            status=st.sampled_from(STATUS["enum"]),
        )
        def write_status(self, service, name, status):
            ways = [action for action, way in WRITTEN.items()
                    if service.status in way["from"] and status == way["to"]]  # fmt: skip
            answer = self.ask(name, service, {"status": status})
            if not ways and status != service.status:
                self.check_refusal(answer, service)
                return
            assert answer.status_code == 200
            assert answer.json()["status"] == status
            for action in ways[:1]:
                self.note(service, action)
                if action == "suspend":
                    service.suspend_reason = None

        @rule(service=consumes(services))
        def delete(self, service):
            assert self.ask("services.delete", service, {}).status_code == 200
            assert self.ask("services.show", service, {}).status_code == 404
            self.all.remove(service)

        def ask(self, name, service, body):
            operation = OPERATIONS[name]
            return self.api.request(
                operation.method, path_to(operation, service.id), json=body or None
            )

        def check_refusal(self, answer, service):
            assert answer.status_code == 409
            problem = answer.json()
            possible = [name for name, way in WRITTEN.items() if service.status in way["from"]]
            assert problem["allowed_transitions"] == possible
            for name in possible or ["nothing"]:
                assert name in problem["detail"]

        def note(self, service, action):
            """What an action changes, told once more; returns whether it did anything."""
            if service.status == WRITTEN[action]["to"]:
                return False
            service.status = WRITTEN[action]["to"]
            if action in LOGGED:
                self.shop.logs.append(action)
            if action == "deliver":
                service.deliveries += 1
                service.has_taken = self.shop.stock > 0
                self.shop.stock -= service.has_taken
            elif action == "suspend":
                service.is_suspended_since = True
            elif action == "unsuspend":
                service.is_suspended_since = service.is_cancelled_at = False
            elif action == "expire":
                if service.expires_at == FUTURE:
                    service.expires_at = datetime.now(UTC)
                self.shop.stock += self.shop.keeps_stock and service.has_taken
            elif action in ("cancel", "uncancel"):
                service.is_cancelled_at = action == "cancel"
            return True

        @invariant()
        def every_row_is_as_it_should_be(self):
            session.rollback()
            session.expire_all()
            for expected in getattr(self, "all", ()):
                row = session.get(Service, expected.id)
                assert row.status == expected.status
                assert (row.suspended_at is not None) == expected.is_suspended_since
                assert row.suspend_reason == expected.suspend_reason
                assert (row.cancelled_at is not None) == expected.is_cancelled_at
                assert row.delivery_attempts == expected.deliveries
                assert (row.expires_at is None) == (expected.expires_at is None)
                if row.expires_at is not None:
                    assert abs((row.expires_at - expected.expires_at).total_seconds()) < 60

        @invariant()
        def stock_mail_and_logs_are_as_they_should_be(self):
            if hasattr(self, "shop"):
                assert session.get(Product, self.product.id).stock == self.shop.stock
                assert session.scalar(select(func.count(EmailMessage.id))) == self.shop.mails
                assert session.scalar(select(func.count(ActionLog.id))) == len(self.shop.logs)

        @invariant()
        def the_list_shows_what_there_is(self):
            if hasattr(self, "all"):
                listed = self.api.get("/application/services", params={"per_page": 1000}).json()
                found = {item["id"]: item["status"] for item in listed["data"]}
                assert found == {each.id: each.status for each in self.all}

    return ServiceLife


@pytest.mark.needs("minutes")
def test_no_chain_of_actions_leads_to_a_surprise(server, session):
    # On another database, fewer chains say that its rows become the same.
    chains = 100 if server.engine.dialect.name == "sqlite" else 30
    # The shortest chain that fails takes minutes to find; any says enough.
    run_state_machine_as_test(
        machine(server, session),
        settings=settings(
            max_examples=chains, stateful_step_count=30, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate],
        ),
    )  # fmt: skip
