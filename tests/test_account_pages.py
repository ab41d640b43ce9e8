"""The pages that mailed links lead to."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from models import Customer, EmailMessage, MailedToken
from tests.factories import a_customer
from tests.http import request


@pytest.fixture
def customer(session):
    return a_customer(session, email="ada@example.org", locale="en_GB")


def link(client, session, customer, action):
    """The link that an operation has mailed to a customer."""
    client.post(f"/customers/{customer.id}/{action}")
    session.rollback()
    mail = session.scalars(select(EmailMessage).order_by(EmailMessage.id.desc())).first()
    return re.search(r"http\S+", mail.content)[0]


def fresh(session, customer):
    session.rollback()
    session.expire_all()
    return session.get(Customer, customer.id)


def pressed(address, **fields):
    """Open a page, and send its form with what it holds and what is filled in."""
    page = request("GET", address)
    token = re.search(r'name="token" value="([^"]*)"', page.text)[1]
    return request("POST", address.partition("?")[0], data={"token": token, **fields})


def test_only_the_button_confirms_the_address_not_the_link(client, session, customer):
    address = link(client, session, customer, "resend_confirmation")
    page = request("GET", address)
    assert page.status_code == 200
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert fresh(session, customer).is_confirmed is False
    assert "is confirmed" in pressed(address).text
    assert fresh(session, customer).is_confirmed is True
    assert fresh(session, customer).email_verified_at is not None
    assert pressed(address).status_code == 410


def test_a_password_is_set_once(client, session, customer):
    address = link(client, session, customer, "send_password")
    assert pressed(address, password="correct horse").status_code == 200
    assert PasswordHasher().verify(fresh(session, customer).password, "correct horse")
    assert pressed(address, password="another horse").status_code == 410
    assert PasswordHasher().verify(fresh(session, customer).password, "correct horse")


@pytest.mark.parametrize("password", ["", "short", "x" * 256])
def test_a_password_that_is_too_short_or_too_long_can_be_corrected(
    client, session, customer, password
):
    address = link(client, session, customer, "send_password")
    answer = pressed(address, password=password)
    assert answer.status_code == 422
    assert "8 to 255" in answer.text
    assert pressed(address, password="correct horse").status_code == 200


@pytest.mark.parametrize("page", ["confirm-email", "reset-password"])
@pytest.mark.parametrize("token", ["", "wrong", "\x00", "é", "x" * 10_000, "<script>"])
def test_a_wrong_token_opens_nothing(server, session, page, token):
    address = f"{server.url}/{page}"
    shown = request("GET", address, params={"token": token})
    assert shown.status_code == 200
    assert "<script>" not in shown.text
    body = {"token": token, "password": "correct horse"}
    assert request("POST", address, data=body).status_code == 410


def test_a_link_is_for_its_purpose_only(client, session, customer):
    address = link(client, session, customer, "resend_confirmation")
    other = address.replace("confirm-email", "reset-password")
    assert pressed(other, password="correct horse").status_code == 410


def test_a_link_ends_after_an_hour(client, session, customer):
    address = link(client, session, customer, "send_password")
    token = session.scalars(select(MailedToken)).one()
    assert timedelta(minutes=59) < token.expires_at - datetime.now(UTC) <= timedelta(hours=1)
    token.expires_at = datetime.now(UTC)
    session.commit()
    assert pressed(address, password="correct horse").status_code == 410


def test_a_newer_link_takes_the_place_of_the_older_one(client, session, customer):
    first = link(client, session, customer, "send_password")
    token = session.scalars(select(MailedToken)).one()
    token.expires_at -= timedelta(minutes=2)
    session.commit()
    second = link(client, session, customer, "send_password")
    assert first != second
    assert pressed(first, password="correct horse").status_code == 410
    assert pressed(second, password="correct horse").status_code == 200


def test_only_a_hash_of_the_token_is_kept(client, session, customer):
    address = link(client, session, customer, "send_password")
    token = session.scalars(select(MailedToken)).one()
    assert token.token not in address
    assert re.fullmatch(r"[0-9a-f]{64}", token.token)


def test_the_pages_speak_french_too(server):
    page = request("GET", f"{server.url}/reset-password", headers={"Accept-Language": "fr"})
    assert page.headers["content-language"] == "fr"
    assert "mot de passe" in page.text


@pytest.mark.parametrize("action", ["resend_confirmation", "send_password"])
def test_a_link_that_was_mailed_to_a_former_address_opens_nothing(
    client, session, customer, action
):
    address = link(client, session, customer, action)
    changed = client.post(f"/customers/{customer.id}", json={"email": "eve@example.org"})
    assert changed.status_code == 200
    assert pressed(address, password="correct horse").status_code == 410
    assert fresh(session, customer).is_confirmed is False


def test_a_new_password_ends_the_link_to_another_but_other_changes_do_not(
    client, session, customer
):
    address = link(client, session, customer, "send_password")
    for body in ({"city": "Lille"}, {"email": customer.email}, {"password": None}):
        assert client.post(f"/customers/{customer.id}", json=body).status_code == 200
    session.rollback()
    assert len(session.scalars(select(MailedToken)).all()) == 1
    client.post(f"/customers/{customer.id}", json={"password": "a new password"})
    assert pressed(address, password="correct horse").status_code == 410


def test_a_link_that_is_followed_many_times_at_once_works_once(client, session, customer):
    address = link(client, session, customer, "send_password")

    def press(number):
        return pressed(address, password=f"correct horse {number}").status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(press, range(8)))
    assert statuses == [200] + [410] * 7
