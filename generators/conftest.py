"""One server with a demo shop, and one workshop."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import httpx
import pytest
from PIL import Image
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from generators.declared import DOCUMENT
from generators.workshop import Workshop
from tests.http import open_client, request
from tests.processes import labels, serving


class ByGenerator(LoadScopeScheduling):
    """All tests of one generator in one process, so that its client is made and compiled once.

    `xdist_group` would say the same, but pytest 9 ignores the group that xdist 3.8 puts into names.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.rpartition("[")[2]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByGenerator:
    return ByGenerator(config, log)


@dataclass(frozen=True)
class Shop:
    """A server with a demo shop: the URL of its API, and a key that may do everything."""

    url: str
    key: str


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A server as a person starts it: clients meet its HTTP as well."""
    with serving(tmp_path_factory.mktemp("shop"), RATE_LIMIT="0") as (url, printed):
        yield Shop(f"{url}/api", labels(printed.read_text())["Token"])


@pytest.fixture(scope="session")
def api(shop: Shop) -> Iterator[httpx.Client]:
    """A client that no program has generated."""
    headers = {"Authorization": f"Bearer {shop.key}"}
    with open_client(f"{shop.url}/application", headers=headers) as api:
        yield api


@pytest.fixture(scope="session")
def document(shop: Shop) -> bytes:
    """The document as generators are given it."""
    answer = request("GET", f"{shop.url}{DOCUMENT}")
    assert answer.status_code == 200
    return answer.content


@pytest.fixture(scope="session")
def workshop(document: bytes, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A workshop with the document of the server."""
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    return Workshop(tmp_path_factory.mktemp("workshop"), document, picture.getvalue())
