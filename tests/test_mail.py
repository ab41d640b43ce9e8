"""E-mails leave the outbox once each, whoever empties it and whatever fails on the way."""

import os
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default as modern

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from app.outbox import ATTEMPTS, LEASE, PAUSE, deliver, sender
from app.usecases.mail import FOLDER, post
from models import EmailMessage
from tests.conftest import run as serve
from tests.factories import a_customer, a_key
from tests.http import request
from tests.processes import free_port
from tests.test_commands import run

FROM = "Ada's Hosting <noreply@panel.example>"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def posted(session, *, firstname="Ada", locale="fr_FR", template="confirm"):
    customer = a_customer(session, firstname=firstname, locale=locale)
    post(session, customer, template, NOW, link="https://panel.example/x?token=t")
    session.commit()
    return customer


def outbox(session):
    session.rollback()
    session.expire_all()
    return session.scalars(select(EmailMessage).order_by(EmailMessage.id)).all()


def written(folder):
    paths = sorted(folder.glob("*.eml"))
    return [message_from_bytes(path.read_bytes(), policy=modern) for path in paths]


@pytest.fixture
def to_files(tmp_path):
    return sender(f"file://{tmp_path}/mail", FROM)


def at(moment=NOW):
    return lambda: moment


def test_a_message_becomes_a_file_that_every_mail_program_opens(
    server, session, tmp_path, to_files
):
    customer = posted(session, firstname="Élodie")
    assert deliver(server.engine, to_files, at()) == (1, 0)
    (mail,) = written(tmp_path / "mail")
    assert mail["From"] == FROM
    assert mail["To"] == customer.email
    assert mail["Subject"] == "Merci de confirmer votre adresse e-mail"
    assert mail["Message-ID"].endswith("@panel.example>")
    assert mail["Content-Language"] == "fr-FR"
    assert "Bonjour Élodie," in mail.get_content()
    assert "https://panel.example/x?token=t" in mail.get_content()
    assert deliver(server.engine, to_files, at()) == (0, 0)


def test_only_the_user_of_the_server_can_read_files(server, session, tmp_path):
    (tmp_path / "there").mkdir(mode=0o755)
    for folder in ("mail/of/shop", "there"):
        posted(session)
        before = os.umask(0)
        try:
            assert deliver(server.engine, sender(f"file://{tmp_path}/{folder}", FROM), at()) == (
                1,
                0,
            )
        finally:
            os.umask(before)
        (path,) = (tmp_path / folder).iterdir()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "mail/of/shop").stat().st_mode) == 0o700
    # An administrator may have reasons for another mode.
    assert stat.S_IMODE((tmp_path / "there").stat().st_mode) == 0o755


def test_the_language_is_that_of_the_customer(session):
    for locale in ("fr_FR", "en_GB", "de_DE"):
        posted(session, locale=locale)
    assert [mail.content.split(",")[0] for mail in outbox(session)] == [
        "Bonjour Ada", "Hello Ada", "Hello Ada",
    ]  # fmt: skip


def test_both_languages_have_the_same_messages_and_fill_in_the_same():
    def blanks(path):
        return sorted(part.split("}}")[0] for part in path.read_text().split("{{")[1:])

    french, english = ({path.name: blanks(path) for path in (FOLDER / language).iterdir()}
                       for language in ("fr", "en"))  # fmt: skip
    assert french == english
    assert len(french) == 7


def test_a_name_cannot_add_lines_to_the_head(server, session, tmp_path, to_files):
    customer = a_customer(session, firstname="Ada\r\nBcc: eve@example.org")
    service = type("Service", (), {"name": "VPS\r\nBcc: eve@example.org"})
    post(session, customer, "service_suspended", NOW, service=service, reason=None)
    session.commit()
    assert deliver(server.engine, to_files, at()) == (1, 0)
    (mail,) = written(tmp_path / "mail")
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("Votre service VPS Bcc: eve@example.org")


