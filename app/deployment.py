"""What is wrong with an installation, or soon will be: settings, database, clock, disk, mail."""

import shutil
import smtplib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic, sleep
from typing import NamedTuple

from sqlalchemy import Engine, func, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.outbox import ATTEMPTS, connected
from app.settings import Settings
from app.usecases.demo import ADMIN_EMAIL
from models import Admin, EmailMessage, PersonalAccessToken
from models.engine import make_engine, unit_of_work
from models.errors import UnsupportedServer
from models.migrate import refusal
from models.replicas import LAG, PRIMARY, REPLICA

OK, WARNING, ERROR = "ok", "warning", "error"
MIGRATE = "Run: flask --app app clientxcms:migrate"
# Free space, in bytes: less is worth a look, and less than the other is trouble.
LITTLE, TOO_LITTLE = 2**30, 100 * 2**20
# How far clocks may be apart, and how long a message that is due may wait.
APART, LATE = timedelta(seconds=5), timedelta(minutes=15)


class Finding(NamedTuple):
    """What a check found: how bad it is, about what, and a sentence."""

    level: str
    subject: str
    text: str


Findings = Iterator[Finding]


def findings(settings: Settings) -> Findings:
    """All there is to say of an installation. Nothing is changed, and no secret is told."""
    checks: tuple[Callable[[Settings], Findings], ...] = (
        _settings, _database, _replicas, _folders, _mail,
    )  # fmt: skip
    for check in checks:
        yield from check(settings)


def _settings(settings: Settings) -> Findings:
    unsafe = {
        "DEMO_DATA": (settings.demo_data, "an empty database is filled with a demo shop; set 0"),
        "HOST": (settings.loopback, "anybody reaches the server, without TLS; listen on "
                 "127.0.0.1 behind a reverse proxy"),
        "PUBLIC_URL": (not settings.public_url.startswith("https://"), "is no https:// address; "
                       "links would say what a request claims to be for, or go without TLS"),
        "RATE_LIMIT": (not settings.rate_limit, "is 0: a key may make any number of requests"),
        "WRONG_KEY_LIMIT": (not settings.wrong_key_limit, "is 0: keys may be guessed at any speed"),
        "CORS_ORIGINS": ("*" in settings.cors_origins, "lets pages of all sites in"),
        "MAIL_FROM": ("localhost" in settings.mail_from, "has no address that can be answered"),
        "WORKERS": (settings.workers > 1 and settings.database_url.startswith("sqlite:"),
                    "SQLite has one writer at a time; several processes only help with reads"),
    }  # fmt: skip
    found = [Finding(WARNING, name, text) for name, (wrong, text) in unsafe.items() if wrong]
    found += [
        Finding(WARNING, name, f"is ignored; the setting is {setting}")
        for name, setting in settings.misspelt
    ]
    yield from found or [Finding(OK, "settings", "are those of a server in production")]


def _database(settings: Settings) -> Findings:
    address = make_url(settings.database_url)
    shown = address.render_as_string(hide_password=True)
    if address.get_backend_name() == "sqlite":
        file = Path(address.database or "")
        if not file.is_file():
            yield Finding(ERROR, "database", f"{shown} does not exist. {MIGRATE}")
            return
        if file.stat().st_mode & 0o007:
            text = f"{file} can be opened by everybody on this machine; chmod o= {file}"
            yield Finding(WARNING, "database", text)
    try:
        engine = make_engine(settings.database_url)
        try:
            yield from _contents(engine, shown)
        finally:
            engine.dispose()
    except (DBAPIError, OSError) as error:
        yield Finding(ERROR, "database", f"{shown} cannot be used: {_reason(error)}")
    except UnsupportedServer as error:
        yield Finding(ERROR, "database", f"{shown} cannot be used. {error}")


def _reason(error: Exception) -> str:
    """What a driver says, on its first line; the others may hold an address."""
    return str(getattr(error, "orig", error)).strip().partition("\n")[0]


def _replicas(settings: Settings) -> Findings:
    """Replicas that are not read from are a warning: the primary answers."""
    for url in settings.database_replica_urls:
        shown = make_url(url).render_as_string(hide_password=True)
        primary, replica = make_engine(settings.database_url), make_engine(url)
        try:
            trouble = _trouble(primary, replica)
        except (DBAPIError, OSError) as error:
            trouble = f"cannot be used: {_reason(error)}"
        finally:
            primary.dispose()
            replica.dispose()
        if trouble:
            yield Finding(WARNING, "replica", f"{shown} {trouble}")
        else:
            yield Finding(OK, "replica", f"{shown} answers and is up to date")


