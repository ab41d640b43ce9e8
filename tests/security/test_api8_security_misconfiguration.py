"""API8:2023, security misconfiguration: HTTP as the standard has it, and pages that give nothing
away."""

import pytest

from tests.security.wire import get, send

POST = b"POST /api/application/groups HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("hosts", [(b"a", b"b"), (b"<x>", b"b"), (b"b", b"<x>"), (b"a", b"a")])
def test_two_host_headers_are_refused(server, hosts):
    """RFC 9112 section 3.2. Addresses in answers and mails begin with it, so there is but one."""
    answer = get(server.url, b"/api/application/groups", *(b"Host: " + each for each in hosts))
    assert answer.status == 400


@pytest.mark.parametrize(
    "request_",
    [
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        POST + b"Content-Length: +5\r\n\r\nabcde",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        POST + b"X: a\r\n folded: b\r\nContent-Length : 0\r\n\r\n",
        POST + b"X: a\x00b\r\n\r\n",
        POST + b"X\x01: a\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
        b"GET /api/application/groups HTTP/1.1\nHost: x\n\n",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused_and_nothing_after_it(server, request_):
    """What is one request to a proxy and two to the server would smuggle the second one in."""
    smuggled = b"GET /api/documentation HTTP/1.1\r\nHost: x\r\n\r\n"
    answers = send(server.url, request_ + smuggled)
    assert [answer.status for answer in answers] == [400]
