"""Customers: their data, their e-mail address, their password."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.usecases.contact_data import has_postal_codes, is_postal_code
from app.usecases.logs import log
from app.usecases.mail import post
from app.usecases.mailed_tokens import issue, redeem, withdraw
from app.usecases.passwords import hash_password
from models import Customer
from models.base import TAKEN, flush, is_taken
from models.customer import LOCALES
from models.errors import Conflict, Invalid
from models.mailed_token import CONFIRM, PASSWORD
from models.phone_number import COUNTRIES, e164
from models.sentence import Sentence, field, say


def create(
    session: Session, body: Mapping[str, Any], password_hash: str, *, site: str, now: datetime
) -> Customer:
    """A new customer. Who gets no password is mailed a link to choose one."""
    values = dict(body)
    password, verified = values.pop("password", None), values.pop("verified", None)
    customer = Customer(password=password_hash)
    _write(session, customer, values)
    if verified:
        _confirm(customer, now)
    if not password:
        _mail_link(session, customer, PASSWORD, "welcome", site, now)
    session.flush()
    return customer


def update(
    session: Session,
    customer: Customer,
    body: Mapping[str, Any],
    password_hash: str | None,
    *,
    by: int | None,
) -> None:
    """Write the fields of a body. Raises Invalid, naming every field that cannot be so."""
    values = dict(body)
    values.pop("verified", None)
    if values.pop("password", None):
        values["password"] = password_hash
    before, email = customer.balance, customer.email
    _write(session, customer, values)
    if customer.email != email:
        # What was mailed proves who reads the former address.
        withdraw(session, customer, CONFIRM, PASSWORD)
    elif "password" in values:
        withdraw(session, customer, PASSWORD)
    if customer.balance != before:
        old, new = f"{before:.2f}", f"{customer.balance:.2f}"
        log(session, "balance_changed", customer, by=by, old=old, new=new, reason="")
    session.flush()


def _write(session: Session, customer: Customer, values: Mapping[str, Any]) -> None:
    if "zipcode" in values:
        values = {**values, "zipcode": values["zipcode"] or ""}
    # What is there already may have been written by another program, by other rules. Clients that
    # send back all that they have read do not change it.
    values = {name: each for name, each in values.items() if each != getattr(customer, name)}
    with session.no_autoflush:
        errors = _errors(session, customer, values)
    if errors:
        raise Invalid({name: [field(name, reason)] for name, reason in errors.items()})
    customer.change(values)
    session.add(customer)
    flush(session)


def _errors(session: Session, customer: Customer, values: Mapping[str, Any]) -> dict[str, Sentence]:
    """What the contract cannot say of single fields that are to change."""
    errors: dict[str, Sentence] = {}
    for name, known in (("country", COUNTRIES), ("locale", LOCALES)):
        if name in values and values[name] not in known:
            errors[name] = say("must be one of {options}", options=", ".join(known))
    if values.get("balance", 0) < 0:
        errors["balance"] = say("must be at least {limit}", limit="0")
    country = values.get("country") or customer.country or "FR"
    if customer.id is None or not {"country", "zipcode"}.isdisjoint(values):
        zipcode = values.get("zipcode", customer.zipcode)
        if not zipcode and has_postal_codes(country):
            errors["zipcode"] = say("is required")
        elif zipcode and not is_postal_code(zipcode, country):
            said = say("must be a postal code of the country {country}", country=country)
            errors["zipcode"] = said
    if values.get("phone") is not None and e164(values["phone"], country) is None:
        errors["phone"] = say("must be a phone number")
    return errors | _taken(session, customer, values, country)


def _taken(
    session: Session, customer: Customer, values: Mapping[str, Any], country: str
) -> dict[str, Sentence]:
    """The fields that would repeat what another customer has."""
    same = {}
    number = e164(values.get("phone", customer.phone), country)
    # The same text may be another number in another country.
    if number is not None and not {"country", "phone"}.isdisjoint(values):
        same["phone"] = Customer.phone_e164 == number
    if "email" in values:
        same["email"] = Customer.email == values["email"]
    return {name: TAKEN for name, each in same.items() if is_taken(session, customer, each)}


def confirm(session: Session, customer: Customer, *, now: datetime, by: int | None) -> None:
    """Take a customer's e-mail address for confirmed. Raises Conflict if it is already."""
    _want_unconfirmed(customer)
    _confirm(customer, now)
    withdraw(session, customer, CONFIRM)
    log(session, "account_verified", customer, by=by)
    session.flush()


def _confirm(customer: Customer, now: datetime) -> None:
    customer.email_verified_at, customer.is_confirmed = now, True


def _want_unconfirmed(customer: Customer) -> None:
    if customer.is_confirmed:
        raise Conflict(say("The e-mail address of this customer is already confirmed."))


def resend_confirmation(session: Session, customer: Customer, *, site: str, now: datetime) -> None:
    """Mail a link that confirms the address. Raises Conflict if there is nothing to confirm."""
    _want_unconfirmed(customer)
    _mail_link(session, customer, CONFIRM, "confirm", site, now)


def send_password(session: Session, customer: Customer, *, site: str, now: datetime) -> None:
    """Mail a link that leads to a new password, unless one was mailed just now."""
    _mail_link(session, customer, PASSWORD, "password", site, now)


# Purpose of a token -> the page of `site` that takes it.
PAGES = {CONFIRM: "confirm-email", PASSWORD: "reset-password"}


def _mail_link(
    session: Session, customer: Customer, purpose: str, template: str, site: str, now: datetime
) -> None:
    token = issue(session, customer, purpose, now)
    if token is not None:
        link = f"{site}/{PAGES[purpose]}?token={token}"
        post(session, customer, template, now, link=link)
    session.flush()


def confirm_by_link(session: Session, token: str, *, now: datetime) -> bool:
    """Confirm the address that a token was mailed to. Returns whether the token still worked."""
    customer = redeem(session, token, CONFIRM, now)
    if customer is None:
        return False
    _confirm(customer, now)
    log(session, "account_verified", customer, by=None)
    return True


def reset_password_by_link(session: Session, token: str, password: str, *, now: datetime) -> bool:
    """Set the password of whom a token was mailed to. Returns whether the token still worked."""
    customer = redeem(session, token, PASSWORD, now)
    if customer is None:
        return False
    customer.password = hash_password(password)
    log(session, "password_reset", customer, by=None)
    return True
