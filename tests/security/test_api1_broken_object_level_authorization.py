"""API1:2023, broken object level authorization: whose things a key reaches, what ids give away.

Keys belong to the people who run the shop: a permission is for all things of its kind. So there is
nothing of others to reach but their keys, and what is left is what ids tell to those without a
permission.
"""

from datetime import UTC, datetime

import pytest

from models import Customer, Group, PersonalAccessToken, Pricing, Product, Service
from tests.factories import a_customer, a_key, an_admin
from tests.http import request
from tests.rpc import ask
from tests.security.shop import OPERATIONS, a_shop, files_for, path_to
from tests.security.wire import OF_ONE_ANSWER

ON_ITEMS = {each.id: each for each in OPERATIONS.values() if each.path_parameters}
MODELS = {"customer_id": Customer, "group_id": Group, "product_id": Product,
          "pricing_id": Pricing, "service_id": Service,
          "api_key_id": PersonalAccessToken}  # fmt: skip
ABSENT = dict.fromkeys(MODELS, 999_999)
NO_ID = dict.fromkeys(MODELS, "no-id")


def told(server, key, operation, ids):
    """All that an answer says, but for the address that was asked for."""
    path = path_to(operation, ids)
    answer = request(
        operation.method, f"{server.url}/api{path}", headers={"Authorization": f"Bearer {key}"},
        files=files_for(operation),
    )  # fmt: skip
    headers = {name: value for name, value in answer.headers.items()
               if name not in {*OF_ONE_ANSWER, "content-length", "link"}}  # fmt: skip
    return answer.status_code, headers, answer.text.replace(path, "")


@pytest.mark.parametrize("operation", ON_ITEMS.values(), ids=ON_ITEMS)
def test_without_the_permission_what_is_there_and_what_is_not_get_the_same_answer(
    server, session, operation
):
    ids, key = a_shop(session), a_key(session, "health")
    answers = [told(server, key, operation, which) for which in (ids, ABSENT, NO_ID)]
    assert answers[0][0] == 403
    assert answers[0] == answers[1] == answers[2]
    stranger = [told(server, "9|x", operation, which) for which in (ids, ABSENT, NO_ID)]
    assert stranger[0][0] == 401
    assert stranger[0] == stranger[1] == stranger[2]


@pytest.mark.parametrize("operation", ON_ITEMS.values(), ids=ON_ITEMS)
def test_what_is_deleted_looks_like_what_never_was(server, session, operation):
    ids, key = a_shop(session), a_key(session)
    for name, model in MODELS.items():
        row = session.get(model, ids[name])
        if "deleted_at" in model.__table__.c:
            row.deleted_at = datetime.now(UTC)
        else:
            session.delete(row)
    session.commit()
    deleted, absent = (told(server, key, operation, which) for which in (ids, ABSENT))
    assert deleted[0] == 404
    texts = [text.replace(str(i[operation_name(operation)]), "")
             for (_, _, text), i in ((deleted, ids), (absent, ABSENT))]  # fmt: skip
    assert (deleted[:2], texts[0]) == (absent[:2], texts[1])


OF_KEYS = {name: each for name, each in ON_ITEMS.items() if "api_key_id" in each.path_parameters}


@pytest.mark.parametrize("operation", OF_KEYS.values(), ids=OF_KEYS)
def test_a_key_of_another_admin_looks_like_one_that_never_was(server, session, operation):
    key = a_key(session)
    others = int(a_key(session, "health", owner=an_admin(session)).partition("|")[0])
    theirs, absent = (
        told(server, key, operation, {"api_key_id": number})
        for number in (others, ABSENT["api_key_id"])
    )
    assert theirs[0] == 404
    assert theirs[:2] == absent[:2]


def operation_name(operation):
    (name,) = operation.path_parameters
    return name


@pytest.mark.parametrize("operation", ON_ITEMS.values(), ids=ON_ITEMS)
def test_the_key_of_a_customer_reaches_nothing_not_even_the_customers_own(
    server, session, operation
):
    ids = a_shop(session)
    owner = session.get(Customer, ids["customer_id"])
    for key in (a_key(session, owner=owner), a_key(session, owner=a_customer(session))):
        assert told(server, key, operation, ids)[0] == 401


@pytest.mark.parametrize("operation", ON_ITEMS.values(), ids=ON_ITEMS)
def test_xml_rpc_gives_no_more_away(server, session, operation):
    ids, key = a_shop(session), a_key(session, "health")
    name = operation_name(operation)
    present, absent = (ask(server, key, operation.id, {name: which[name]})
                       for which in (ids, ABSENT))  # fmt: skip
    assert present[0] == 403
    assert present == absent
