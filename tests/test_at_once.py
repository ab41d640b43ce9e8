"""What many do to one thing at the same time is done one after the other."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from itertools import pairwise

from sqlalchemy import select

from models import ActionLog, Group
from models.base import living
from models.database import open_database
from models.engine import unit_of_work
from tests.databases import SERVER
from tests.factories import a_customer, a_group, a_key, a_product, a_service
from tests.keys import number, trade
from tests.waiting import wait_until

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


def test_each_service_that_is_delivered_is_counted(client, session):
    product_id = a_product(session, stock=2 * MANY).id
    services = [a_service(session, product_id=product_id, status="pending") for _ in range(MANY)]
    paths = [f"/services/{service.id}" for service in services]
    answers = at_once(lambda number: client.patch(paths[number], json={"status": "active"}))
    assert {answer.status_code for answer in answers} == {200}
    assert client.get(f"/products/{product_id}").json()["stock"] == MANY


def with_one(other, ask):
    """The answer to what one does, and those to what all others do at the same time."""
    answers = at_once(lambda number: other() if number == MANY // 2 else ask(number))
    return answers.pop(MANY // 2), answers


def test_nothing_comes_into_a_group_that_somebody_deletes_meanwhile(client, session):
    for _ in range(5):
        group_id = a_group(session).id
        body = {"name": "x", "description": "x", "status": "active", "stock": 1, "type": "none",
                "group_id": group_id}  # fmt: skip
        deletion, _ = with_one(
            partial(client.delete, f"/groups/{group_id}"),
            lambda _, body=body: client.post("/products", json=body),
        )
        held = client.get("/products", params={"filter[group_id]": group_id}).json()["total"]
        assert (deletion.status_code, held > 0) in {(200, False), (409, True)}


def test_one_of_many_groups_gets_a_name(client, session):
    paths = [f"/groups/{a_group(session).id}" for _ in range(MANY)]
    for name in ("VPS", "Cloud", "Web"):
        answers = at_once(
            lambda number, body={"name": name}: client.patch(paths[number], json=body)
        )
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [200] + [422] * (MANY - 1)


def test_groups_never_come_below_each_other(client, session):
    for _ in range(2):
        one, other = a_group(session).id, a_group(session).id
        moves = [(f"/groups/{one}", other), (f"/groups/{other}", one)] * (MANY // 2)

        def move(number, moves=moves):
            path, parent_id = moves[number]
            return client.patch(path, json={"parent_id": parent_id})

        assert {answer.status_code for answer in at_once(move)} <= {200, 422}
        parents = {client.get(f"/groups/{each}").json()["parent_id"] for each in (one, other)}
        assert parents in ({None, one}, {None, other})


def test_no_token_has_what_was_taken_from_its_key_meanwhile(client, as_key, session):
    for _ in range(5):
        key = a_key(session, "health", "products:index")
        change, traded = with_one(
            partial(client.patch, f"/api_keys/{number(key)}", json={"permissions": ["health"]}),
            lambda _, key=key: trade(client, key),
        )
        assert change.status_code == 200
        tokens = [answer["access_token"] for answer in traded]
        wait_until(lambda tokens=tokens: not any(may_read(as_key, each) for each in tokens), 1)


def test_no_token_outlives_a_secret_that_is_replaced_meanwhile(client, as_key, session):
    for _ in range(5):
        key = a_key(session, "products:index")
        rotation, traded = with_one(
            partial(client.post, f"/api_keys/{number(key)}/rotate", json={"overlap": 0}),
            lambda _, key=key: trade(client, key),
        )
        assert rotation.status_code == 200
        tokens = [answer["access_token"] for answer in traded if "access_token" in answer]
        wait_until(lambda tokens=tokens: not any(may_read(as_key, each) for each in tokens), 1)


def may_read(as_key, token):
    return as_key(token, "GET", "/products").status_code == 200


def test_a_service_goes_with_its_customer_whoever_changes_it_meanwhile(client, session):
    for _ in range(5):
        customer_id = a_customer(session).id
        path = f"/services/{a_service(session, customer_id=customer_id).id}"
        actions = [f"{path}/suspend", f"{path}/unsuspend"] * (MANY // 2)
        deletion, others = with_one(
            partial(client.delete, f"/customers/{customer_id}", params={"force": True}),
            lambda number, actions=actions: client.post(actions[number]),
        )
        assert deletion.status_code == 200, deletion.text
        assert {answer.status_code for answer in others} <= {200, 404, 409}
        assert client.get(path).status_code == 404


def test_of_two_that_wait_for_each_other_both_are_done(server, session):
    ids = [a_group(session, description="").id for _ in range(2)]
    begun = []

    async def both():
        database = open_database(server.settings.database_url)
        meeting = asyncio.Barrier(2)

        def change(ids):
            with unit_of_work(database.engine, write=True) as other:
                for number, group_id in enumerate(ids):
                    # A file of SQLite has one writer at a time, who waits for nobody.
                    if SERVER and number and len(begun) < 2:
                        begun.append(group_id)
                        database.wait(meeting.wait())
                    living(other, Group, group_id).description += "x"

        await asyncio.gather(database.write(change, ids), database.write(change, ids[::-1]))
        await database.close()

    asyncio.run(both())
    session.rollback()
    assert [session.get(Group, each).description for each in ids] == ["xx", "xx"]
