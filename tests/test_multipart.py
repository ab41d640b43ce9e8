"""Bodies in multipart/form-data: files in any field, and the format of RFC 2046 and RFC 7578."""

import pytest

from app.contract import contract
from app.jsonschema import inlined
from spec_tests.asking import path_to
from tests.factories import a_product
from tests.test_images import an_image

pytestmark = pytest.mark.once

FILES = "multipart/form-data"
HEADERS = {"Content-Type": f"{FILES}; boundary=b"}
PNG = an_image()


@pytest.fixture
def product(client, session):
    """The path of a product, and a function that returns the product as it is now."""
    path = f"/products/{a_product(session, name='Before').id}"
    return path, lambda: client.get(path).json()


def part(name, content=b"After", disposition=b""):
    head = b'Content-Disposition: form-data; name="%s"%s' % (name.encode(), disposition)
    return b"--b\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


# ── Files where no file belongs ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    "field",
    ["image[]", "image[0]", "image[a]", "image[a][b]", "image[][]", "name", "name[]", "stock",
     "status", "pinned", "group_id", "pricing", "pricing[monthly]", "pricing[monthly][price]",
     "pricing[0]", "pricing[monthly][price][]", "remove_image"],
)  # fmt: skip
def test_a_file_in_a_field_that_takes_none_is_named(client, product, field):
    path, now = product
    before = now()
    answer = client.patch(path, files={field: ("logo.png", PNG)})
    assert answer.status_code == 422, answer.text
    named = answer.json()["errors"]
    assert any(name.split(".")[0] == field.partition("[")[0] for name in named), named
    assert now() == before


def test_the_reason_names_the_field_that_holds_the_file(client, product):
    path, _ = product
    answer = client.patch(path, files={"pricing[monthly][price]": ("logo.png", PNG)})
    assert answer.json()["errors"] == {
        "pricing.monthly.price": ["The pricing.monthly.price field may not be a file."]
    }


@pytest.mark.parametrize("fields", [{"image": "hello"}, {"image[a]": "hello"}, {"image[]": "x"}])
def test_an_image_that_is_no_file_is_named(client, product, fields):
    path, now = product
    before = now()
    files = {name: (None, text) for name, text in fields.items()}
    answer = client.patch(path, files=files)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"] == {"image": ["The image field must be one file."]}
    assert now() == before


def test_all_that_is_wrong_is_named_beside_a_file(client, product):
    path, _ = product
    files = {"name": ("a.txt", b"a"), "stock": (None, "many")}
    assert client.patch(path, files=files).json()["errors"].keys() == {"name", "stock"}


def test_a_file_in_an_unknown_field_is_ignored_as_the_field_is(client, product):
    path, _ = product
    files = {"nothing": ("a.txt", b"a"), "name": (None, "After")}
    assert client.patch(path, files=files).json()["name"] == "After"


def test_a_file_in_a_free_object_is_named(client, session):
    path = f"/products/{a_product(session, type='pterodactyl').id}/config"
    answer = client.put(path, files={"eggs": ("a.txt", b"a"), "deep[er]": ("a.txt", b"a")})
    assert answer.status_code == 422, answer.text
    assert {"eggs", "deep.er"} <= answer.json()["errors"].keys()


def _fields():
    """Each field of each operation that takes a multipart body, but for those that take a file."""
    for operation in contract().operations.values():
        schema = inlined(contract().document, operation.bodies.get(FILES, {}))
        for name, field in schema.get("properties", {}).items():
            if inlined(contract().document, field).get("format") != "binary":
                yield operation, name


def test_no_operation_takes_a_file_for_a_field(client):
    fields = [*_fields()]
    assert len(fields) > 100
    for operation, name in fields:
        path = path_to(operation).removeprefix("/application")
        answer = client.request(operation.method, path, files={name: ("a.txt", b"a")})
        assert answer.status_code == 422, (operation.id, name, answer.text)
        assert name in answer.json()["errors"], (operation.id, name, answer.text)


