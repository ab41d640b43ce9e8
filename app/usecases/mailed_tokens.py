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
    """A new token for a customer, in place of earlier ones; None if one was issued just now.

    The caller holds the customer: whoever asks for the same one waits, and sees what was issued.
    """
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


def redeem(session: Session, token: str, purpose: str, now: datetime) -> Customer | None:
    """The customer whom a living token was mailed to. It works once, be it sent twice at once."""
    row = session.execute(
        delete(MailedToken)
        .where(
            MailedToken.token == hash_secret(token),
            MailedToken.purpose == purpose,
            MailedToken.expires_at > now,
        )
        .returning(MailedToken.customer_id)
    ).first()
    if row is None:
        return None
    customer = session.get(Customer, row.customer_id)
    return customer if customer is not None and customer.deleted_at is None else None


def withdraw(session: Session, customer: Customer, *purposes: str) -> None:
    """Let no token of a customer work any more that was mailed for one of the purposes."""
    session.execute(
        delete(MailedToken).where(
            MailedToken.customer_id == customer.id, MailedToken.purpose.in_(purposes)
        )
    )
