"""Services, and the actions that start, stop and end them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from models import ActionLog, ConfigOptionService, EmailMessage, Metadata, Pricing
from models.counters import LARGEST_COUNT
from models.service import STATUSES, TRANSITIONS
from tests.factories import (
    a_customer,
    a_note,
    a_pricing,
    a_product,
    a_service,
    an_invoice,
    save,
)

UTC_DAY = datetime(2027, 1, 31, tzinfo=UTC)
OLD_ADDRESSES = [("DELETE", "expire"), ("PUT", "suspend"), ("PUT", "unsuspend")]


def fresh(session, row):
    """The row as the server has left it."""
    session.rollback()
    session.expire_all()
    return session.get(type(row), row.id)


def logs(session):
    session.rollback()
    return [(log.action, log.payload) for log in session.scalars(select(ActionLog))]


def test_a_service_is_found_by_its_id_and_by_its_uuid(client, session):
    service = a_service(session)
    by_id = client.get(f"/services/{service.id}").json()
    assert by_id["uuid"] == service.uuid
    for key in (service.uuid, service.uuid.upper()):
        assert client.get(f"/services/{key}").json() == by_id
    assert by_id["is_cancelled"] is False


def test_a_service_may_have_the_highest_id_that_there_is(client, session):
    service = a_service(session, id=2**53 - 1)
    assert client.get(f"/services/{service.id}").json()["uuid"] == service.uuid
    assert client.post(f"/services/{service.id}/suspend").is_success


@pytest.mark.parametrize(
    "key",
    ["0", "01", "-1", "x", "9" * 19, str(2**53), str(2**63), str(2**64), "1.0",
     "\N{SUPERSCRIPT ONE}", "\N{ARABIC-INDIC DIGIT ONE}", "00000000-0000-4000-8000-00000000000",
     "%20"],
)  # fmt: skip
def test_what_is_neither_id_nor_uuid_is_the_key_of_nothing(client, session, key):
    a_service(session)
    assert client.get(f"/services/{key}").status_code == 404
    assert client.post(f"/services/{key}/suspend").status_code == 404
    assert client.delete(f"/services/{key}").status_code == 404


def test_a_service_can_be_suspended_with_a_reason(client, session):
    service = a_service(session)
    answer = client.post(f"/services/{service.id}/suspend", json={"reason": "unpaid"})
    assert answer.status_code == 200
    data, result = answer.json()["data"], answer.json()["result"]
    assert (data["status"], data["suspend_reason"]) == ("suspended", "unpaid")
    assert data["suspended_at"] is not None
    assert result == {
        "service": data,
        "success": True,
        "message": "The service was suspended.",
        "created_at": result["created_at"],
        "data": [],
    }
    assert client.get(f"/services/{service.id}").json() == data
    assert logs(session) == [("service_suspended", {"reason": "unpaid", "notify": False})]


def test_the_customer_is_told_if_that_is_asked_for(client, session):
    customer = a_customer(session, locale="en_GB", firstname="Bob")
    service = a_service(session, customer=customer, name="VPS S")
    for _ in range(2):
        body = {"reason": "spam", "notify": True}
        assert client.post(f"/services/{service.id}/suspend", json=body).status_code == 200
    session.rollback()
    mail = session.scalars(select(EmailMessage)).one()
    assert (mail.recipient, mail.subject) == (customer.email, "Your service VPS S was suspended")
    assert "Hello Bob," in mail.content
    assert "The reason: spam" in mail.content


def test_a_suspended_service_runs_again_and_is_not_cancelled_any_more(client, session):
    service = a_service(session, status="suspended", suspended_at=UTC_DAY, suspend_reason="unpaid",
                        cancelled_at=UTC_DAY, cancelled_reason="Moving")  # fmt: skip
    data = client.post(f"/services/{service.uuid}/unsuspend").json()["data"]
    assert data["status"] == "active"
    names = ("suspended_at", "cancelled_at", "cancelled_reason")
    assert [data[name] for name in names] == [None] * 3
    assert data["suspend_reason"] == "unpaid"


@pytest.mark.parametrize("status", ["active", "suspended", "cancelled"])
def test_an_ended_service_frees_what_it_held(client, session, status):
    product = a_product(session, stock=4)
    a_note(session, product, "auto_stock", "true")
    customer = a_customer(session)
    invoice = an_invoice(session, customer=customer, status="pending")
    service = a_service(session, customer=customer, product_id=product.id, status=status,
                        stock_product_id=product.id, invoice_id=invoice.id,
                        expires_at=UTC_DAY)  # fmt: skip
    data = client.post(f"/services/{service.id}/expire").json()["data"]
    assert (data["status"], data["invoice_id"]) == ("expired", None)
    assert data["expires_at"] < "2027"
    assert fresh(session, invoice).status == "cancelled"
    assert fresh(session, product).stock == 5


def test_the_end_of_a_service_that_is_over_already_stays(client, session):
    over = datetime.now(UTC) - timedelta(days=3)
    service = a_service(session, status="suspended", expires_at=over)
    client.post(f"/services/{service.id}/expire")
    assert fresh(session, service).expires_at == over


@pytest.mark.parametrize(("stock", "note"), [(-1, "true"), (4, None)])
def test_a_stock_that_does_not_look_after_itself_stays(client, session, stock, note):
    product = a_product(session, stock=stock)
    if note:
        a_note(session, product, "auto_stock", note)
    service = a_service(session, product_id=product.id, stock_product_id=product.id)
    client.post(f"/services/{service.id}/expire")
    assert fresh(session, product).stock == stock


def a_pending_service(session, product):
    return a_service(session, product_id=product.id, status="pending")


def patch_status(client, service, *statuses):
    for status in statuses:
        answer = client.patch(f"/services/{service.id}", json={"status": status})
        assert answer.status_code == 200, answer.json()


def test_no_more_is_put_back_into_stock_than_was_taken(client, session):
    product = a_product(session, stock=2)
    a_note(session, product, "auto_stock", "true")
    services = [a_pending_service(session, product) for _ in range(5)]
    for service in services:
        patch_status(client, service, "active")
    assert fresh(session, product).stock == 0
    for service in services:
        patch_status(client, service, "expired")
    assert fresh(session, product).stock == 2


@pytest.mark.parametrize("statuses", [("cancelled",), ("cancelled", "active")])
def test_a_service_that_was_never_delivered_puts_nothing_back(client, session, statuses):
    product = a_product(session, stock=2)
    a_note(session, product, "auto_stock", "true")
    service = a_pending_service(session, product)
    patch_status(client, service, *statuses, "expired")
    assert fresh(session, product).stock == 2


def test_a_service_puts_back_into_the_stock_that_it_has_taken_from(client, session):
    product, other = a_product(session, stock=2), a_product(session, stock=7)
    for each in (product, other):
        a_note(session, each, "auto_stock", "true")
    service = a_pending_service(session, product)
    patch_status(client, service, "active")
    client.patch(f"/services/{service.id}", json={"product_id": other.id}).raise_for_status()
    patch_status(client, service, "expired")
    assert (fresh(session, product).stock, fresh(session, other).stock) == (2, 7)


def test_nothing_is_put_back_that_an_endless_stock_has_given(client, session):
    product = a_product(session, stock=-1)
    a_note(session, product, "auto_stock", "true")
    service = a_pending_service(session, product)
    patch_status(client, service, "active")
    client.patch(f"/products/{product.id}", json={"stock": 3}).raise_for_status()
    patch_status(client, service, "expired")
    assert fresh(session, product).stock == 3


@pytest.mark.parametrize(
    ("action", "status"),
    [("suspend", "suspended"), ("unsuspend", "active"), ("expire", "expired")],
)
def test_to_ask_for_the_state_a_service_is_in_is_a_success_that_changes_nothing(
    client, session, action, status
):
    service = a_service(session, status=status, suspend_reason="first")
    before = client.get(f"/services/{service.id}").json()
    answer = client.post(f"/services/{service.id}/{action}", json={"reason": "second"})
    assert answer.status_code == 200
    assert answer.json()["data"] == before
    assert answer.json()["result"]["success"] is True
    assert answer.json()["result"]["message"].endswith("Nothing was changed.")
    assert logs(session) == []


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("action", ["suspend", "unsuspend", "expire"])
def test_a_way_that_is_not_in_the_table_is_a_conflict_that_changes_nothing(
    client, session, action, status
):
    sources, target = TRANSITIONS[action]
    service = a_service(session, status=status)
    before = client.get(f"/services/{service.id}").json()
    answer = client.post(f"/services/{service.id}/{action}")
    if status in sources or status == target:
        assert answer.status_code == 200
        assert answer.json()["data"]["status"] == target
        return
    assert answer.status_code == 409
    problem = answer.json()
    possible = [name for name, (sources, _) in TRANSITIONS.items() if status in sources]
    assert problem["allowed_transitions"] == possible
    assert problem["data"] == problem["result"]["service"] == before
    assert problem["result"]["success"] is False
    assert problem["result"]["message"] == problem["detail"] == problem["message"]
    assert client.get(f"/services/{service.id}").json() == before
    assert logs(session) == []


@pytest.mark.parametrize(("method", "action"), OLD_ADDRESSES)
def test_old_addresses_do_the_same_and_say_that_they_are_old(client, session, method, action):
    status = "suspended" if action == "unsuspend" else "active"
    service = a_service(session, status=status)
    answer = client.request(method, f"/{action}/{service.id}")
    assert answer.json()["data"]["status"] == TRANSITIONS[action][1]
    assert answer.headers["deprecation"] == "@1735689600"
    successor = f"/api/application/services/{service.id}/{action}"
    assert answer.headers["link"] == f'<{successor}>; rel="successor-version"'
    missing = client.request(method, f"/{action}/999")
    assert missing.status_code == 404
    assert missing.headers["deprecation"] == "@1735689600"
    new = client.post(f"/services/{service.id}/{action}")
    assert "deprecation" not in new.headers


def test_an_old_address_takes_the_same_body(client, session):
    service = a_service(session)
    data = client.put(f"/suspend/{service.id}", json={"reason": "spam"}).json()["data"]
    assert data["suspend_reason"] == "spam"


def test_the_list_is_filtered_sorted_and_shows_hidden_services(client, session):
    first, second = a_customer(session), a_customer(session)
    a_service(session, customer=first, name="a", status="hidden")
    a_service(session, customer=first, name="b", status="active")
    a_service(session, customer=second, name="c", status="active")

    def names(query):
        return [each["name"] for each in client.get(f"/services?{query}").json()["data"]]

    assert names("") == ["a", "b", "c"]
    assert names("sort=-id") == ["c", "b", "a"]
    assert names("filter[status]=active&sort=-customer_id") == ["c", "b"]
    assert names(f"filter[customer_id]={first.id}") == ["a", "b"]
    assert names("filter[status]=hidden,active&per_page=1&page=2") == ["b"]
    assert client.get("/services?filter[status]=broken").status_code == 400
    assert client.get("/services?include=pricings").status_code == 400


def test_includes_add_customer_notes_prices_and_options(client, session):
    service = a_service(session)
    a_note(session, service, "color", "blue")
    a_pricing(session, related_type="service", related_id=service.id, monthly=4)
    a_pricing(session, related_type="product", related_id=service.id, monthly=5)
    save(
        session,
        ConfigOptionService(config_option_id=3, service_id=service.id, key="ram", value="8"),
    )
    names = ("customer", "metadata", "pricing", "configoptions")
    include = ",".join(f"{name},{name}Count,{name}Exists" for name in names)
    item = client.get(f"/services/{service.uuid}?include={include}").json()
    assert item["customer"]["id"] == service.customer_id
    assert [each["key"] for each in item["metadata"]] == ["color"]
    assert [each["monthly"] for each in item["pricing"]] == [4]
    assert [each["value"] for each in item["configoptions"]] == ["8"]
    assert [item[f"{name}_count"] for name in names] == [1] * 4
    assert [item[f"{name}_exists"] for name in names] == [True] * 4


def test_an_update_changes_what_it_names_and_nothing_else(client, session):
    service = a_service(session, notes="old", data={"ip": "192.0.2.1"})
    before = client.get(f"/services/{service.id}").json()
    body = {"name": "VPS in Paris", "notes": None, "max_renewals": "12",
            "expires_at": "2027-01-31", "trial_ends_at": "2026-12-01 10:00:00"}  # fmt: skip
    for send in (client.post, client.patch):
        after = send(f"/services/{service.id}", json=body).json()
        assert after == {
            **before, "name": "VPS in Paris", "notes": None, "max_renewals": 12,
            "expires_at": "2027-01-31T00:00:00.000000Z",
            "trial_ends_at": "2026-12-01T10:00:00.000000Z", "updated_at": after["updated_at"],
        }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("customer_id", 999),
        ("product_id", 999),
        ("type", "unknown"),
        ("billing", "daily"),
        ("status", "broken"),
        ("currency", "XXX"),
        ("expires_at", "tomorrow"),
        ("expires_at", "2026-02-30"),
        ("expires_at", "0001-01-01T00:00:00+14:00"),
        ("max_renewals", -1),
        ("notes", "x" * 65_536),
        ("data", "text"),
        ("name", None),
    ],
)
def test_what_is_not_that_field_is_refused_and_changes_nothing(client, session, field, value):
    service = a_service(session)
    before = client.get(f"/services/{service.id}").json()
    answer = client.post(f"/services/{service.id}", json={"description": "new", field: value})
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {field}
    assert client.get(f"/services/{service.id}").json() == before


def test_one_wrong_field_does_not_hide_another(client, session):
    service = a_service(session)
    body = {"customer_id": 999, "product_id": 998}
    errors = client.post(f"/services/{service.id}", json=body).json()["errors"]
    assert errors == {
        "customer_id": ["The customer_id field must be the id of a customer."],
        "product_id": ["The product_id field must be the id of a product."],
    }


@pytest.mark.parametrize("source", STATUSES)
@pytest.mark.parametrize("target", STATUSES)
def test_a_status_is_written_only_where_an_action_leads_there(client, session, source, target):
    service = a_service(session, status=source)
    answer = client.post(f"/services/{service.id}", json={"status": target})
    leads = any(source in sources and target == to for sources, to in TRANSITIONS.values())
    if leads or source == target:
        assert answer.json()["status"] == target
    else:
        assert answer.status_code == 409
        possible = [name for name, (sources, _) in TRANSITIONS.items() if source in sources]
        assert answer.json()["allowed_transitions"] == possible
        assert fresh(session, service).status == source


def test_delivery_counts_the_attempt_and_takes_from_the_stock(client, session):
    product = a_product(session, stock=3)
    service = a_service(session, status="pending", product_id=product.id, delivery_errors="full")
    item = client.post(f"/services/{service.id}", json={"status": "active"}).json()
    assert (item["delivery_attempts"], item["delivery_errors"]) == (1, None)
    assert fresh(session, product).stock == 2
    assert logs(session) == [("service_delivered", {"message": "ok"})]


@pytest.mark.parametrize("stock", [0, -1])
def test_delivery_leaves_a_stock_that_is_empty_or_endless(client, session, stock):
    product = a_product(session, stock=stock)
    service = a_service(session, status="pending", product_id=product.id)
    assert client.post(f"/services/{service.id}", json={"status": "active"}).status_code == 200
    assert fresh(session, product).stock == stock


def test_delivery_is_refused_while_no_attempt_can_be_counted(client, session):
    service = a_service(session, status="pending")
    path = f"/services/{service.id}"
    client.patch(path, json={"delivery_attempts": LARGEST_COUNT - 1}).raise_for_status()
    item = client.patch(path, json={"status": "active"}).json()
    assert (item["status"], item["delivery_attempts"]) == ("active", LARGEST_COUNT)
    service = a_service(session, status="pending", delivery_attempts=LARGEST_COUNT)
    path = f"/services/{service.id}"
    answer = client.patch(path, json={"status": "active"})
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["detail"] == (
        "The field delivery_attempts of the service is at its maximum, 2147483647. "
        "Write a smaller number first."
    )
    assert problem["allowed_transitions"] == ["deliver", "cancel"]
    item = client.get(path).json()
    assert (item["status"], item["delivery_attempts"]) == ("pending", LARGEST_COUNT)
    client.patch(path, json={"delivery_attempts": 7}).raise_for_status()
    item = client.patch(path, json={"status": "active"}).json()
    assert (item["status"], item["delivery_attempts"]) == ("active", 8)


def test_the_end_of_a_service_is_refused_while_the_stock_cannot_grow(client, session):
    product = a_product(session, stock=LARGEST_COUNT)
    a_note(session, product, "auto_stock", "true")
    customer = a_customer(session)
    invoice = an_invoice(session, customer=customer, status="pending")
    service = a_service(session, customer=customer, product_id=product.id, invoice_id=invoice.id,
                        stock_product_id=product.id)  # fmt: skip
    path = f"/services/{service.id}"
    before = client.get(path).json()
    answer = client.post(f"{path}/expire")
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["detail"] == (
        "The field stock of the product is at its maximum, 2147483647. "
        "Write a smaller number first."
    )
    assert problem["allowed_transitions"] == ["suspend", "expire", "cancel"]
    # The refusal shows the service as it still is.
    assert problem["data"] == before
    assert client.patch(path, json={"status": "expired"}).status_code == 409
    assert client.get(path).json() == before
    assert client.get(f"/products/{product.id}").json()["stock"] == LARGEST_COUNT
    client.patch(f"/products/{product.id}", json={"stock": 3}).raise_for_status()
    assert client.post(f"{path}/expire").json()["data"]["status"] == "expired"
    assert fresh(session, product).stock == 4


def test_a_cancelled_service_has_a_date_and_its_open_invoice_is_cancelled(client, session):
    customer = a_customer(session)
    invoice = an_invoice(session, customer=customer, status="pending")
    service = a_service(session, customer=customer, invoice_id=invoice.id)
    body = {"status": "cancelled", "cancelled_reason": "Too expensive"}
    item = client.post(f"/services/{service.id}", json=body).json()
    assert item["cancelled_at"] is not None
    assert item["cancelled_reason"] == "Too expensive"
    assert item["invoice_id"] is None
    assert fresh(session, invoice).status == "cancelled"


def test_a_service_that_is_paid_once_never_ends(client, session):
    service = a_service(session, expires_at=UTC_DAY)
    body = {"billing": "onetime", "expires_at": "2028-01-01"}
    assert client.post(f"/services/{service.id}", json=body).json()["expires_at"] is None


def test_a_service_has_its_own_prices_until_it_follows_the_product_again(client, session):
    service = a_service(session, currency="USD")
    path = f"/services/{service.id}"

    def prices():
        rows = client.get(f"{path}?include=pricing").json()["pricing"]
        return [(row["currency"], row["monthly"], row["setup_monthly"]) for row in rows]

    client.post(path, json={"pricing": {"monthly": {"price": 3.5}}})
    assert prices() == [("USD", 3.5, None)]
    client.post(path, json={"resync": True})
    assert prices() == []


def test_a_deleted_service_is_answered_once_more_and_then_gone(client, session):
    customer = a_customer(session)
    invoice = an_invoice(session, customer=customer, status="pending")
    service = a_service(session, customer=customer, invoice_id=invoice.id)
    a_note(session, service, "color", "blue")
    a_pricing(session, related_type="service", related_id=service.id)
    save(session, ConfigOptionService(config_option_id=3, service_id=service.id, key="ram"))
    item = client.delete(f"/services/{service.uuid}").json()
    assert item["deleted_at"] is not None
    assert item["status"] == "active"
    assert client.get(f"/services/{service.id}").status_code == 404
    assert client.delete(f"/services/{service.id}").status_code == 404
    assert fresh(session, invoice).status == "cancelled"
    assert session.scalars(select(Metadata)).all() == []
    assert session.scalars(select(ConfigOptionService)).all() == []
    assert session.scalars(select(Pricing)).one().deleted_at is None


def test_free_data_come_in_forms_as_fields_or_as_json(client, session):
    path = f"/services/{a_service(session).id}"
    assert client.post(path, data={"data[ip]": "192.0.2.1"}).json()["data"] == {"ip": "192.0.2.1"}
    for text, value in (('{"cores": 2}', {"cores": 2}), ("[1, 2]", [1, 2]), ("", None)):
        assert client.post(path, data={"data": text}).json()["data"] == value
    assert client.post(path, data={"data": "{"}).status_code == 422


def test_free_data_come_back_as_they_were_sent(client, session):
    service = a_service(session)
    for data in ({"ip": "192.0.2.1", "disks": [{"size": 1.5}], "on": True}, [], [1, "a"], None):
        assert client.post(f"/services/{service.id}", json={"data": data}).json()["data"] == data
        assert client.get(f"/services/{service.id}").json()["data"] == data
