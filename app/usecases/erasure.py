"""What is left of a customer who is deleted: nothing that names a person, but for the name."""

from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.usecases import services
from app.usecases.invoices import detach_invoices, pending_invoices
from app.usecases.logs import log
from app.usecases.notes import remove_notes
from models import (
    ActionLog,
    Customer,
    EmailMessage,
    KeptAnswer,
    MailedToken,
    PersonalAccessToken,
    Service,
)
from models.base import is_taken
from models.errors import Conflict
from models.sentence import say
from models.service import ACTIVE, CANCELLED, HIDDEN, PENDING, SUSPENDED

# What answers about new customers are kept as.
CREATED = "customers.create"
LIVE = frozenset({ACTIVE, PENDING, SUSPENDED})


def erase(
    session: Session, customer: Customer, *, force: bool, now: datetime, by: int | None
) -> None:
    """Delete a customer and take the personal data away (core contract 7.6).

    Raises Conflict while services run or invoices are unpaid, unless `force`.
    """
    owned = services.of_customer(session, customer)
    if not force:
        _want_nothing_open(session, customer, owned)
    email, name = customer.email, f"{customer.firstname} {customer.lastname}"
    for service in owned:
        _end(session, service, now, by)
    detach_invoices(session, customer.id)
    _forget(session, customer)
    log(session, "account_deleted", customer, by=by, email=email, name=name)
    customer.change({**_anonymous(now), "email": _free_email(session, customer)})
    session.flush()


def _want_nothing_open(session: Session, customer: Customer, owned: list[Service]) -> None:
    live = {
        str(service.id): service.name
        for service in owned
        if service.status in LIVE and not service.is_scheduled_for_cancellation
    }
    invoices = pending_invoices(session, customer.id)
    reasons: dict[str, Any] = {}
    if live:
        reasons["active_services"] = {"count": len(live), "services": live}
    if invoices:
        reasons["pending_invoices"] = {"count": len(invoices), "invoices": invoices}
    if reasons:
        reason = say("The customer still has services or unpaid invoices. End them, or use force.")
        raise Conflict(reason, error=reason, blocking_reasons=reasons)


def _end(session: Session, service: Service, now: datetime, by: int | None) -> None:
    if service.is_scheduled_for_cancellation:
        if service.status in LIVE:
            services.cancel(session, service, reason=None, now=now, by=by)
        service.is_cancelled = service.status == CANCELLED
        service.cancelled_at = now
        done = f"Cancelled on {now:%d/%m/%Y}."
        service.notes = f"{service.notes}\n{done}" if service.notes else done
    if service.status != HIDDEN:
        services.delete(session, service, now)


def _forget(session: Session, customer: Customer) -> None:
    """Remove what else is kept of a customer."""
    remove_notes(session, customer)
    session.execute(delete(ActionLog).where(ActionLog.customer_id == customer.id))
    session.execute(delete(EmailMessage).where(EmailMessage.recipient_id == customer.id))
    session.execute(delete(MailedToken).where(MailedToken.customer_id == customer.id))
    session.execute(
        delete(KeptAnswer).where(
            KeptAnswer.operation == CREATED, KeptAnswer.created_id == customer.id
        )
    )
    session.execute(
        delete(PersonalAccessToken).where(
            PersonalAccessToken.tokenable_type == Customer.CLASS_NAME,
            PersonalAccessToken.tokenable_id == customer.id,
        )
    )


def _free_email(session: Session, customer: Customer) -> str:
    """An e-mail address that names nobody, and that no other customer has."""
    email = f"deleted-{customer.id}@clientxcms.com"
    # Anybody may have called himself so.
    with session.no_autoflush:
        is_free = not is_taken(session, customer, Customer.email == email)
    return email if is_free else f"deleted-{customer.id}-{token_hex(8)}@clientxcms.com"


def _anonymous(now: datetime) -> dict[str, Any]:
    """What is written over personal data. First and last name are kept."""
    return {
        "address": "Deleted",
        "address2": None,
        "city": "Deleted",
        "region": "Deleted",
        "country": "Deleted",
        "zipcode": "00000",
        "locale": "en",
        "phone": None,
        "company_name": None,
        "billing_details": None,
        "avatar_path": None,
        "email_verified_at": None,
        "is_confirmed": False,
        "balance": 0,
        "password": None,
        "remember_token": None,
        "confirmation_token": None,
        "totp_secret": None,
        "security_question_id": None,
        "security_answer": None,
        "last_ip": None,
        "notes": None,
        "deleted_at": now,
    }
