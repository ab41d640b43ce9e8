"""Services driven through random actions: after each, all is as the table of transitions says."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from models import ActionLog, EmailMessage, Product
from models.service import STATUSES, TRANSITIONS
from tests.databases import empty
from tests.factories import a_customer, a_key, a_note, a_product, a_service

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
            headers = {"Authorization": f"Bearer {a_key(session)}"}
            self.http = httpx.Client(base_url=f"{server.url}/api/application", headers=headers)
            self.product = a_product(session, stock=stock)
            if keeps_stock:
                a_note(session, self.product, "auto_stock", "true")
            self.customer = a_customer(session)
            self.shop = Shop(stock, keeps_stock)
            self.all: list[Expected] = []

        def teardown(self):
            if hasattr(self, "http"):
                self.http.close()

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

        @rule(service=services, reason=REASONS, notify=st.booleans())
        def suspend(self, service, reason, notify):
            body = {"reason": reason, "notify": notify}
            if self.act(service, "suspend", body):
                service.suspend_reason = reason
                self.shop.mails += notify

        @rule(service=services, action=st.sampled_from(["unsuspend", "expire"]))
        def start_or_end(self, service, action):
            self.act(service, action, {})

        def act(self, service, action, body):
            """Do it; returns whether it changed the service."""
            sources, target = TRANSITIONS[action]
            answer = self.http.post(f"/services/{service.id}/{action}", json=body)
            if service.status not in sources and service.status != target:
                assert answer.status_code == 409
                return False
            assert answer.status_code == 200
            assert answer.json()["result"]["success"] is True
            return self.note(service, action)

        @rule(service=services, status=st.sampled_from(list(STATUSES)))
        def write_status(self, service, status):
            ways = [name for name, (sources, target) in TRANSITIONS.items()
                    if service.status in sources and target == status]  # fmt: skip
            answer = self.http.post(f"/services/{service.id}", json={"status": status})
            if ways:
                assert answer.status_code == 200
                self.note(service, ways[0])
                if ways[0] == "suspend":
                    service.suspend_reason = None
            else:
                assert answer.status_code == (200 if status == service.status else 409)

        def note(self, service, action):
            """What an action changes, told once more."""
            if service.status == TRANSITIONS[action][1]:
                return False
            service.status = TRANSITIONS[action][1]
            if action in LOGGED:
                self.shop.logs.append(action)
            if action == "deliver":
                service.deliveries += 1
                self.shop.stock -= self.shop.stock > 0
            elif action == "suspend":
                service.is_suspended_since = True
            elif action == "unsuspend":
                service.is_suspended_since = service.is_cancelled_at = False
            elif action == "expire":
                if service.expires_at == FUTURE:
                    service.expires_at = datetime.now(UTC)
                self.shop.stock += self.shop.keeps_stock and self.shop.stock >= 0
            elif action in ("cancel", "uncancel"):
                service.is_cancelled_at = action == "cancel"
            return True

        @invariant()
        def every_service_is_as_it_should_be(self):
            for expected in getattr(self, "all", ()):
                found = self.http.get(f"/services/{expected.id}").json()
                assert found["status"] == expected.status
                assert (found["suspended_at"] is not None) == expected.is_suspended_since
                assert found["suspend_reason"] == expected.suspend_reason
                assert (found["cancelled_at"] is not None) == expected.is_cancelled_at
                assert found["delivery_attempts"] == expected.deliveries
                if expected.expires_at is None:
                    assert found["expires_at"] is None
                else:
                    ends = datetime.fromisoformat(found["expires_at"])
                    assert abs((ends - expected.expires_at).total_seconds()) < 60

        @invariant()
        def stock_mail_and_logs_are_as_they_should_be(self):
            if hasattr(self, "shop"):
                session.rollback()
                session.expire_all()
                assert session.get(Product, self.product.id).stock == self.shop.stock
                assert session.scalar(select(func.count(EmailMessage.id))) == self.shop.mails
                assert session.scalar(select(func.count(ActionLog.id))) == len(self.shop.logs)

    return ServiceLife


def test_no_chain_of_actions_leads_to_a_surprise(server, session):
    run_state_machine_as_test(
        machine(server, session),
        settings=settings(
            max_examples=100, stateful_step_count=30, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