def test_what_fails_is_tried_again_later_and_not_for_ever(server, session):
    posted(session)

    def broken(message):
        raise ConnectionRefusedError("nobody there")

    assert deliver(server.engine, broken, at()) == (0, 1)
    (mail,) = outbox(session)
    assert (mail.sent_at, mail.attempts) == (None, 1)
    assert mail.last_error == "ConnectionRefusedError: nobody there"
    assert deliver(server.engine, broken, at(NOW + PAUSE / 2)) == (0, 0)
    moment = NOW
    for _ in range(ATTEMPTS - 1):
        moment += timedelta(days=3)
        assert deliver(server.engine, broken, at(moment)) == (0, 1)
    assert deliver(server.engine, broken, at(moment + timedelta(days=3))) == (0, 0)


def test_one_that_cannot_be_sent_does_not_stop_the_others(server, session, tmp_path, to_files):
    first, second = posted(session), posted(session)

    def picky(message):
        if message.recipient == first.email:
            raise OSError("mailbox full")
        to_files(message)

    assert deliver(server.engine, picky, at()) == (1, 1)
    assert [mail["To"] for mail in written(tmp_path / "mail")] == [second.email]


def test_a_message_whose_sender_died_is_sent_by_another_with_the_same_id(
    server, session, tmp_path, to_files
):
    posted(session)

    def dying(message):
        to_files(message)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(server.engine, dying, at())
    (first,) = written(tmp_path / "mail")
    assert deliver(server.engine, to_files, at(NOW + LEASE / 2)) == (0, 0)
    assert deliver(server.engine, to_files, at(NOW + LEASE)) == (1, 0)
    (second,) = written(tmp_path / "mail")
    assert second["Message-ID"] == first["Message-ID"]


def test_several_at_once_send_each_message_once(server, session):
    for _ in range(20):
        posted(session)
    sent = []
    threads = [
        threading.Thread(target=deliver, args=(server.engine, sent.append, at())) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(message.id for message in sent) == [mail.id for mail in outbox(session)]


class Mailbox:
    """A real SMTP server that keeps what it gets."""

    def __init__(self):
        self.got = []

    async def handle_DATA(self, server, session, envelope):
        self.got.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


def test_a_message_goes_out_by_smtp(server, session):
    customer = posted(session)
    mailbox = Mailbox()
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        send = sender(f"smtp://127.0.0.1:{port}", FROM)
        assert deliver(server.engine, send, at()) == (1, 0)
    finally:
        controller.stop()
    ((mail_from, recipients, content),) = mailbox.got
    assert (mail_from, recipients) == ("noreply@panel.example", [customer.email])
    assert "Bonjour Ada," in message_from_bytes(content, policy=modern).get_content()


def test_the_command_delivers_what_the_api_promised(server, session, client, tmp_path):
    customer = a_customer(session)
    client.post(f"/customers/{customer.id}/resend_confirmation")
    here = {
        "DATABASE_URL": server.settings.database_url,
        "MAIL_URL": f"file://{tmp_path}/my%20mail",
        "MAIL_FROM": FROM,
    }
    assert run("deliver-mail", **here) == "Sent: 1. Failed: 0.\n"
    assert run("deliver-mail", **here) == "Sent: 0. Failed: 0.\n"
    (mail,) = written(tmp_path / "my mail")
    assert mail["To"] == customer.email


def test_a_message_and_the_change_it_tells_of_are_kept_together_or_not_at_all(client, session):
    customer = a_customer(session, is_confirmed=True)
    assert client.post(f"/customers/{customer.id}/resend_confirmation").status_code == 409
    body = {"email": "x", "firstname": "Ada"}
    assert client.post("/customers", json=body).status_code == 422
    assert outbox(session) == []


def test_links_begin_with_the_configured_address(server, session):
    customer = a_customer(session)
    settings = replace(server.settings, public_url="https://panel.example")
    for running in serve(settings):
        headers = {"Authorization": f"Bearer {a_key(session)}"}
        path = f"{running.url}/api/application/customers/{customer.id}/send_password"
        assert request("POST", path, headers=headers).status_code == 200
    (mail,) = outbox(session)
    assert "\nhttps://panel.example/reset-password?token=" in mail.content