# ── Bodies that were cut ─────────────────────────────────────────────────────────

WHOLE = part("name") + part("stock", b"7") + b"--b--\r\n"


def test_a_body_that_was_cut_is_refused_wherever_it_was_cut(client, product):
    path, now = product
    before = now()
    end = len(WHOLE) - len("\r\n")
    for length in range(1, end):
        answer = client.patch(path, content=WHOLE[:length], headers=HEADERS)
        assert answer.status_code == 400, (WHOLE[:length], answer.text)
    assert now() == before
    for length in (end, end + 1, end + 2):
        answer = client.patch(path, content=WHOLE[:length], headers=HEADERS)
        assert answer.status_code == 200, (WHOLE[:length], answer.text)
    assert (now()["name"], now()["stock"]) == ("After", 7)


def test_the_reason_tells_a_cut_body_from_another(client, product):
    path, _ = product
    answer = client.patch(path, content=part("name"), headers=HEADERS)
    assert answer.json()["detail"] == "The body ends before its closing boundary."


# ── Around the parts ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"This is a multi-part message in MIME format.\r\n", b""),
        (b"\r\n", b""),
        (b"\r\n\r\n", b""),
        (b"a - preamble -- with --hyphens\r\nand --b in it\r\n--bee\r\n\r\n", b""),
        (b"--b is no boundary of ours\r\n", b""),
        (b"", b"and an epilogue\r\n--b\r\n"),
        (b"", part("name", b"Never")),
        (b"before\r\n", b"after"),
    ],
)
def test_what_is_before_and_after_the_parts_is_ignored(client, product, before, after):
    path, _ = product
    answer = client.patch(path, content=before + WHOLE + after, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["name"], answer.json()["stock"]) == ("After", 7)


@pytest.mark.parametrize("padding", [b" ", b"\t", b" \t  "])
def test_a_boundary_may_have_blanks_behind_it(client, product, padding):
    path, _ = product
    padded = WHOLE.replace(b"--b\r\n", b"--b" + padding + b"\r\n").replace(b"--b--", b"--b--\t")
    answer = client.patch(path, content=padded, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["name"], answer.json()["stock"]) == ("After", 7)


