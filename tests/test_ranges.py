"""Parts of files: one range of bytes is sent alone, for all else the whole file comes."""

import pytest

from tests.factories import a_product
from tests.http import request
from tests.test_images import an_image

pytestmark = pytest.mark.once

CONTENT = an_image(size=(300, 300))
LENGTH = len(CONTENT)
STYLES = "/api/documentation/swagger-ui.css"


@pytest.fixture
def url(client, server, session):
    product = a_product(session)
    files = {"image": ("image.png", CONTENT)}
    image = client.post(f"/products/{product.id}", files=files).json()["image"]
    return f"{server.url}/storage/{image}"


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("bytes=0-1", 0, 1),
        ("bytes=0-0", 0, 0),
        ("bytes=3-", 3, LENGTH - 1),
        ("bytes=-4", LENGTH - 4, LENGTH - 1),
        ("Bytes=0-1", 0, 1),
        (f"bytes=0-{LENGTH * 9}", 0, LENGTH - 1),
    ],
)
def test_one_range_is_sent_alone(url, said, first, last):
    answer = request("GET", url, headers={"Range": said})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{LENGTH}"
    assert answer.content == CONTENT[first : last + 1]


@pytest.mark.parametrize(
    "said",
    ["bytes=0-1,3-4", "bytes=0-1, 3-4", "bytes=3-4,0-1", "bytes=0-5,3-9", "bytes=-1,0-1",
     "bytes=0-,-1", f"bytes=0-1,{LENGTH * 9}-", "bytes=0-0," * 500, "bytes=5-2",
     "bytes=", "bytes=x", f"bytes=-{LENGTH * 9}",
     "bytes=0", "bytes", "lines=1-2", "bytes=1-x", "bytes=--1", "bytes=0-1-2", "bytes = 0-1",
     "none", ",", "bytes=\xb2-3"],
)  # fmt: skip
def test_what_is_not_one_range_gets_the_whole_file(url, said):
    answer = request("GET", url, headers={"Range": said.encode("latin-1")})
    assert (answer.status_code, answer.content) == (200, CONTENT)


@pytest.mark.parametrize("said", [f"bytes={LENGTH}-", f"bytes={LENGTH * 9}-{LENGTH * 10}",
                                  "bytes=-0", f"bytes={'9' * 18}-"])  # fmt: skip
def test_a_range_beyond_the_file_is_refused(url, said):
    answer = request("GET", url, headers={"Range": said})
    assert answer.status_code == 416
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-range"] == f"bytes */{LENGTH}"


def test_head_has_no_ranges(url):
    answer = request("HEAD", url, headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.headers["content-length"]) == (200, str(LENGTH))


def test_a_range_of_a_file_that_has_changed_is_not_sent(url):
    headers = {"Range": "bytes=0-1", "If-Range": '"other"'}
    assert request("GET", url, headers=headers).status_code == 200


def test_a_range_is_one_of_the_file_and_not_of_its_compressed_form(server):
    whole = request("GET", server.url + STYLES, headers={"Accept-Encoding": "identity"}).content
    headers = {"Accept-Encoding": "gzip", "Range": "bytes=0-999"}
    answer = request("GET", server.url + STYLES, headers=headers)
    assert answer.status_code == 206
    assert "content-encoding" not in answer.headers
    assert answer.content == whole[:1000]


def test_operations_know_no_ranges(client, session):
    product = a_product(session)
    answer = client.get(f"/products/{product.id}", headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.json()["id"]) == (200, product.id)
