"""What `clientxcms:check` says of an installation."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from models import PersonalAccessToken
from models.engine import make_engine
from models.migrate import upgrade
from tests.databases import new_database
from tests.factories import a_key, an_admin
from tests.processes import free_port
from tests.test_commands import ended

pytestmark = pytest.mark.needs("minutes")


class Mailbox:
    """A mail server that takes everything."""


@pytest.fixture
def mail_server():
    controller = Controller(Mailbox(), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
def engine(tmp_path):
    engine = make_engine(new_database(tmp_path))
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def good(tmp_path, engine, mail_server):
    """Settings of a server in production that has nothing to be said against it."""
    if engine.dialect.name == "sqlite":
        os.chmod(engine.url.database, 0o600)
    return {
        "DATABASE_URL": new_database(tmp_path), "DATA_DIR": str(tmp_path / "storage"),
        "PUBLIC_URL": "https://panel.example", "DEMO_DATA": "0", "MAIL_URL": mail_server,
        "MAIL_FROM": "Panel <noreply@panel.example>",
    }  # fmt: skip


def checked(*arguments, **settings):
    """The status of the command and its lines, as (level, subject, text)."""
    status, printed, complaints = ended("check", *arguments, settings=settings)
    assert complaints == ""
    *lines, total = printed.splitlines()
    found = [(*line.split(None, 1)[:1], *line.split(None, 1)[1].split(": ", 1)) for line in lines]
    assert total.startswith(f"{sum(level == 'error' for level, *_ in found)} errors, ")
    return status, found


def of(found, level):
    return {subject: text for each, subject, text in found if each == level}


def test_a_good_installation_is_found_good(good, tmp_path):
    before = sorted(tmp_path.iterdir())
    status, found = checked("--strict", **good)
    assert (status, of(found, "warning"), of(found, "error")) == (0, {}, {})
    assert {"settings", "database", "clock", "outbox", "DATA_DIR", "mail"} <= {*of(found, "ok")}
    assert sorted(each for each in tmp_path.iterdir() if "shop" not in each.name) == [
        each for each in before if "shop" not in each.name
    ]


@pytest.mark.once
@pytest.mark.parametrize(
    "unsafe",
    [
        {"DEMO_DATA": "1", "HOST": "0.0.0.0", "PUBLIC_URL": "", "RATE_LIMIT": "0",
         "WRONG_KEY_LIMIT": "0", "CORS_ORIGINS": "*", "MAIL_FROM": "x@localhost"},
        {"HOST": "::", "PUBLIC_URL": "http://panel.example"},
    ],
)  # fmt: skip
def test_unsafe_settings_are_warnings(good, unsafe):
    status, found = checked(**{**good, **unsafe})
    assert (status, set(of(found, "warning"))) == (0, set(unsafe))
    assert checked("--strict", **{**good, **unsafe})[0] == 1


@pytest.mark.once
def test_mail_that_goes_into_files_is_a_warning(good, tmp_path):
    status, found = checked(**{**good, "MAIL_URL": f"file://{tmp_path}/mail"})
    assert (status, set(of(found, "warning"))) == (0, {"mail"})


@pytest.mark.once
def test_a_database_that_is_not_there_is_an_error_and_is_not_made(good, tmp_path):
    status, found = checked(**{**good, "DATABASE_URL": f"sqlite:///{tmp_path}/nothing/x.db"})
    assert status == 1
    assert "clientxcms:migrate" in of(found, "error")["database"]
    assert not (tmp_path / "nothing").exists()


def test_a_database_that_is_not_migrated_is_an_error(good, engine):
    with Session(engine) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        session.commit()
    status, found = checked(**good)
    assert status == 1
    assert "clientxcms:migrate" in of(found, "error")["database"]


@pytest.mark.once
def test_a_database_that_does_not_answer_is_an_error_without_its_password(good):
    address = "postgresql://shop:hunter2hunter2@127.0.0.1:9/shop"
    status, found = checked(**{**good, "DATABASE_URL": address})
    assert status == 1
    assert "127.0.0.1" in of(found, "error")["database"]
    assert "hunter2" not in str(found)
    for each in ("migrate", "list-api-keys"):
        _, _, complaints = ended(each, settings={"DATABASE_URL": address})
        assert "127.0.0.1" in complaints
        assert "hunter2" not in complaints


@pytest.mark.once
def test_a_database_that_everybody_can_open_is_a_warning(good, tmp_path):
    address = f"sqlite:///{tmp_path}/open.db"
    engine = make_engine(address)
    upgrade(engine)
    engine.dispose()
    (tmp_path / "open.db").chmod(0o644)
    assert set(of(checked(**{**good, "DATABASE_URL": address})[1], "warning")) == {"database"}


def test_a_clock_that_was_set_back_is_an_error(good, engine):
    with Session(engine) as session:
        a_key(session)
        moment = datetime.now(UTC) + timedelta(hours=1)
        session.execute(update(PersonalAccessToken).values(last_used_at=moment))
        session.commit()
    status, found = checked(**good)
    assert (status, set(of(found, "error"))) == (1, {"clock"})


@pytest.mark.once
def test_a_folder_that_cannot_be_written_to_is_an_error(good):
    status, found = checked(**{**good, "DATA_DIR": "/proc/nothing"})
    assert (status, set(of(found, "error"))) == (1, {"DATA_DIR"})


@pytest.mark.once
def test_a_mail_server_that_is_not_there_is_an_error(good):
    status, found = checked(**{**good, "MAIL_URL": "smtp://shop:hunter2hunter2@127.0.0.1:9"})
    assert (status, set(of(found, "error"))) == (1, {"mail"})
    assert "hunter2" not in str(found)


def test_mail_that_waits_and_a_demo_administrator_are_warnings(good, engine):
    with Session(engine) as session:
        an_admin(session, email="admin@example.com")
        insert = text(
            "INSERT INTO email_messages (recipient, template, locale, subject, content, due_at,"
            " attempts, created_at, updated_at) VALUES ('a@example.org', 'x', 'en', 'x', 'x', :due,"
            " :attempts, :due, :due)"
        )
        for attempts in (0, 12):
            due = datetime.now(UTC) - timedelta(hours=1)
            session.execute(insert, {"due": due.replace(tzinfo=None), "attempts": attempts})
        session.commit()
    _, found = checked(**good)
    warnings = [(subject, text) for level, subject, text in found if level == "warning"]
    assert [subject for subject, _ in warnings] == ["outbox", "outbox", "administrators"]
