"""Tokens in mailed links, which prove that somebody reads a customer's e-mail."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import Customer, MailedToken
from models.personal_access_token import hash_secret

# How long a link works, and how soon another one is mailed (extended contract 10).
LIFETIME = timedelta(minutes=60)
PAUSE = timedelta(seconds=60)


def issue(session: Session, customer: Customer, purpose: str, now: datetime) -> str | None:
    """A new token for a customer, in place of earlier ones; None if one was issued just now."""
    earlier = (MailedToken.customer_id == customer.id, MailedToken.purpose == purpose)
    latest = session.scalars(
        select(MailedToken.expires_at).where(*earlier).order_by(MailedToken.id.desc())
    ).first()
    if latest is not None and latest - LIFETIME + PAUSE > now:
        return None
    session.execute(delete(MailedToken).where(*earlier))
    token = secrets.token_urlsafe(32)
    session.add(
        MailedToken(
            customer_id=customer.id,
            purpose=purpose,
            token=hash_secret(token),
            expires_at=now + LIFETIME,
        )
    )
    return token


def holder(session: Session, token: str, purpose: str, now: datetime) -> Customer | None:
    """The customer whom a living token was mailed to."""
    customer: Customer | None = session.scalars(
        select(Customer)
        .join(MailedToken, MailedToken.customer_id == Customer.id)
        .where(
            MailedToken.token == hash_secret(token),
            MailedToken.purpose == purpose,
            MailedToken.expires_at > now,
            Customer.deleted_at.is_(None),
        )
    ).first()
    return customer


def use_up(session: Session, customer: Customer, purpose: str) -> None:
    """Let no token of that purpose work any more."""
    session.execute(
        delete(MailedToken).where(
            MailedToken.customer_id == customer.id, MailedToken.purpose == purpose
        )
    )
