"""The files of deploy/ fit the server: its settings, its commands, its way to stop."""

import re
import ssl
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from app.cli.protocol import LAST_CALL
from app.settings import read_settings
from tests.needs import needs
from tests.nginx import nginx
from tests.processes import free_port
from tests.serving import served

pytestmark = pytest.mark.once

DEPLOY = Path(__file__).parent.parent / "deploy"
README = (DEPLOY.parent / "README.md").read_text()
SETTING = re.compile(r"\b([A-Z][A-Z_]+)=")


def text(name):
    return (DEPLOY / name).read_text()


def pairs(name):
    lines = text(name).splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")


@pytest.mark.parametrize("name", ["clientxcms.env", "Containerfile"])
def test_every_setting_is_one_of_the_server(name):
    found = {each for each in SETTING.findall(text(name)) if not each.startswith("PYTHON")}
    assert found
    assert {each for each in found if f"`{each}`" not in README} == set()


def test_the_settings_are_valid():
    assert read_settings(pairs("clientxcms.env")).public_url == "https://panel.example"
    assert not read_settings(pairs("clientxcms.env")).demo_data


def test_the_units_take_their_settings_from_the_file_that_commands_read():
    for name in ("clientxcms.service", "clientxcms-mail.service"):
        assert pairs(name)["EnvironmentFile"] == "/etc/clientxcms.env"
        assert "Environment" not in pairs(name)
    assert "</etc/clientxcms.env" in text("clientxcms")


def test_the_units_start_commands_that_there_are_and_let_them_end():
    for name in ("clientxcms.service", "clientxcms-mail.service"):
        command = re.search(r"clientxcms:[a-z-]+", pairs(name)["ExecStart"])[0]
        assert command in README + text("Containerfile")
    assert int(pairs("clientxcms.service")["TimeoutStopSec"]) > LAST_CALL


@pytest.fixture
@needs("nginx", "openssl")
def proxy(tmp_path):
    """nginx with our file, before two ports: its own address, and the ports."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=panel.example", "-addext", "subjectAltName=DNS:panel.example",
         "-keyout", tmp_path / "key", "-out", tmp_path / "pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    port, first, second = free_port(), free_port(), free_port()
    ours = text("nginx.conf")
    for old, new in (
        ("/etc/ssl/panel.example.pem", tmp_path / "pem"), (" 443 ", f" 127.0.0.1:{port} "),
        ("/etc/ssl/private/panel.example.key", tmp_path / "key"),
        ("127.0.0.1:8000", f"127.0.0.1:{first}"), ("127.0.0.1:8001", f"127.0.0.1:{second}"),
    ):  # fmt: skip
        assert old in ours
        ours = ours.replace(old, str(new))
    with nginx(tmp_path, port, ours):
        yield port, first, second


def through(port, folder, path, key, **headers):
    """The answer to a request through the proxy, by its name."""
    context = ssl.create_default_context(cafile=folder / "pem")
    headers = {"Host": "panel.example", "Authorization": f"Bearer {key}", **headers}
    with httpx.Client(verify=context, headers=headers) as http:
        return http.get(
            f"https://127.0.0.1:{port}{path}", extensions={"sni_hostname": "panel.example"}
        )


def test_the_proxy_tells_the_server_what_it_has_to_know(tmp_path, proxy):
    port, first, second = proxy
    with served(tmp_path, PORT=str(first), METRICS_TOKEN="x" * 20) as process:
        answer = through(port, tmp_path, "/api/application/products", process.key)
        assert answer.status_code == 200
        assert answer.json()["first_page_url"].startswith("https://panel.example/api/")
        assert "strict-transport-security" in answer.headers
        (line,) = process.logged(answer.headers["x-request-id"])
        assert line["client"] == "127.0.0.1"
        assert through(port, tmp_path, "/metrics", "x" * 20).status_code == 404
        (tmp_path / "second").mkdir()
        with served(tmp_path / "second", PORT=str(second), DATABASE_URL=process.database_url):
            process.stop()
            for _ in range(20):
                answer = through(port, tmp_path, "/api/application/products", process.key)
                assert answer.status_code == 200
                time.sleep(0.02)
