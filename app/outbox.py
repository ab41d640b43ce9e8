"""Empty the outbox: take each message, send it, note that it is gone."""

import os
import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage as Mail
from email.policy import SMTP
from pathlib import Path
from ssl import create_default_context
from urllib.parse import unquote, urlsplit

from sqlalchemy import Engine, select

from models import EmailMessage
from models.engine import unit_of_work

Send = Callable[[EmailMessage], None]

# Whoever takes a message has this long to send it, before somebody else tries.
LEASE = timedelta(minutes=15)
# How long to wait after the first failure; each further one doubles it.
PAUSE = timedelta(minutes=1)
ATTEMPTS = 12
# How long a mail server may take for an answer, in seconds.
PATIENCE = 30
# Nobody listens in between; a mail server here need not have a certificate.
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def deliver(engine: Engine, send: Send, clock: Callable[[], datetime]) -> tuple[int, int]:
    """Send all that is due. Returns how many messages went out, and how many did not.

    Several processes may do this at once: a message is taken by one of them. It is sent a second
    time only if its sender died between sending it and noting so; both have the same Message-ID.
    """
    sent = failed = 0
    while message := _take(engine, clock()):
        try:
            send(message)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            _put_back(engine, message, clock(), error)
            failed += 1
        else:
            _note_sent(engine, message, clock())
            sent += 1
    return sent, failed


def _take(engine: Engine, now: datetime) -> EmailMessage | None:
    with unit_of_work(engine, write=True) as session:
        message = session.scalars(
            select(EmailMessage)
            .where(
                EmailMessage.sent_at.is_(None),
                EmailMessage.due_at <= now,
                EmailMessage.attempts < ATTEMPTS,
            )
            .order_by(EmailMessage.due_at, EmailMessage.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if message is not None:
            message.attempts += 1
            message.due_at = now + LEASE
        return message


def _put_back(engine: Engine, message: EmailMessage, now: datetime, error: Exception) -> None:
    with unit_of_work(engine, write=True) as session:
        row = session.get(EmailMessage, message.id)
        if row is not None:
            row.due_at = now + PAUSE * 2 ** (row.attempts - 1)
            row.last_error = f"{type(error).__name__}: {error}"[:255]


def _note_sent(engine: Engine, message: EmailMessage, now: datetime) -> None:
    with unit_of_work(engine, write=True) as session:
        row = session.get(EmailMessage, message.id)
        if row is not None:
            row.sent_at, row.last_error = now, None


def sender(url: str, mail_from: str) -> Send:
    """The sender of an address: `file:///folder`, `smtp://user:password@host:port`, `smtps://`.

    TLS is used where a server offers it, with a certificate that this machine trusts. The
    password never goes out without TLS.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return lambda message: _write_file(Path(unquote(parts.path)), message, mail_from)
    return lambda message: _send_smtp(url, message, mail_from)


def as_mail(message: EmailMessage, mail_from: str) -> Mail:
    """A message in the form of RFC 5322."""
    mail = Mail(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = mail_from, message.recipient, message.subject
    mail["Date"] = message.created_at
    domain = mail_from.rpartition("@")[2].strip("> ")
    mail["Message-ID"] = f"<{message.id}.{message.created_at:%Y%m%d%H%M%S%f}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.content)
    mail["Content-Language"] = message.locale.replace("_", "-")
    return mail


def _write_file(folder: Path, message: EmailMessage, mail_from: str) -> None:
    # Links in mails open accounts. `parents=True` alone would give the mode to the last folder.
    for each in (*reversed(folder.parents), folder):
        each.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"{message.id:08}-{message.template}.eml"
    unfinished = target.with_suffix(".part")
    # One that a process left behind may have another mode.
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(as_mail(message, mail_from).as_bytes())
    unfinished.replace(target)


def _send_smtp(url: str, message: EmailMessage, mail_from: str) -> None:
    with connected(url) as server:
        server.send_message(as_mail(message, mail_from))


@contextmanager
def connected(url: str, *, patience: float = PATIENCE) -> Iterator[smtplib.SMTP]:
    """A connection to the mail server of an address, which knows who we are.

    Links in mails open accounts: whoever is sent them has to prove who it is (RFC 8314). Raises
    OSError, SMTPException, or ValueError if the password would go out without TLS; nobody waits
    longer than `patience` seconds for a reply.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "localhost", parts.port or 0
    with _opened(parts.scheme, host, port, patience) as server:
        server.ehlo()
        is_safe = parts.scheme == "smtps" or host in THIS_MACHINE
        if not is_safe and server.has_extn("starttls"):
            server.starttls(context=create_default_context())
            is_safe = True
        if parts.username:
            if not is_safe:
                raise ValueError(f"{host} offers no TLS, so it does not get the password")
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def _opened(scheme: str, host: str, port: int, patience: float) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=patience, context=create_default_context())
    return smtplib.SMTP(host, port, timeout=patience)
