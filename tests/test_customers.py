"""Customers, as an integrator uses them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select

from app.usecases.passwords import hash_password
from models import ActionLog, Customer, EmailMessage, Metadata, PersonalAccessToken, Service
from tests.factories import a_customer, a_group, a_key, a_note, a_product, a_service, an_invoice

NEW = {
    "email": "ada@example.org",
    "firstname": "Ada",
    "lastname": "Martin",
    "address": "1 rue Haute",
    "city": "Lille",
    "region": "Nord",
    "zipcode": "59000",
    "country": "FR",
    "phone": "0612345678",
    "locale": "fr_FR",
}


def fresh(session, row):
    """The row as the server has left it."""
    session.rollback()
    session.expire_all()
    return session.get(type(row), row.id)


def notes(session, customer):
    session.rollback()
    found = session.scalars(
        select(Metadata).where(
            Metadata.model_type == Customer.CLASS_NAME, Metadata.model_id == customer.id
        )
    )
    return {note.key: note.value for note in found}


def mails(session):
    session.rollback()
    return [mail.template for mail in session.scalars(select(EmailMessage))]


def logged(session):
    session.rollback()
    return [(log.action, log.model_id) for log in session.scalars(select(ActionLog))]


def test_a_created_customer_is_answered_in_full_with_its_address(client, session):
    answer = client.post("/customers", json={**NEW, "password": "correct horse"})
    assert answer.status_code == 201
    customer = answer.json()
    assert answer.headers["location"].endswith(f"/api/application/customers/{customer['id']}")
    assert client.get(f"/customers/{customer['id']}").json() == customer
    assert {name: customer[name] for name in NEW} == NEW
    assert customer["balance"] == "0.00"
    assert customer["is_confirmed"] is False
    assert customer["email_verified_at"] is None
    assert mails(session) == []


def test_only_a_hash_of_the_password_is_kept_and_nothing_secret_is_answered(client, session):
    password = "  two blanks  "
    customer = client.post("/customers", json={**NEW, "password": password}).json()
    stored = session.scalars(select(Customer)).one().password
    assert stored.startswith("$argon2id$")
    assert PasswordHasher().verify(stored, password)
    assert not {name for name in customer if "password" in name or "token" in name}


def test_who_gets_no_password_is_mailed_a_link_to_choose_one(client, session):
    client.post("/customers", json=NEW)
    mail = session.scalars(select(EmailMessage)).one()
    assert (mail.recipient, mail.template) == ("ada@example.org", "welcome")
    assert "/reset-password?token=" in mail.content


def test_until_then_no_password_is_theirs(client, session):
    for email in (NEW["email"], "grace@example.org"):
        client.post("/customers", json={**NEW, "email": email, "phone": None})
    first, second = session.scalars(select(Customer.password))
    assert first != second
    assert extract_parameters(first) == extract_parameters(hash_password("any"))
    for guess in ("", first):
        with pytest.raises(VerifyMismatchError):
            PasswordHasher().verify(first, guess)


@pytest.mark.parametrize("verified", [True, "1", 1])
def test_a_verified_customer_is_confirmed(client, session, verified):
    customer = client.post("/customers", json={**NEW, "verified": verified}).json()
    assert customer["is_confirmed"] is True
    assert customer["email_verified_at"] is not None


@pytest.mark.parametrize("verified", [False, "0", None])
def test_a_customer_who_is_not_verified_is_not_confirmed(client, session, verified):
    assert client.post("/customers", json={**NEW, "verified": verified}).json()[
        "is_confirmed"
    ] is False  # fmt: skip


def test_every_wrong_field_is_named_at_once(client, session):
    a_customer(session, email="taken@example.org")
    body = {**NEW, "email": "taken@example.org", "zipcode": "5900", "phone": "hello"}
    answer = client.post("/customers", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"] == {
        "zipcode": ["The zipcode field must be a postal code of the country FR."],
        "phone": ["The phone field must be a phone number."],
        "email": ["The email field is already taken."],
    }
    assert client.get("/customers").json()["meta"]["total"] == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "ADA@example.org"),
        ("email", "ada"),
        ("email", "ada@exam ple.org"),
        ("firstname", "<b>Ada</b>"),
        ("firstname", "x" * 51),
        ("lastname", "   "),
        ("address", "x" * 251),
        ("country", "XX"),
        ("country", "fr"),
        ("locale", "xx_XX"),
        ("password", "short"),
        ("balance", -1),
        ("balance", "12.345"),
        ("balance", 99999999999),
    ],
)
def test_what_is_not_that_field_is_refused(client, session, field, value):
    answer = client.post("/customers", json={**NEW, field: value})
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {field}


@pytest.mark.parametrize(
    ("country", "zipcode"),
    [("FR", "59 000"), ("BE", "1000"), ("US", "12345-6789"), ("GB", "SW1A 1AA"), ("CA", "K1A 0B1"),
     ("DE", "10115"), ("PT", "1000-001"), ("NL", "1234 AB"), ("CI", "none"), ("TN", "1000")],
)  # fmt: skip
def test_postal_codes_are_those_of_the_country(client, session, country, zipcode):
    body = {**NEW, "country": country, "zipcode": zipcode, "phone": None}
    assert client.post("/customers", json=body).status_code == 201
    if country not in ("CI", "CM"):
        body |= {"email": "other@example.org", "zipcode": f"{zipcode}{zipcode}"}
        assert set(client.post("/customers", json=body).json()["errors"]) == {"zipcode"}


@pytest.mark.parametrize("country", ["CI", "CM"])
@pytest.mark.parametrize("zipcode", [{}, {"zipcode": None}, {"zipcode": ""}])
def test_a_country_without_postal_codes_needs_none(client, session, country, zipcode):
    body = {name: value for name, value in NEW.items() if name not in ("zipcode", "phone")}
    created = client.post("/customers", json={**body, "country": country, **zipcode})
    assert (created.status_code, created.json()["zipcode"]) == (201, "")
    path = f"/customers/{created.json()['id']}"
    assert client.patch(path, json=created.json()).json() == created.json()
    moved = client.patch(path, json={"country": "FR"})
    assert moved.json()["errors"] == {"zipcode": ["The zipcode field is required."]}
    assert client.patch(path, json={"country": "FR", "zipcode": "59000"}).status_code == 200


@pytest.mark.parametrize("zipcode", [{}, {"zipcode": None}, {"zipcode": " "}])
def test_a_country_with_postal_codes_needs_one(client, session, zipcode):
    body = {name: value for name, value in NEW.items() if name != "zipcode"}
    answer = client.post("/customers", json={**body, **zipcode})
    assert answer.json()["errors"] == {"zipcode": ["The zipcode field is required."]}
    path = f"/customers/{a_customer(session).id}"
    if zipcode:
        assert client.patch(path, json=zipcode).json()["errors"] == answer.json()["errors"]


@pytest.mark.parametrize(
    "phone",
    ["0612345678", "0320000000", "06 12 34 56 78", "+33612345678", "+442079460018",
     "0032 470 12 34 56", "+1 212 456 7890"],
)  # fmt: skip
def test_phone_numbers_of_the_country_and_of_others_are_kept_as_they_were_typed(
    client, session, phone
):
    answer = client.post("/customers", json={**NEW, "phone": phone})
    assert answer.json()["phone"] == phone
    again = client.post("/customers", json={**NEW, "email": "b@example.org", "phone": phone})
    assert again.json()["errors"] == {"phone": ["The phone field is already taken."]}


def test_a_form_can_make_a_customer(client, session):
    answer = client.post("/customers", data={**NEW, "balance": "12,5", "company_name": "none"})
    assert answer.status_code == 201
    assert answer.json()["balance"] == "12.50"
    assert answer.json()["company_name"] == "none"


def test_an_update_changes_what_it_names_and_nothing_else(client, session):
    customer = a_customer(session, phone="0612345678", balance=Decimal("3.10"))
    path = f"/customers/{customer.id}"
    before = client.get(path).json()
    for send in (client.post, client.patch):
        after = send(path, json={"city": "Lyon", "phone": None, "notes": "ignored"}).json()
        assert after == {**before, "city": "Lyon", "phone": None}


def test_the_country_and_the_postal_code_are_looked_at_together(client, session):
    customer = a_customer(session, country="FR", zipcode="59000")
    path = f"/customers/{customer.id}"
    assert set(client.post(path, json={"country": "BE"}).json()["errors"]) == {"zipcode"}
    assert client.post(path, json={"country": "BE", "zipcode": "1000"}).status_code == 200


def test_an_old_postal_code_that_is_wrong_stands_in_no_ones_way(client, session):
    customer = a_customer(session, zipcode="unknown")
    assert client.post(f"/customers/{customer.id}", json={"city": "Lyon"}).status_code == 200


def test_the_own_address_is_not_taken_but_that_of_another_is(client, session):
    first, second = a_customer(session), a_customer(session)
    path = f"/customers/{first.id}"
    assert client.post(path, json={"email": first.email}).status_code == 200
    assert set(client.post(path, json={"email": second.email}).json()["errors"]) == {"email"}


def test_a_password_changes_only_if_one_is_sent(client, session):
    customer = a_customer(session, password="old hash")
    path = f"/customers/{customer.id}"
    client.post(path, json={"password": None, "city": "Lyon"})
    assert fresh(session, customer).password == "old hash"
    client.post(path, json={"password": "correct horse"})
    assert fresh(session, customer).password.startswith("$argon2id$")


def test_a_changed_balance_is_logged(client, session):
    customer = a_customer(session, balance=Decimal(5))
    answer = client.post(f"/customers/{customer.id}", json={"balance": "7.5"})
    assert answer.json()["balance"] == "7.50"
    assert logged(session) == [("balance_changed", str(customer.id))]
    log = session.scalars(select(ActionLog)).one()
    assert (log.payload["old"], log.payload["new"]) == ("5.00", "7.50")
    client.post(f"/customers/{customer.id}", json={"balance": 7.5, "city": "Lyon"})
    assert len(logged(session)) == 1


def test_the_list_is_filtered_sorted_and_searched(client, session):
    for name in ("Zoé", "Ada", "Élodie"):
        a_customer(session, firstname=name, email=f"{name[0].lower()}@example.org")

    def names(query):
        return [each["firstname"] for each in client.get(f"/customers?{query}").json()["data"]]

    assert names("sort=-id") == ["Élodie", "Ada", "Zoé"]
    assert names("filter[firstname]=élo") == ["Élodie"]
    assert names("q=z@ex") == ["Zoé"]
    assert names("sort=firstname&per_page=1&page=1") == ["Ada"]
    assert client.get("/customers?filter[city]=x").status_code == 400


def test_the_page_has_the_nested_envelope(client, session):
    for _ in range(3):
        a_customer(session)
    page = client.get("/customers?per_page=1&page=2&q=example").json()
    assert list(page) == ["data", "links", "meta"]
    assert list(page["links"]) == ["first", "last", "prev", "next"]
    assert list(page["meta"]) == [
        "current_page", "from", "last_page", "links", "path", "per_page", "to", "total",
    ]  # fmt: skip
    assert page["links"]["next"].endswith("/customers?per_page=1&q=example&page=3")
    assert (page["meta"]["from"], page["meta"]["to"], page["meta"]["total"]) == (2, 2, 3)


def test_includes_add_invoices_services_and_notes(client, session):
    customer = a_customer(session)
    a_service(session, customer=customer, name="seen")
    a_service(session, customer=customer, name="hidden", status="hidden")
    invoice = an_invoice(session, customer=customer, total=Decimal("36.50"))
    a_note(session, customer, "color", "blue")
    for key in ("2fa_secret", "2fa_recovery_codes"):
        a_note(session, customer, key, "JBSWY3DPEHPK3PXP")
    names = ("invoices", "services", "metadata")
    include = ",".join(f"{name},{name}Count,{name}Exists" for name in names)
    item = client.get(f"/customers/{customer.id}?include={include}").json()
    assert [each["name"] for each in item["services"]] == ["seen"]
    assert [each["key"] for each in item["metadata"]] == ["color"]
    assert (item["invoices"][0]["id"], item["invoices"][0]["total"]) == (invoice.id, 36.5)
    assert item["invoices"][0]["billing_address"][0] == "Ada Martin"
    assert [item[f"{name}_count"] for name in names] == [1, 1, 1]
    assert [item[f"{name}_exists"] for name in names] == [True, True, True]


def test_an_address_is_confirmed_once(client, session):
    customer = a_customer(session)
    answer = client.post(f"/customers/{customer.id}/confirm")
    assert answer.json()["is_confirmed"] is True
    assert answer.json()["email_verified_at"] is not None
    assert logged(session) == [("account_verified", str(customer.id))]
    again = client.post(f"/customers/{customer.id}/confirm")
    assert again.status_code == 409
    assert client.post(f"/customers/{customer.id}/resend_confirmation").status_code == 409


@pytest.mark.parametrize(
    ("action", "template"), [("resend_confirmation", "confirm"), ("send_password", "password")]
)
def test_a_link_is_mailed_and_within_a_minute_no_second_one(client, session, action, template):
    customer = a_customer(session)
    for _ in range(2):
        answer = client.post(f"/customers/{customer.id}/{action}")
        assert answer.status_code == 200
        assert "on its way" in answer.json()["message"]
    assert mails(session) == [template]


def test_a_confirmed_customer_can_be_sent_a_new_password(client, session):
    customer = a_customer(session, is_confirmed=True)
    assert client.post(f"/customers/{customer.id}/send_password").status_code == 200
    assert mails(session) == ["password"]


@pytest.mark.parametrize(("action", "state"), [("suspend", "suspended"), ("ban", "banned")])
def test_a_blocked_customer_is_noted_with_reason_time_and_name(client, session, action, state):
    customer = a_customer(session)
    service = a_service(session, customer=customer)
    answer = client.post(f"/customers/{customer.id}/action/{action}", json={"reason": "Fraud"})
    assert answer.json()["id"] == customer.id
    found = notes(session, customer)
    assert {key: found[key] for key in (state, f"{state}_reason")} == {
        state: "true", f"{state}_reason": "Fraud",
    }  # fmt: skip
    datetime.strptime(found[f"{state}_at"], "%d/%m/%Y %H:%M")
    assert found[f"{state}_by"].startswith("admin")
    assert fresh(session, service).status == "active"
    assert mails(session) == []


def test_force_suspends_what_runs_and_notify_tells_the_customer(client, session):
    customer = a_customer(session, locale="fr_FR")
    running, waiting = (a_service(session, customer=customer, status=status)
                        for status in ("active", "pending"))  # fmt: skip
    body = {"reason": "Impayé", "force": True, "notify": True}
    client.post(f"/customers/{customer.id}/action/suspend", json=body)
    assert fresh(session, running).status == "suspended"
    assert fresh(session, running).suspend_reason == "Impayé"
    assert fresh(session, waiting).status == "pending"
    mail = session.scalars(select(EmailMessage)).one()
    assert mail.subject == "Votre compte a été suspendu"
    assert "Motif : Impayé" in mail.content


def test_reactivation_lifts_every_block_and_starts_suspended_services(client, session):
    customer = a_customer(session)
    service = a_service(session, customer=customer)
    path = f"/customers/{customer.id}/action"
    for action in ("suspend", "ban"):
        client.post(f"{path}/{action}", json={"force": True})
    assert client.post(f"{path}/reactivate", json={"notify": True}).status_code == 200
    assert notes(session, customer) == {}
    assert fresh(session, service).status == "active"
    assert mails(session) == ["account_reactivated"]


def test_the_second_factor_can_be_removed(client, session):
    customer = a_customer(session, totp_secret="JBSWY3DPEHPK3PXP")
    for key in ("2fa_secret", "2fa_recovery_codes", "color"):
        a_note(session, customer, key, "x")
    assert client.post(f"/customers/{customer.id}/action/disable2FA").status_code == 200
    assert set(notes(session, customer)) == {"color"}
    assert fresh(session, customer).totp_secret is None


def test_an_unknown_action_is_not_found(client, session):
    assert client.post(f"/customers/{a_customer(session).id}/action/explode").status_code == 404


def test_a_customer_with_services_or_unpaid_invoices_is_kept_and_says_why(client, session):
    customer = a_customer(session)
    service = a_service(session, customer=customer, name="VPS S")
    a_service(session, customer=customer, status="expired")
    invoice = an_invoice(session, customer=customer, status="pending", invoice_number="CTX-1")
    answer = client.delete(f"/customers/{customer.id}")
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["error"] == problem["message"] == problem["detail"]
    assert problem["blocking_reasons"] == {
        "active_services": {"count": 1, "services": {str(service.id): "VPS S"}},
        "pending_invoices": {"count": 1, "invoices": {str(invoice.id): "CTX-1"}},
    }
    assert fresh(session, customer).email == customer.email


def test_a_service_that_is_to_end_anyway_stands_in_no_ones_way(client, session):
    customer = a_customer(session)
    soon = datetime.now(UTC) + timedelta(days=5)
    service = a_service(session, customer=customer, cancelled_at=soon, cancelled_reason="Moving")
    assert client.delete(f"/customers/{customer.id}").status_code == 200
    service = fresh(session, service)
    assert (service.status, service.is_cancelled) == ("cancelled", True)
    assert service.deleted_at is not None
    assert service.notes.startswith("Cancelled on ")


@pytest.mark.parametrize("force", ["query", "body"])
def test_a_deleted_customer_leaves_nothing_that_names_a_person_but_the_name(client, session, force):
    customer = a_customer(session, phone="0612345678", company_name="Martin SARL", notes="VIP",
                          balance=Decimal(5), is_confirmed=True)  # fmt: skip
    running = a_service(session, customer=customer)
    hidden = a_service(session, customer=customer, status="hidden")
    invoice = an_invoice(session, customer=customer, status="pending")
    a_note(session, customer, "color", "blue")
    a_key(session, owner=customer)
    client.post(f"/customers/{customer.id}/send_password")
    path = f"/customers/{customer.id}"
    options = {"params": {"force": 1}} if force == "query" else {"json": {"force": True}}
    answer = client.request("DELETE", path, **options)
    assert answer.json() == {"message": "The customer was deleted."}
    assert client.get(path).status_code == 404
    row = fresh(session, customer)
    assert row.email == f"deleted-{row.id}@clientxcms.com"
    assert (row.firstname, row.lastname) == ("Ada", "Martin")
    assert {row.address, row.city, row.region, row.country} == {"Deleted"}
    assert (row.zipcode, row.locale, row.balance) == ("00000", "en", 0)
    assert not any((row.phone, row.company_name, row.notes, row.password, row.is_confirmed))
    assert fresh(session, running).deleted_at is not None
    assert fresh(session, hidden).deleted_at is None
    assert fresh(session, invoice).customer_id is None
    assert notes(session, customer) == {}
    assert mails(session) == []
    keys = session.scalars(select(PersonalAccessToken.tokenable_type)).all()
    assert Customer.CLASS_NAME not in keys
    assert logged(session) == [("account_deleted", str(customer.id))]


def test_the_address_of_a_deleted_customer_can_be_used_again(client, session):
    customer = client.post("/customers", json=NEW).json()
    client.delete(f"/customers/{customer['id']}")
    assert client.post("/customers", json=NEW).status_code == 201


def test_what_a_customer_bought_stays_readable_after_the_deletion(client, session):
    customer = a_customer(session)
    service = a_service(session, customer=customer, status="hidden",
                        product_id=a_product(session, group=a_group(session)).id)  # fmt: skip
    client.delete(f"/customers/{customer.id}?force=1")
    item = client.get(f"/services/{service.id}?include=customer").json()
    assert item["customer"]["email"] == f"deleted-{customer.id}@clientxcms.com"
    assert session.get(Service, service.id) is not None


def test_a_customer_is_deleted_even_if_another_has_the_address_of_those_who_are(client, session):
    customer = a_customer(session)
    taken = f"deleted-{customer.id}@clientxcms.com"
    other = client.post("/customers", json={**NEW, "email": taken})
    assert other.status_code == 201
    assert client.delete(f"/customers/{customer.id}").status_code == 200
    email = fresh(session, customer).email
    assert email != taken
    assert email.startswith(f"deleted-{customer.id}-")
    assert client.get(f"/customers/{other.json()['id']}").json()["email"] == taken
