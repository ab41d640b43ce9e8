"""API10:2023, unsafe consumption of APIs: mail servers, and images that people upload."""

import re
import socket
import ssl
import threading
from contextlib import suppress
from subprocess import run as run_command

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from app.outbox import deliver, sender
from tests.needs import needs
from tests.processes import free_port
from tests.test_mail import FROM, Mailbox, at, outbox, posted

# A loopback address that the sender does not take for this machine.
HOST = "127.0.0.2"
LOGIN = "panel:s3cret-word@"


@pytest.fixture(scope="module")
@needs("openssl")
def certificate(tmp_path_factory):
    """A certificate that nobody trusts, with its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    run_command(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=mail",
         "-addext", f"subjectAltName=IP:{HOST}", "-keyout", "key", "-out", "certificate"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def mail_server(certificate):
    """A function that starts a real mail server: with `starttls`, `smtps` or without TLS."""
    started = []

    def start(kind):
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate / "certificate", certificate / "key")
        passwords, mailbox = [], Mailbox()

        def check(server, session, envelope, mechanism, login):
            passwords.append(login)
            return AuthResult(success=True)

        controller = Controller(
            mailbox, hostname=HOST, port=free_port(), authenticator=check, auth_require_tls=False,
            tls_context=tls if kind == "starttls" else None,
            ssl_context=tls if kind == "smtps" else None,
        )  # fmt: skip
        started.append(controller)
        if kind == "smtps":
            # Its own look whether it has started would need a trusted certificate.
            address = (HOST, controller.port)
            controller._trigger_server = lambda: socket.create_connection(address).close()
        controller.start()
        scheme = "smtps" if kind == "smtps" else "smtp"
        return f"{scheme}://{LOGIN}{HOST}:{controller.port}", mailbox, passwords

    yield start
    for controller in started:
        controller.stop(no_assert=True)


@pytest.mark.parametrize("kind", ["starttls", "smtps", "none"])
def test_a_mail_server_that_proves_nothing_gets_neither_password_nor_mail(
    server, session, mail_server, kind
):
    posted(session)
    url, mailbox, passwords = mail_server(kind)
    assert deliver(server.engine, sender(url, FROM), at()) == (0, 1)
    assert (mailbox.got, passwords) == ([], [])
    (mail,) = outbox(session)
    assert mail.sent_at is None
    assert re.search("certificate verify failed|offers no TLS", mail.last_error)
    assert "s3cret-word" not in mail.last_error


@pytest.mark.parametrize("kind", ["starttls", "smtps"])
def test_one_whose_certificate_is_trusted_gets_both(
    server, session, mail_server, certificate, monkeypatch, kind
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate"))
    posted(session)
    url, mailbox, passwords = mail_server(kind)
    assert deliver(server.engine, sender(url, FROM), at()) == (1, 0)
    assert (len(mailbox.got), len(passwords)) == (1, 1)


HOSTILE = {
    "nothing": b"",
    "no SMTP": b"HTTP/1.1 200 OK\r\n\r\n<html>",
    "no digits": b"\xff\xfe\x00\r\n" * 10,
    "a line without end": b"220 " + b"x" * 1_000_000,
    "a refusal of many lines": b"554-"
    + b"\x1b[2J\r\n554-".join([b"no"] * 1000)
    + b"\r\n554 no\r\n",
    "another greeting": b"220 a\r\n" * 100,
    "temporary": b"421 \r\nX-Injected: 1\r\n",
    "a password asked for": b"220 a\r\n250-a\r\n250 AUTH LOGIN PLAIN\r\n334 UGFzc3dvcmQ6\r\n" * 3,
    "a number out of range": b"220 a\r\n250-a\r\n250 SIZE 99999999999999999999\r\n999 no\r\n",
}


@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE)
def test_whatever_a_mail_server_says_the_message_is_kept_and_the_reason_is_short(
    server, session, said
):
    posted(session)
    listener = socket.create_server(("127.0.0.1", 0))

    def talk():
        connection, _ = listener.accept()
        # Who is told too much hangs up.
        with connection, suppress(ConnectionError):
            connection.sendall(said)

    thread = threading.Thread(target=talk)
    thread.start()
    url = f"smtp://{LOGIN}127.0.0.1:{listener.getsockname()[1]}"
    assert deliver(server.engine, sender(url, FROM), at()) == (0, 1)
    thread.join()
    listener.close()
    (mail,) = outbox(session)
    assert mail.sent_at is None
    assert len(mail.last_error) <= 255
    assert mail.last_error.isprintable(), ascii(mail.last_error)
    assert "s3cret-word" not in mail.last_error
