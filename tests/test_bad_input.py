"""Whatever is sent gets one clear problem document, and changes nothing."""

import gzip
import socket
from urllib.parse import urlencode

import pytest

from app.contract import contract
from app.pipeline.reasons import reasons
from tests.factories import a_group, a_key, a_product, a_service

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DEEP = b'{"name":' * 100_000 + b"1" + b"}" * 100_000


def assert_problem(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert {"type", "title", "detail", "instance", "message"} <= problem.keys()
    assert "Traceback" not in answer.text
    return problem


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"name": "\xc3\x28"}',
        b'{"stock": NaN}',
        b'{"stock": Infinity}',
        b'{"name": "a", "name": "b"}',
        b'{"stock": ' + b"9" * 5000 + b"}",
        DEEP,
        b"[" * 100_000,
        b"\x00",
        b'{"a": 01}',
        b"'a'",
        b'{"a": 1} x',
    ],
    ids=lambda body: ascii(body[:20]),
)
def test_a_body_that_is_not_json_is_malformed(client, body):
    assert_problem(client.post("/products", content=body, headers=JSON), 400)


def test_the_member_that_is_there_twice_is_named(client):
    body = b'{"status": "x", "name": "a", "name": "b"}'
    problem = assert_problem(client.post("/products", content=body, headers=JSON), 400)
    assert problem["detail"] == "The body has the member 'name' more than once."


@pytest.mark.parametrize("body", [b"[]", b"1", b'"text"', b"null", b"true", b"[[]]"])
def test_a_body_that_is_no_object_is_invalid(client, body):
    problem = assert_problem(client.post("/products", content=body, headers=JSON), 422)
    assert set(problem["errors"]) == {"body"}


@pytest.mark.parametrize("text", [b'"a\\u0000b"', b'"\\ud800"', b'"\\udfff\\ud800"'])
def test_what_no_database_can_hold_is_named(client, text):
    body = b'{"name": ' + text + b', "status": "x", "pricing": {"weekly": {"\\ud800": 1}}}'
    problem = assert_problem(client.post("/products/1", content=body, headers=JSON), 422)
    assert {*problem["errors"]} == {"name", "status", "pricing.weekly"}
    assert problem["errors"]["name"] == ["The name field has characters that are not text."]


def test_all_types_that_a_value_may_have_are_named():
    either = contract().validator({"type": ["array", "integer", "null"]})
    (said,) = reasons(either, "x")["body"]
    assert str(said) == "The body field must be a whole number or a list."


@pytest.mark.parametrize("text", ["1e400", "-1e400", "1" + "0" * 400, "1.5", "9" * 19, "1e18"])
def test_numbers_out_of_every_range_are_invalid(client, session, text):
    body = f'{{"stock": {text}, "group_id": {text}}}'.encode()
    path = f"/products/{a_product(session).id}"
    problem = assert_problem(client.post(path, content=body, headers=JSON), 422)
    assert "stock" in problem["errors"]


def test_no_body_at_all_is_an_empty_one(client, session):
    problem = assert_problem(client.post("/products"), 422)
    assert "name" in problem["errors"]
    assert client.post(f"/products/{a_product(session).id}").status_code == 200


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/soap+xml", "image/png", "nonsense", "application/json, text/plain"],
)
def test_another_media_type_is_named_with_the_possible_ones(client, media_type):
    headers = {"Content-Type": media_type}
    problem = assert_problem(client.post("/products", content=b"{}", headers=headers), 415)
    assert "application/json" in problem["detail"]


def test_a_compressed_body_is_refused_before_it_is_looked_at(client):
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = client.post("/products", content=gzip.compress(b"{}"), headers=headers)
    assert_problem(answer, 415)
    assert answer.headers["accept-encoding"] == "identity"


def test_a_body_over_the_limit_is_refused_however_it_is_sent(client):
    def chunks():
        for _ in range(5 * 16):
            yield b" " * 65536

    assert_problem(client.post("/products", content=b" " * 5_000_000, headers=JSON), 413)
    assert_problem(client.post("/products", content=chunks(), headers=JSON), 413)


def test_a_body_may_be_as_long_as_the_limit(client, session):
    path, limit = f"/products/{a_product(session).id}", contract().body_limit
    body = b'{"name": "Long"}'.ljust(limit)
    for sent in (body, iter([body[:1000], body[1000:]])):
        assert client.patch(path, content=sent, headers=JSON).status_code == 200
    body += b" "
    for sent in (body, iter([body[:1000], body[1000:]])):
        assert_problem(client.patch(path, content=sent, headers=JSON), 413)


def test_a_chunked_body_is_a_body(client, session):
    def chunks():
        yield b'{"name": '
        yield b'"In pieces"}'

    path = f"/products/{a_product(session).id}"
    answer = client.post(path, content=chunks(), headers=JSON)
    assert answer.json()["name"] == "In pieces"


