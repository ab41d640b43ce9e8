"""API6:2023, unrestricted access to sensitive business flows: mails, money, deletion.

What each of them does by itself is in tests/test_customers.py and tests/test_account_pages.py.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from models import ActionLog, EmailMessage, PersonalAccessToken
from tests.factories import a_customer, a_service


@pytest.mark.parametrize("action", ["resend_confirmation", "send_password"])
def test_a_mailbox_cannot_be_flooded_not_even_by_many_at_once(client, session, action):
    # A session is for one thread.
    path = f"/customers/{a_customer(session).id}/{action}"

    def ask(_):
        return client.post(path).status_code

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(16))) == {200}
    session.rollback()
    assert session.scalar(select(func.count()).select_from(EmailMessage)) == 1


def test_who_changes_money_is_written_down(client, session):
    customer = a_customer(session)
    path = f"/customers/{customer.id}"
    assert client.post(path, json={"balance": "10.50"}).status_code == 200
    session.rollback()
    (log,) = session.scalars(select(ActionLog))
    assert log.action == "balance_changed"
    assert (log.payload["old"], log.payload["new"]) == ("0.00", "10.50")
    assert log.staff_id == session.scalars(select(PersonalAccessToken)).one().tokenable_id


@pytest.mark.parametrize("force", ["no", "2", "yes please", "on"])
def test_nothing_is_forced_by_a_word_that_is_not_yes(client, session, force):
    service = a_service(session)
    path = f"/customers/{service.customer_id}"
    assert client.delete(path, params={"force": force}).status_code in (400, 409)
    assert client.get(path).status_code == 200
