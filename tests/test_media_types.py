"""Which form an answer has: what `Accept` prefers, JSON where it does not mind."""

import httpx
import pytest

from tests.factories import a_group
from tests.http import request

pytestmark = pytest.mark.once

JSON, XML, TEXT = "application/json", "application/xml", "text/xml; charset=utf-8"
PROBLEM_JSON, PROBLEM_XML = "application/problem+json", "application/problem+xml"
# What HttpURLConnection sends unless it is told otherwise.
JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"
SAFARI = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accepted", "answer", "problem"),
    [
        (None, JSON, PROBLEM_JSON),
        ("", JSON, PROBLEM_JSON),
        ("*/*", JSON, PROBLEM_JSON),
        ("application/*", JSON, PROBLEM_JSON),
        ("application/json", JSON, PROBLEM_JSON),
        ("APPLICATION/JSON", JSON, PROBLEM_JSON),
        ("application/json; charset=utf-8", JSON, PROBLEM_JSON),
        ("application/json, text/plain, */*", JSON, PROBLEM_JSON),
        ("application/xml", XML, PROBLEM_XML),
        ("Application/Xml", XML, PROBLEM_XML),
        ('application/xml; charset="UTF-8"', XML, PROBLEM_XML),
        ("text/xml", TEXT, PROBLEM_XML),
        ("text/*", TEXT, PROBLEM_XML),
        ("text/xml, application/xml", XML, PROBLEM_XML),
        ("text/xml, application/xml;q=0.9", TEXT, PROBLEM_XML),
        ("application/json, application/xml", JSON, PROBLEM_JSON),
        ("application/xml, application/json", JSON, PROBLEM_JSON),
        ("application/json;q=0.5, application/xml", XML, PROBLEM_XML),
        ("application/json;q=0.5, application/xml;q=0.4", JSON, PROBLEM_JSON),
        ("application/xml, */*;q=0.1", XML, PROBLEM_XML),
        ("application/xml;q=0.1, */*", JSON, PROBLEM_JSON),
        ("application/json;q=0, */*", XML, PROBLEM_XML),
        ("application/json;q=0.1, application/*;q=0.5", XML, PROBLEM_XML),
        ("*/*;q=1, application/json;q=0.2, text/xml;q=0.1", XML, PROBLEM_XML),
        ("application/xml;q=0, application/*", JSON, PROBLEM_JSON),
        ("application/json;version=2, application/xml;q=0.3", XML, PROBLEM_XML),
        ("application/problem+json", JSON, PROBLEM_JSON),
        ("application/problem+xml", XML, PROBLEM_XML),
        ("application/json, application/problem+json", JSON, PROBLEM_JSON),
        ("application/json, application/problem+xml", JSON, PROBLEM_XML),
        ("application/xml, application/problem+json", XML, PROBLEM_JSON),
        ("application/xml, application/problem+xml", XML, PROBLEM_XML),
        ("application/problem+xml;q=0.5, application/json", JSON, PROBLEM_XML),
        (BROWSER, JSON, PROBLEM_JSON),
        (SAFARI, JSON, PROBLEM_JSON),
        (JAVA, JSON, PROBLEM_JSON),
        ("text/html, application/xml;q=0.9", XML, PROBLEM_XML),
        ("application/xml, text/html;q=0.5, */*;q=0.1", XML, PROBLEM_XML),
        # Weights as no standard has them, and as programs write them.
        ("application/xml;q=.5, application/json;q=.4", XML, PROBLEM_XML),
        ("application/xml;q=.4, application/json;q=.5", JSON, PROBLEM_JSON),
        ("application/xml;q=1., application/json;q=0.5", XML, PROBLEM_XML),
        ("application/xml;q=2, application/json;q=0.5", XML, PROBLEM_XML),
        ("application/xml;q=0,8, application/json;q=0,3", XML, PROBLEM_XML),
        ("application/xml;q=0.3333333, application/json;q=0.3", XML, PROBLEM_XML),
        ('application/xml;q="0.5", */*;q=0.1', XML, PROBLEM_XML),
        ("application/xml;q=0.5;level=1, application/json;q=0.4", XML, PROBLEM_XML),
        ("application/xml;Q=1, application/json;Q=0.5", XML, PROBLEM_XML),
        ("application/xml;q=high, */*;q=0.1", JSON, PROBLEM_JSON),
        ("application/json;q=.0, */*", XML, PROBLEM_XML),
        ("application/json;q=0.0, */*;q=.1", XML, PROBLEM_XML),
        ("*", JSON, PROBLEM_JSON),
        ("*;q=.2", JSON, PROBLEM_JSON),
        ("application/xml, *;q=.1", XML, PROBLEM_XML),
        ("application/xml;q=.1, *", JSON, PROBLEM_JSON),
        ("application/xml ; q = .9 ,application/json\t;\tq=.1", XML, PROBLEM_XML),
        (",, application/xml ,", XML, PROBLEM_XML),
        ("json", JSON, PROBLEM_JSON),
        ("text/html, application/json;q=0.9", JSON, PROBLEM_JSON),
    ],
)
def test_the_form_that_is_accepted_most_is_sent(client, session, accepted, answer, problem):
    client.headers.pop("Accept")
    headers = {} if accepted is None else {"Accept": accepted}
    found = client.get(f"/groups/{a_group(session).id}", headers=headers)
    assert (found.status_code, found.headers["content-type"]) == (200, answer)
    missing = client.get("/groups/999", headers=headers)
    assert (missing.status_code, missing.headers["content-type"]) == (404, problem)


