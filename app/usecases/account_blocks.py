"""Accounts that are suspended, banned, open again, or lose their second factor."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.usecases import services
from app.usecases.logs import log
from app.usecases.mail import post
from app.usecases.notes import remove_notes, write_notes
from models import Admin, Customer, Service
from models.service import ACTIVE, SUSPENDED

# Which notes a block leaves (core contract 7.3), and which message tells of it.
BLOCKS = {"suspended": "account_suspended", "banned": "account_banned"}
SECRETS_OF_2FA = ("2fa_secret", "2fa_recovery_codes")


def block(
    session: Session,
    customer: Customer,
    state: str,
    *,
    reason: str | None,
    force: bool,
    notify: bool,
    now: datetime,
    by: int,
) -> None:
    """Suspend or ban a customer. With `force`, what runs is suspended too; with `notify`, mail.

    `state` is a key of BLOCKS. Blocking twice keeps the latest reason.
    """
    admin = session.get_one(Admin, by)
    notes = {
        state: "true",
        f"{state}_reason": reason or "",
        f"{state}_at": f"{now:%d/%m/%Y %H:%M}",
        f"{state}_by": admin.username,
    }
    write_notes(session, customer, notes)
    if force:
        for service in services.of_customer(session, customer, Service.status == ACTIVE):
            services.suspend(session, service, reason=reason, notify=False, now=now, by=by)
    if notify:
        post(session, customer, BLOCKS[state], now, reason=reason)
    session.flush()


def reactivate(
    session: Session, customer: Customer, *, notify: bool, now: datetime, by: int
) -> None:
    """Lift every block; all suspended services of the customer run again."""
    suffixes = ("", "_reason", "_at", "_by")
    remove_notes(session, customer, [f"{state}{end}" for state in BLOCKS for end in suffixes])
    for service in services.of_customer(session, customer, Service.status == SUSPENDED):
        services.unsuspend(session, service, by=by)
    if notify:
        post(session, customer, "account_reactivated", now)
    session.flush()


def disable_2fa(session: Session, customer: Customer, *, by: int) -> None:
    """Let the customer in with the password alone."""
    remove_notes(session, customer, SECRETS_OF_2FA)
    customer.totp_secret = None
    log(session, "two_factor_disabled", customer, by=by)
    session.flush()
