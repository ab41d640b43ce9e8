"""One server with a demo shop, and one workshop."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from generators.declared import DOCUMENT
from generators.workshop import Workshop
from spec_tests.conftest import Target, with_demo
from tests.http import open_client
from tests.settings import unhurried


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server with a demo shop, and a key that may do everything."""
    yield from with_demo(unhurried(tmp_path_factory.mktemp("shop")))


@pytest.fixture(scope="session")
def api(shop: Target) -> Iterator[httpx.Client]:
    """A client of that server that nobody has generated."""
    headers = {"Authorization": f"Bearer {shop.key}"}
    with open_client(f"{shop.url}/api/application", headers=headers) as api:
        yield api


@pytest.fixture(scope="session")
def document(shop: Target, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The document as generators are given it."""
    answer = httpx.get(f"{shop.url}{DOCUMENT}")
    assert answer.status_code == 200
    return answer.content


@pytest.fixture(scope="session")
def workshop(document: bytes, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A workshop with the document of the server."""
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    return Workshop(tmp_path_factory.mktemp("workshop"), document, picture.getvalue())