@pytest.mark.parametrize(
    "item",
    [
        "x",
        "0",
        "-1",
        "01",
        "+1",
        "1.0",
        "\u0661",
        "1_0",
        "9223372036854775808",
        "9" * 5000,
        "%00",
        "%ff",
        "1%20",
        "..%2f1",
        "9223372036854775807",
    ],
)
def test_what_is_not_an_id_is_the_id_of_nothing(client, item):
    for path in (f"/products/{item}", f"/groups/{item}", f"/pricings/{item}"):
        assert_problem(client.get(path), 404)
        assert_problem(client.post(path, json={}), 404)
        assert_problem(client.delete(path), 404)


@pytest.mark.parametrize(
    "query",
    [
        "%ff=1",
        "filter[name]=%ff",
        "&".join(["a=1"] * 10_000),
        "filter[name]=%00",
        "page=" + "9" * 5000,
    ],
)
def test_a_query_that_cannot_be_read_is_refused(client, query):
    assert_problem(client.get(f"/products?{query}"), 400)


def test_a_form_or_a_query_may_have_a_thousand_fields_the_last_of_a_name_counts(client, session):
    path = f"/products/{a_product(session).id}"
    fields = [("name", "first"), *[("name", "more")] * 998, ("name", "last")]
    body = urlencode(fields)
    assert client.post(path, content=body, headers=FORM).json()["name"] == "last"
    assert_problem(client.post(path, content=f"{body}&name=x", headers=FORM), 400)
    pages = "per_page=3&" * 999
    assert client.get(f"/products?{pages}per_page=7").json()["per_page"] == 7
    assert_problem(client.get(f"/products?{pages}per_page=7&page=1"), 400)


def test_a_field_of_a_form_may_be_64_levels_deep(client, session):
    path = f"/services/{a_service(session).id}"
    for depth, status in ((63, 200), (64, 400)):
        answer = client.post(path, content="data" + "[a]" * depth + "=1", headers=FORM)
        assert answer.status_code == status, answer.text


def test_ten_thousand_filters_are_refused(client):
    query = "&".join(f"filter[f{n}]={n}" for n in range(3000))
    assert_problem(client.get(f"/products?{query}"), 400)


@pytest.mark.parametrize("method", ["PUT", "TRACE", "PROPFIND"])
def test_a_wrong_method_is_told_the_right_ones(client, session, method):
    answer = client.request(method, "/products")
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_head_and_options_work_wherever_they_should(client, session):
    for path in ("/products", "/health", f"/products/{a_product(session).id}"):
        get, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == get.headers["content-length"]
        options = client.options(path)
        assert (options.status_code, options.content) == (204, b"")
        assert "GET" in options.headers["allow"]
    assert client.head("/products/999").status_code == 404


def test_an_unknown_address_is_not_found_with_or_without_a_key(client, server):
    for path in ("/nothing", "/products/1/nothing"):
        answer = client.get(path)
        assert_problem(answer, 404)
        # As all answers of the API, which no page of the portal is.
        assert answer.headers["cache-control"] == "no-store"
        assert "content-security-policy" not in answer.headers


def test_a_trailing_slash_makes_no_difference(client):
    assert client.get("/products/").status_code == 200


def test_forms_can_say_the_method_in_a_header(client, session):
    product = a_product(session)
    answer = client.post(f"/products/{product.id}", headers={"X-HTTP-Method-Override": "delete"})
    assert answer.status_code == 200
    assert client.get(f"/products/{product.id}").status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"--",
        b"--b\r\n",
        b"--b\r\n\r\n\r\n--b--",
        b"\xff" * 100,
        b'--b\r\nContent-Disposition: form-data; name="a',
    ],
)
@pytest.mark.parametrize(
    "media_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=b",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=b; charset=x",
    ],
)
def test_broken_multipart_is_refused(client, content, media_type):
    answer = client.post("/products", content=content, headers={"Content-Type": media_type})
    assert answer.status_code in (400, 422)
    assert_problem(answer, answer.status_code)


def test_forms_with_fields_in_fields_that_contradict_are_refused(client):
    body = b"pricing=1&pricing[monthly][price]=2"
    assert_problem(client.post("/products/1", content=body, headers=FORM), 400)
    body = b"pricing" + b"[a]" * 5000 + b"=1"
    assert_problem(client.post("/products/1", content=body, headers=FORM), 400)


def test_a_client_that_leaves_in_the_middle_of_its_body_changes_nothing(server, session, client):
    host, port = server.url.removeprefix("http://").split(":")
    request = (
        f"POST /api/application/groups HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        f"{a_key(session)}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(request.encode())
    assert client.get("/groups").json()["total"] == 0


def test_errors_change_nothing(client, session):
    group = a_group(session, name="Before")
    body = {"name": "After", "parent_id": 999_999}
    assert_problem(client.post(f"/groups/{group.id}", json=body), 422)
    assert client.get(f"/groups/{group.id}").json()["name"] == "Before"


def test_an_odd_host_header_breaks_no_answer(client, session):
    group = a_group(session)
    for host in ("a" * 5000, "x y", "<script>", "h\u00e9", "a:b:c", "[::1"):
        for path in ("/groups", f"/groups/{group.id}", "/products?page=2", "/license"):
            answer = client.get(path, headers={"Host": host.encode()})
            assert answer.status_code in (200, 400), answer.text
            if answer.status_code == 400:
                assert_problem(answer, 400)