NOTHING_FITS = [
    "text/html", "image/*", "application/pdf, text/plain;q=0.5", "application/json;q=0",
    "application/json;version=2", "*/*;q=0", "*;q=0", "*;q=.0", "application/json;q=.000",
    "*/json", "application/vnd.api+json",
]  # fmt: skip


@pytest.mark.parametrize("accepted", NOTHING_FITS)
def test_where_nothing_fits_nothing_is_done(client, session, accepted):
    group = a_group(session, name="Before")
    headers = {"Accept": accepted}
    answer = client.post(f"/groups/{group.id}", json={"name": "After"}, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (406, PROBLEM_JSON)
    assert answer.json()["type"] == "/api/problems/not-acceptable"
    assert "application/xml" in answer.json()["detail"]
    assert client.get(f"/groups/{group.id}").json()["name"] == "Before"


def test_who_accepts_nothing_that_fits_still_learns_what_else_is_wrong(client, server):
    headers = {"Accept": "text/html"}
    without_key = request("GET", f"{server.url}/api/application/groups", headers=headers)
    assert (without_key.status_code, without_key.headers["content-type"]) == (401, PROBLEM_JSON)
    assert client.get("/nothing", headers=headers).status_code == 404


@pytest.mark.parametrize("accepted", ["nonsense", ";;q=", "text/xml;q=high", ",,,", "/", "é"])
def test_a_header_that_cannot_be_read_breaks_nothing(client, session, accepted):
    headers = {"Accept": accepted.encode()}
    answer = client.get(f"/groups/{a_group(session).id}", headers=headers)
    assert answer.status_code in (200, 406)


def test_two_headers_count_as_one(client, session):
    headers = [("Accept", "application/xml"), ("Accept", "application/json;q=0.5")]
    for sent in (headers, headers[::-1]):
        request = client.build_request("GET", f"/groups/{a_group(session).id}")
        del request.headers["Accept"]
        request.headers = httpx.Headers([*request.headers.multi_items(), *sent])
        assert client.send(request).headers["content-type"] == XML


@pytest.mark.parametrize("accepted", ["*/*", "application/xml", "text/html"])
def test_an_answer_says_what_it_depends_on(client, session, accepted):
    for path in (f"/groups/{a_group(session).id}", "/groups/999", "/products?per_page=x"):
        vary = client.get(path, headers={"Accept": accepted}).headers["vary"]
        assert "Accept" in [name.strip() for name in vary.split(",")]


def test_errors_outside_the_contract_have_the_form_that_is_accepted(server):
    answer = request("GET", f"{server.url}/nothing", headers={"Accept": "application/xml"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM_XML)
    assert b'<problem xmlns="urn:ietf:rfc:7807"' in answer.content


def test_head_says_the_length_of_the_form_that_is_accepted(client, session):
    path = f"/groups/{a_group(session).id}"
    for accepted in (JSON, XML):
        get, head = (
            client.request(method, path, headers={"Accept": accepted}) for method in ("GET", "HEAD")
        )
        assert head.content == b""
        assert head.headers["content-length"] == get.headers["content-length"]
        assert head.headers["content-type"] == accepted
