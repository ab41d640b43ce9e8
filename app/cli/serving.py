"""Starting the server: what is checked, prepared and said before it listens."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import click
import uvicorn
from sqlalchemy import Engine, select

from app.cli.contract import contract
from app.cli.database import fail, opened
from app.cli.listening import LOOP
from app.cli.protocol import LAST_CALL, Protocol
from app.cli.workers import serve_with_workers
from app.monitoring.logs import log_to_standard_error
from app.settings import Settings
from app.usecases.api_keys import create_api_key
from app.usecases.demo import ADMIN_EMAIL, load_demo
from models import Admin
from models.engine import unit_of_work
from models.migrate import refusal, state_of, upgrade


def start(settings: Settings) -> None:
    """Serve until stopped, an empty database with its tables. Ends with one line if it cannot.

    A database with rows is migrated only by who asks for it: that is the moment for a backup.
    """
    contract()
    settings = replace(settings, port=free_port(settings))
    with opened(settings) as engine:
        if state_of(engine) == "empty":
            upgrade(engine)
        if reason := refusal(engine):
            fail(reason)
        if settings.demo_data:
            fill(engine)
    click.echo(f"Server:        {settings.address}")
    click.echo(f"Documentation: {settings.address}/api/documentation")
    log_to_standard_error(settings.log_level)
    options: dict[str, Any] = {
        "log_level": "warning",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "loop": LOOP,
        # Ours knows more of them: app/pipeline/proxies.py.
        "proxy_headers": False,
        "http": Protocol,
        "ws": "none",
        "timeout_graceful_shutdown": LAST_CALL,
    }
    if settings.workers > 1:
        with shared_folder() as folder:
            serve_with_workers(counting_together(settings, folder), options)
    else:
        options |= {"factory": True, "host": settings.host, "port": settings.port}
        uvicorn.run("app.server:create_process", **options)


@contextmanager
def shared_folder() -> Iterator[Path]:
    """A new folder that is gone when this process ends, but not when one ends that it forked."""
    owner, folder = os.getpid(), Path(mkdtemp(prefix="clientxcms-"))
    try:
        yield folder
    finally:
        if os.getpid() == owner:
            shutil.rmtree(folder)


def counting_together(settings: Settings, folder: Path) -> Settings:
    """The same settings for several processes that count in files of a folder."""
    metrics = folder / "metrics"
    metrics.mkdir()
    limits = settings.limits_url or f"file://{folder}/limits"
    return replace(settings, metrics_folder=metrics, limits_url=limits)


def free_port(settings: Settings) -> int:
    """Return the port to listen on, which the system chooses if PORT is 0.

    Ends with one line if another program has the port.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            fail(f"Cannot listen on {settings.address}: {error.strerror}. Set another PORT.")
        port: int = probe.getsockname()[1]
    return port


def has_admin(engine: Engine) -> bool:
    """Whether somebody has set this installation up already."""
    with unit_of_work(engine, write=False) as session:
        return session.scalar(select(Admin.id).limit(1)) is not None


def fill(engine: Engine) -> None:
    """Fill an empty database with a demo shop and print a key for it."""
    if has_admin(engine):
        return
    now = datetime.now(UTC)
    with unit_of_work(engine, write=True) as session:
        load_demo(session, now=now)
        session.flush()
        owner = session.query(Admin).filter_by(email=ADMIN_EMAIL).one()
        _, token = create_api_key(
            session, name="Demo", owner=owner, abilities=["*"], expires_at=None, now=now
        )
    click.echo("A demo shop was created. Its API key is shown this once:")
    click.echo(f"Token:         {token}")