@pytest.mark.parametrize(
    ("parameter", "boundary"),
    [
        ('boundary="b"', b"b"),
        ('boundary="a b:c"', b"a b:c"),
        ('charset=utf-8; boundary="(+_,-./:=?"', b"(+_,-./:=?"),
        ("boundary=b; charset=utf-8", b"b"),
        ('Boundary="b"', b"b"),
        ("BOUNDARY=b", b"b"),
        ("boundary=" + 70 * "x", 70 * b"x"),
    ],
)
def test_the_boundary_may_be_quoted(client, product, parameter, boundary):
    path, _ = product
    content = WHOLE.replace(b"--b", b"--" + boundary)
    headers = {"Content-Type": f"{FILES}; {parameter}"}
    answer = client.patch(path, content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == "After"


def test_a_form_without_parts_is_an_empty_body(client, product):
    path, now = product
    before = now()["name"]
    for content in (b"--b--", b"--b--\r\n", b"\r\n--b--\r\n", b"nothing\r\n--b--"):
        answer = client.patch(path, content=content, headers=HEADERS)
        assert answer.status_code == 200, answer.text
    assert now()["name"] == before


# ── The head of a part ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "names",
    [
        b"; filename*=utf-8''logo.png",
        b"; filename*=UTF-8'en'%e2%82%ac.png",
        b"; filename*=iso-8859-1''%e9.png",
        b"; filename*=\"UTF-8''logo.png\"",
        b"; filename*=utf-16''%ff.png",
        b"; filename*=logo.png",
        b"; filename*0=lo; filename*1=go.png",
        b"; filename*0*=utf-8''lo; filename*1*=go.png",
        b"; FileName*=utf-8''logo.png",
        b"; filename=\"logo.png\"; filename*=utf-8''logo.png",
        b"; filename*=utf-8''logo.png; filename=\"logo.png\"",
        b"; filename=logo.png",
        b'; FILENAME="logo.png"',
        b'; filename=""',
        b'; filename="\xe2\x82\xac.png"',
        b'; filename="\xe9.png"',
    ],
)  # fmt: skip
def test_a_file_may_be_named_in_every_spelling(client, product, names):
    path, _ = product
    content = part("image", PNG, names) + b"--b--\r\n"
    answer = client.patch(path, content=content, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    assert answer.json()["image"].endswith(".png")


def test_a_head_may_be_written_in_any_case(client, product):
    path, _ = product
    content = b"--b\r\ncontent-disposition:form-data;Name=name\r\n\r\nAfter\r\n--b--\r\n"
    answer = client.patch(path, content=content, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == "After"


@pytest.mark.parametrize(
    "content",
    [
        b"--b\r\n\r\nAfter\r\n--b--",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nAfter\r\n--b--",
        b"--b\r\nContent-Disposition: form-data; filename=x\r\n\r\nAfter\r\n--b--",
        b"--b\r\nContent-Type: text/plain\r\n\r\nAfter\r\n--b--",
        b"--b\r\nContent-Disposition form-data; name=name\r\n\r\nAfter\r\n--b--",
        b"--b\nContent-Disposition: form-data; name=name\n\nAfter\n--b--",
        part("name", b"After") + b"--b -- \r\n",
        part("name", b"After") + b"--b-\r\n",
        b"--c\r\n" + WHOLE[5:-7],
    ],
)
def test_parts_that_cannot_be_read_are_malformed(client, product, content):
    path, now = product
    before = now()
    answer = client.patch(path, content=content, headers=HEADERS)
    assert answer.status_code == 400, answer.text
    assert now() == before


@pytest.mark.parametrize("text", [b"\xe9t\xe9", b"\xff"])
def test_text_that_is_not_utf_8_is_malformed(client, product, text):
    path, now = product
    before = now()
    content = part("name", text) + b"--b--\r\n"
    answer = client.patch(path, content=content, headers=HEADERS)
    assert answer.status_code == 400, answer.text
    assert now() == before


def test_text_may_be_in_the_charset_that_its_part_or_form_names(client, product):
    path, _ = product
    typed = b"\r\nContent-Type: text/plain; charset=ISO-8859-1"
    content = part("name", b"\xe9t\xe9", typed) + b"--b--\r\n"
    assert client.patch(path, content=content, headers=HEADERS).json()["name"] == "été"
    content = part("name", b"\xe0t\xe0") + b"--b--\r\n"
    headers = {"Content-Type": f"{FILES}; boundary=b; charset=iso-8859-1"}
    assert client.patch(path, content=content, headers=headers).json()["name"] == "àtà"


@pytest.mark.parametrize(
    "charset", [b"punycode", b"utf-16", b"zlib", b"idna", b"nothing", b"\xff", b"a\x00"]
)
def test_other_charsets_are_refused(client, product, charset):
    path, _ = product
    typed = b"\r\nContent-Type: text/plain; charset=" + charset
    content = part("name", b"After", typed) + b"--b--\r\n"
    assert client.patch(path, content=content, headers=HEADERS).status_code == 400


def test_text_in_a_transfer_encoding_is_refused(client, product):
    path, _ = product
    for encoding, status in ((b"base64", 400), (b"quoted-printable", 400), (b"8bit", 200)):
        head = b"\r\nContent-Transfer-Encoding: " + encoding
        content = part("name", b"QWZ0ZXI=", head) + b"--b--\r\n"
        answer = client.patch(path, content=content, headers=HEADERS)
        assert answer.status_code == status, answer.text
