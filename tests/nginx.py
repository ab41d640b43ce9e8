"""nginx, for tests of what stands behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

from tests.processes import is_open
from tests.waiting import wait_until


@contextmanager
def nginx(folder: Path, port: int, servers: str) -> Iterator[None]:
    """Run nginx with those servers, of which one listens at the port. Its files are in a folder."""
    temporary = "".join(
        f"{each}_temp_path {folder}/{each};"
        for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error;"
        f"events {{}} http {{ access_log off; {temporary} {servers} }}"
    )
    command = ["nginx", "-e", folder / "error", "-p", folder, "-c", folder / "nginx.conf"]
    with Popen(command) as process:
        wait_until(lambda: is_open(port))
        yield
        process.terminate()
