"""How the server is started: what it prints about itself, and what it says of a wrong way."""

import subprocess
from signal import SIGINT
from subprocess import PIPE
from sys import executable

import pytest

from app import START, create_app
from app.settings import Settings, read_settings
from tests.databases import new_database
from tests.processes import ROOT, answers, command
from tests.test_commands import ended, run

pytestmark = pytest.mark.once


def first_lines(settings):
    """Start a server, ask it at the address that it prints, and stop it; the two lines about it."""
    settings = {**settings, "DEMO_DATA": "0"}
    with command("serve", settings=settings, stdout=PIPE, start_new_session=True) as started:
        lines = [started.stdout.readline().split() for _ in range(2)]
        url = lines[0][1]
        while not answers(url):
            assert started.poll() is None
        started.send_signal(SIGINT)
    assert [line[0] for line in lines] == ["Server:", "Documentation:"]
    assert lines[1][1] == f"{url}/api/documentation"
    return url


@pytest.mark.parametrize(
    ("host", "workers", "printed"),
    [("127.0.0.1", "2", "http://127.0.0.1:"), ("::", "1", "http://[::1]:")],
)
def test_the_address_that_is_printed_is_answered_at(tmp_path, host, workers, printed):
    settings = {"HOST": host, "PORT": "0", "WORKERS": workers}
    url = first_lines({**settings, "DATABASE_URL": new_database(tmp_path)})
    assert url.startswith(printed)


@pytest.mark.parametrize("host", ["::", "0.0.0.0", "0:0:0:0:0:0:0:0", "0"])
def test_the_printed_address_of_all_addresses_is_a_loopback_address(host):
    assert Settings(host=host).address in ("http://[::1]:8000", "http://127.0.0.1:8000")


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "panel.example", "[::1]"])
def test_other_addresses_are_printed_as_they_are(host):
    assert host in Settings(host=host).address


def test_a_key_comes_without_an_address_if_the_port_is_not_known(tmp_path):
    here = {"DATABASE_URL": new_database(tmp_path)}
    run("migrate", **here)
    run("create-admin", "ada@example.org", **here)
    key = ("create-api-key", "x", "ada@example.org")
    assert "Documentation:" not in run(*key, PORT="0", **here)
    assert "http://127.0.0.1:81/api/documentation" in run(*key, PORT="81", **here)


@pytest.mark.parametrize(
    ("variable", "setting"),
    [
        ("RATELIMIT", "RATE_LIMIT"), ("rate_limit", "RATE_LIMIT"), ("RATE-LIMIT", "RATE_LIMIT"),
        ("CLIENTXCMS_RATE_LIMIT", "RATE_LIMIT"), ("RATE_LIMT", "RATE_LIMIT"),
        ("WORKRES", "WORKERS"), ("WORKER", "WORKERS"), ("PROT", "PORT"), ("HOSTS", "HOST"),
        ("DATABASE_URI", "DATABASE_URL"), ("LOGLEVEL", "LOG_LEVEL"), ("DATADIR", "DATA_DIR"),
        ("DATABASE_REPLICA_URL", "DATABASE_REPLICA_URLS"), ("CORS_ORIGIN", "CORS_ORIGINS"),
    ],
)  # fmt: skip
def test_a_misspelt_setting_is_found(variable, setting):
    assert read_settings({variable: ""}).misspelt == ((variable, setting),)


def test_variables_of_other_programs_are_no_misspelt_settings():
    others = ["HOSTNAME", "HOSTTYPE", "HOME", "MAIL", "PATH", "LOGNAME", "DB_HOST", "REDIS_PORT",
              "XDG_DATA_DIRS", "DATABASE", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "FLASK_APP",
              "KUBERNETES_SERVICE_PORT", "SECRET_KEY", "PYTHONPATH", "RATE_LIMIT"]  # fmt: skip
    assert read_settings(dict.fromkeys(others, "1")).misspelt == ()


@pytest.mark.parametrize("name", ["migrate", "check"])
def test_a_command_warns_of_a_misspelt_setting(tmp_path, name):
    settings = {"DATABASE_URL": new_database(tmp_path), "RATELIMIT": "0"}
    _, _, complaints = ended(name, settings=settings)
    assert complaints == "Warning: RATELIMIT is ignored; the setting is RATE_LIMIT.\n"


def test_the_check_warns_of_a_misspelt_setting(tmp_path):
    settings = {"DATABASE_URL": new_database(tmp_path), "RATELIMIT": "0"}
    _, printed, _ = ended("check", settings=settings)
    assert "RATELIMIT: is ignored; the setting is RATE_LIMIT" in printed


def test_flask_run_names_the_command_that_starts_the_server():
    flask = [executable, "-m", "flask", "--app", "app", "run", "--port", "0"]
    ended = subprocess.run(flask, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"Error: {START}\n")


def test_a_wsgi_server_answers_with_the_command_that_starts_the_server():
    client = create_app(Settings()).test_client()
    for path in ("/", "/api/application/products", "/api/documentation"):
        answer = client.get(path)
        assert (answer.status_code, answer.text) == (503, START)
        assert answer.content_type.startswith("text/plain")
