"""Commands and servers as processes of their own, started as a person starts them."""

import atexit
import os
import socket
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from signal import SIGINT, SIGKILL
from subprocess import STDOUT, Popen
from sys import executable

import httpx

from tests.databases import new_database
from tests.http import request
from tests.settings import UNHURRIED
from tests.waiting import wait_until

ROOT = Path(__file__).parent.parent
# Ports that are held until this process ends.
_holders = ExitStack()
atexit.register(_holders.close)


def command(name, *arguments, settings, prefix=(), **options):
    """A started command. It sees the settings of the test and none of who runs the test, whose own
    server may have the port that is the default.

    `prefix` is a program with arguments that starts it.
    """
    environment = {"PATH": os.environ["PATH"], "PORT": "0", "MAX_WAIT": str(UNHURRIED), **settings}
    return Popen(
        [*prefix, executable, "-m", "flask", "--app", "app", f"clientxcms:{name}", *arguments],
        cwd=ROOT, env=environment, text=True, **options,
    )  # fmt: skip


def children(pid):
    """The numbers of the processes that a process has started and that have not ended."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory(pid):
    """The resident memory of a process, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def free_port():
    """A port to listen at, which nobody else is given until this process ends.

    Linux lets a server have the port of a socket that does not listen, if both may reuse it.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _holders.enter_context(holder)
    return holder.getsockname()[1]


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until_it_listens(started, port, printed):
    """Wait for a server that was started. Fails with what it has printed if it ends instead."""

    def listens():
        assert started.poll() is None, printed.read_text()
        return is_open(port)

    wait_until(listens, seconds=60)


@contextmanager
def until_it_answers(started, url, printed):
    """Wait for a server that was started, and let none of its processes be left in the end."""
    try:
        while not answers(url):
            assert started.poll() is None, printed.read_text()
            time.sleep(0.05)
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.pid, SIGKILL)


@contextmanager
def serving(folder, **settings):
    """A server that answers: its address, and the file that holds what it has printed."""
    with started_server(folder, **settings) as (url, printed, _):
        yield url, printed


@contextmanager
def started_server(folder, **settings):
    """The same, and its process."""
    port = free_port()
    settings = {
        "DATABASE_URL": new_database(folder),
        "DATA_DIR": str(folder / "storage"),
        "LOG_LEVEL": "warning",
        **settings,
    }
    url, file = f"http://127.0.0.1:{port}", folder / "printed"
    with (
        file.open("w") as printed,
        command("serve", settings={"PORT": str(port), **settings}, stdout=printed, stderr=STDOUT,
                start_new_session=True) as started,
        until_it_answers(started, url, file),
    ):  # fmt: skip
        yield url, file, started
        started.send_signal(SIGINT)
        assert started.wait(timeout=60) == 0


def answers(url):
    with suppress(httpx.TransportError):
        return request("GET", f"{url}/api/application/health").status_code == 401


def labels(printed):
    pairs = (line.split(": ", 1) for line in printed.splitlines() if ": " in line)
    return {name: text.strip() for name, text in pairs}
