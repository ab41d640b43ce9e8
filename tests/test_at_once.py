"""What many do to one thing at the same time is done one after the other."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import pairwise

from sqlalchemy import select

from models import ActionLog
from tests.factories import a_customer, a_service

MANY = 16


def at_once(ask):
    """The answers to what is asked by many at the same time."""
    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(ask, range(MANY)))


def logged(session, action):
    session.rollback()
    same = select(ActionLog.payload).where(ActionLog.action == action).order_by(ActionLog.id)
    return session.scalars(same).all()


def test_a_service_that_somebody_ends_stays_so_whoever_suspends_it_meanwhile(client, session):
    for _ in range(5):
        path = f"/services/{a_service(session).id}"
        paths = [f"{path}/{action}" for action in ("suspend", "expire")] * (MANY // 2)
        answers = at_once(lambda number, paths=paths: client.post(paths[number]))
        assert {answer.status_code for answer in answers} <= {200, 409}
        assert client.get(path).json()["status"] == "expired"


def test_one_of_many_confirms_a_customer(client, session):
    path = f"/customers/{a_customer(session).id}/confirm"
    answers = at_once(lambda _: client.post(path))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [409] * (MANY - 1)


def test_one_of_many_deletes_a_customer(client, session):
    path = f"/customers/{a_customer(session).id}"
    answers = at_once(lambda _: client.delete(path))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [404] * (MANY - 1)


def test_who_changes_something_is_answered_with_the_own_change(client, session):
    path = f"/customers/{a_customer(session, address='0 rue Haute').id}"

    # One of them says what is there already.
    def change(number):
        address = f"{number} rue Haute"
        answer = client.patch(path, json={"address": address})
        return answer.json()["address"] == address

    for _ in range(5):
        assert all(at_once(change))


def test_a_balance_is_logged_from_one_value_to_the_next(client, session):
    path = f"/customers/{a_customer(session).id}"

    def change(number):
        return client.patch(path, json={"balance": number + 1})

    assert all(answer.is_success for answer in at_once(change))
    changes = logged(session, "balance_changed")
    assert len(changes) == MANY
    for earlier, later in pairwise(changes):
        assert Decimal(later["old"]) == Decimal(earlier["new"])
