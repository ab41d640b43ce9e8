"""Answers are compressed for those who ask, where it is worth it."""

import gzip

import pytest
import zstandard

from tests.factories import a_customer, a_group

pytestmark = pytest.mark.once

READ = {
    "gzip": gzip.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    None: bytes,
}


@pytest.fixture
def customers(session):
    for _ in range(20):
        a_customer(session)


def get(client, path, accepted, method="GET"):
    """An answer with its body as it was sent."""
    headers = {"Accept-Encoding": accepted}
    with client.stream(method, path, headers=headers) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("GZIP", "gzip"),
        ("*", "zstd"),
        ("*, zstd;q=0", "gzip"),
        ("identity", None),
        ("identity, gzip;q=0.5", None),
        ("gzip;q=0", None),
        ("br, deflate", None),
        ("", None),
        ("gzip;q=x, \xff;;", None),
        ("zstd;q=.5, gzip;q=.6", "gzip"),
        ("gzip;q=1.", "gzip"),
        ("gzip;q=.0", None),
    ],
)
def test_the_coding_that_is_liked_best(client, customers, accepted, encoding):
    plain = client.get("/customers", headers={"Accept-Encoding": "identity"})
    answer, body = get(client, "/customers", accepted.encode("latin-1"))
    assert answer.headers.get("content-encoding") == encoding
    assert READ[encoding](body) == plain.content
    assert answer.headers["content-length"] == str(len(body))
    (vary,) = answer.headers.get_list("vary")
    assert "Accept-Encoding" in vary
    assert encoding is None or len(body) < len(plain.content) / 4


def test_a_small_answer_is_sent_as_it_is(client, session):
    customer = a_customer(session)
    answer, _ = get(client, f"/customers/{customer.id}", "gzip")
    assert "content-encoding" not in answer.headers
    assert "Accept-Encoding" not in answer.headers.get("vary", "")


def test_an_answer_is_compressed_from_1200_bytes_on(client, session):
    path = f"/groups/{a_group(session, description='x').id}"
    missing = 1200 - len(client.get(path).content)
    for length, encoding in ((missing, None), (missing + 1, "gzip")):
        assert client.patch(path, json={"description": "x" * length}).is_success
        answer, _ = get(client, path, "gzip")
        assert answer.headers.get("content-encoding") == encoding


def test_head_tells_what_get_would(client, customers):
    _, body = get(client, "/customers", "gzip")
    head, nothing = get(client, "/customers", "gzip", "HEAD")
    assert nothing == b""
    assert head.headers["content-encoding"] == "gzip"
    assert head.headers["content-length"] == str(len(body))


def test_the_documentation_is_compressed_too(client, server):
    address = f"{server.url}/api/openapi.yaml"
    answer, body = get(client, address, "gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(body).startswith(b"#")