def _trouble(primary: Engine, replica: Engine) -> str | None:
    """Why a replica cannot be read from. Raises DBAPIError."""
    with primary.connect() as connection:
        *copied, _, flushed = connection.exec_driver_sql(f"SELECT {', '.join(PRIMARY)}").one()
    end = monotonic() + LAG
    with replica.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        query = f"SELECT {', '.join(REPLICA)}"
        *identity, recovers, replayed = connection.exec_driver_sql(query).one()
        if identity != copied or not recovers:
            return "is no replica of DATABASE_URL"
        if reason := refusal(replica):
            return f"is not used: {reason}"
        while replayed < flushed:
            if monotonic() > end:
                return f"is more than {LAG} s behind"
            sleep(0.1)
            replayed = connection.exec_driver_sql(query).one()[-1]
    return None


def _contents(engine: Engine, shown: str) -> Findings:
    if reason := refusal(engine):
        yield Finding(ERROR, "database", f"{shown}: {reason}")
        return
    yield Finding(OK, "database", f"{shown} answers and is migrated")
    with unit_of_work(engine, write=False) as session:
        yield from _clock(session, engine.dialect.name)
        yield from _outbox(session)
        if session.scalar(select(Admin.id).where(Admin.email == ADMIN_EMAIL)):
            text = f"{ADMIN_EMAIL} of the demo shop is an administrator here"
            yield Finding(WARNING, "administrators", text)


def _clock(session: Session, dialect: str) -> Findings:
    """Keys expire by this clock, and what was written shows when it was set back."""
    now = datetime.now(UTC)
    if dialect != "sqlite":
        told = session.execute(select(func.now())).scalar_one()
        # Sessions of MariaDB are in UTC, and do not say so.
        apart = abs((told if told.tzinfo else told.replace(tzinfo=UTC)) - now)
        if apart > APART:
            text = f"is {round(apart.total_seconds())} s apart from that of the database"
            yield Finding(ERROR, "clock", text)
            return
    newest = (PersonalAccessToken.last_used_at, EmailMessage.created_at)
    written = [moment for each in newest if (moment := session.scalar(select(func.max(each))))]
    if written and max(written) - now > APART:
        text = f"says {now:%Y-%m-%d %H:%M:%S} UTC, but the database knows of {max(written)}"
        yield Finding(ERROR, "clock", text)
    else:
        yield Finding(OK, "clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _outbox(session: Session) -> Findings:
    late = datetime.now(UTC) - LATE
    waiting = select(func.count()).select_from(EmailMessage).where(EmailMessage.sent_at.is_(None))
    overdue = session.scalar(
        waiting.where(EmailMessage.due_at < late, EmailMessage.attempts < ATTEMPTS)
    )
    given_up = session.scalar(waiting.where(EmailMessage.attempts >= ATTEMPTS))
    if overdue:
        text = f"{overdue} e-mails wait; is clientxcms:deliver-mail --watch running?"
        yield Finding(WARNING, "outbox", text)
    if given_up:
        yield Finding(WARNING, "outbox", f"{given_up} e-mails could not be sent and are given up")
    if not overdue and not given_up:
        yield Finding(OK, "outbox", "nothing waits")


def _folders(settings: Settings) -> Findings:
    address = make_url(settings.database_url)
    folders = {"DATA_DIR": settings.data}
    if address.get_backend_name() == "sqlite":
        folders["database"] = Path(address.database or "").absolute().parent
    for subject, folder in folders.items():
        there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        free = shutil.disk_usage(there).free
        level = ERROR if free < TOO_LITTLE else WARNING if free < LITTLE else OK
        yield Finding(level, subject, f"{folder}: {free // 2**20:,} MB free")
        try:
            with TemporaryFile(dir=there):
                pass
        except OSError as error:
            yield Finding(ERROR, subject, f"{folder} cannot be written to: {error.strerror}")


def _mail(settings: Settings) -> Findings:
    if settings.mail_url.startswith("file:"):
        yield Finding(WARNING, "mail", "e-mails are written to files and go to nobody: MAIL_URL")
        return
    try:
        with connected(settings.mail_url, patience=5) as server:
            server.noop()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        yield Finding(ERROR, "mail", f"no mail is taken: {_one_line(error)}")
    else:
        yield Finding(OK, "mail", "the server takes mail")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
