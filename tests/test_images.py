"""Images of products and groups: what is taken, where it lies, and when it goes."""

from io import BytesIO

import pytest
from PIL import Image

from app.images import extension_of
from models.errors import BadImage
from tests.factories import a_group, a_product
from tests.http import request

pytestmark = pytest.mark.once

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><circle r="1"/></svg>'


def an_image(kind="PNG", size=(2, 2), colour="red"):
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def frames(kind):
    """An image of three frames, or a JPEG with two others behind it."""
    first, *others = (Image.new("RGB", (20, 20), each) for each in ("red", "green", "blue"))
    file = BytesIO()
    first.save(file, kind, save_all=True, append_images=others)
    return file.getvalue()


def with_thumbnail():
    """A JPEG with a small JPEG among the data about it."""
    file = BytesIO()
    thumbnail = b"Exif\0\0" + an_image("JPEG")
    Image.effect_noise((64, 64), 50).save(file, "JPEG", exif=thumbnail)
    return file.getvalue()


def doctype(inside="", after=""):
    """The drawing as Illustrator and Inkscape write it, with more behind the identifiers."""
    return (
        b'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
        b'"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"' + inside.encode() + b">\n" + SVG
        + after.encode()
    )  # fmt: skip


def upload(client, path, content, filename="image.png", **fields):
    return client.post(path, data=fields, files={"image": (filename, content)})


def address(server, path):
    return f"{server.url}/storage/{path}"


def served(server, path):
    return request("GET", address(server, path))


def kept(server, folder):
    """The names of all files of a folder, half-written ones too."""
    found = server.settings.data / folder
    return sorted(file.name for file in found.iterdir()) if found.exists() else []


@pytest.fixture(autouse=True)
def _empty_storage(server):
    for file in server.settings.data.glob("*/*"):
        file.unlink()


@pytest.fixture
def product(session):
    return a_product(session)


@pytest.fixture
def group(session):
    return a_group(session, slug="vps")


def test_the_bytes_decide_what_an_image_is_not_its_name(client, server, product):
    png = an_image()
    answer = upload(client, f"/products/{product.id}", png, "readme.txt")
    assert answer.status_code == 200
    assert answer.json()["image"] == f"products/{product.id}.png"
    assert kept(server, "products") == [f"{product.id}.png"]
    image = served(server, answer.json()["image"])
    assert image.content == png
    assert image.headers["content-type"] == "image/png"
    assert image.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in image.headers["content-security-policy"]
    assert "sandbox" in image.headers["content-security-policy"]


def test_an_image_is_stored_when_a_product_is_made(client, server, session):
    fields = {"name": "VPS S", "description": "x", "group_id": a_group(session).id}
    fields |= {"status": "active", "stock": 10, "type": "none"}
    answer = upload(client, "/products", an_image("JPEG"), **fields)
    assert answer.status_code == 201
    product = answer.json()
    assert product["image"] == f"products/{product['id']}.jpg"
    assert served(server, product["image"]).headers["content-type"] == "image/jpeg"
    assert client.get(f"/products/{product['id']}").json()["image"] == product["image"]


def test_an_image_is_stored_when_a_group_is_made(client, server, session):
    fields = {"name": "VPS", "description": "x", "slug": "vps", "status": "active"}
    answer = upload(client, "/groups", an_image("WEBP"), sort_order=0, **fields)
    assert answer.status_code == 201
    assert answer.json()["image"] == "groups/vps.webp"
    assert served(server, "groups/vps.webp").headers["content-type"] == "image/webp"


@pytest.mark.parametrize(
    ("content", "extension", "media_type"),
    [
        (an_image("PNG"), "png", "image/png"),
        (an_image("JPEG"), "jpg", "image/jpeg"),
        (an_image("GIF"), "gif", "image/gif"),
        (SVG, "svg", "image/svg+xml"),
        (b'<?xml version="1.0"?>\n<!-- a dot -->\n' + SVG, "svg", "image/svg+xml"),
        (doctype(), "svg", "image/svg+xml"),
        (b"<!DOCTYPE svg>" + SVG, "svg", "image/svg+xml"),
        (b'<!DOCTYPE svg SYSTEM "file:///etc/passwd">' + SVG, "svg", "image/svg+xml"),
        (frames("GIF"), "gif", "image/gif"),
        (frames("PNG"), "png", "image/png"),
        (frames("MPO"), "jpg", "image/jpeg"),
        (with_thumbnail(), "jpg", "image/jpeg"),
    ],
)
def test_products_and_groups_take_the_usual_kinds(
    client, server, product, group, content, extension, media_type
):
    for path, stem in (
        (f"/products/{product.id}", f"products/{product.id}"),
        (f"/groups/{group.id}", "groups/vps"),
    ):
        answer = upload(client, path, content)
        assert answer.status_code == 200, answer.text
        assert answer.json()["image"] == f"{stem}.{extension}"
        image = served(server, answer.json()["image"])
        assert image.content == content
        assert image.headers["content-type"].startswith(media_type)


@pytest.mark.parametrize("kind", ["products", "groups"])
def test_an_operation_of_its_own_uploads_the_image(client, server, product, group, kind):
    row, stem = {"products": (product, product.id), "groups": (group, "vps")}[kind]
    before = client.get(f"/{kind}/{row.id}").json()
    upload(client, f"/{kind}/{row.id}", an_image("PNG"))
    answer = upload(client, f"/{kind}/{row.id}/image", SVG, name="no other field")
    assert answer.status_code == 200, answer.text
    changed = {"image": f"{kind}/{stem}.svg", "updated_at": answer.json()["updated_at"]}
    assert answer.json() == {**before, **changed}
    assert kept(server, kind) == [f"{stem}.svg"]


@pytest.mark.parametrize("kind", ["products", "groups"])
@pytest.mark.parametrize("sent", [
    {"files": {"picture": ("image.png", an_image())}},
    {"files": {"image": ("", b"")}},
    {"files": {"image": (None, "")}},
    {"files": {"image": (None, "null")}},
    {"files": {"image": ("image.png", b"not an image")}},
])  # fmt: skip
def test_an_upload_without_an_image_is_refused(client, server, product, group, kind, sent):
    path = f"/{kind}/{product.id if kind == 'products' else group.id}"
    upload(client, path, an_image())
    answer = client.post(f"{path}/image", **sent)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"].keys() == {"image"}
    assert len(kept(server, kind)) == 1


def test_an_upload_is_a_form_with_a_file_and_nothing_else(client, product):
    for sent in ({"json": {"image": "x"}}, {"data": {"image": "x"}}):
        answer = client.post(f"/products/{product.id}/image", **sent)
        assert answer.status_code == 415
        assert "multipart/form-data" in answer.json()["detail"]


def test_webp_is_for_groups_only(client, server, product, group):
    webp = an_image("WEBP")
    assert upload(client, f"/groups/{group.id}", webp).json()["image"] == "groups/vps.webp"
    answer = upload(client, f"/products/{product.id}", webp, "image.webp")
    assert answer.status_code == 422
    assert answer.json()["errors"] == {
        "image": ["The image field must be an image of the type gif, jpg, png, svg."]
    }
    assert kept(server, "products") == []


def test_an_image_has_at_most_2048_kib(client, server, product):
    path = f"/products/{product.id}"
    png = an_image()
    full = png + bytes(2048 * 1024 - len(png))
    assert upload(client, path, full).status_code == 200
    answer = upload(client, path, full + b"\0")
    assert answer.status_code == 422
    assert answer.json()["errors"] == {
        "image": ["The image field must be a file of at most 2048 KiB."]
    }
    assert served(server, f"products/{product.id}.png").content == full


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just text",
        b"<!doctype html><title>x</title><script>alert(1)</script>",
        b"<html xmlns='http://www.w3.org/1999/xhtml'/>",
        b"\x89PNG\r\n\x1a\n",
        an_image()[:40],
        an_image("BMP"),
        an_image("TIFF"),
        b"%PDF-1.7",
        b"<svg",
        b"\xff\xfe<svg/>",
    ],
)
def test_what_is_no_image_is_refused_under_any_name(client, server, product, content):
    answer = upload(client, f"/products/{product.id}", content, "image.png")
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"image"}
    assert kept(server, "products") == []


@pytest.mark.parametrize(
    "drawing",
    [
        "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "<svg xmlns='http://www.w3.org/2000/svg'><g><SCRIPT href='x'/></g></svg>",
        "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "<svg xmlns='http://www.w3.org/2000/svg'><g onclick='alert(1)'/></svg>",
        "<svg xmlns='http://www.w3.org/2000/svg'><a href='java&#9;script:alert(1)'/></svg>",
        "<svg xmlns='http://www.w3.org/2000/svg'><a href=' &#10;JAVASCRIPT&#10;:alert(1)'/></svg>",
        "<svg xmlns='http://www.w3.org/2000/svg'><a href='data:&#32;text/html,x'/></svg>",
        "<svg xmlns='http://www.w3.org/2000/svg'><a href='&#106;avascript:alert(1)'/></svg>",
        "<svg xmlns='http://www.w3.org/2000/svg'><foreignObject><iframe/></foreignObject></svg>",
        "<s:svg xmlns:s='http://www.w3.org/2000/svg'><s:script>alert(1)</s:script></s:svg>",
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:s='http://www.w3.org/2000/svg'>"
        "<s:script>alert(1)</s:script></svg>",
        "<!DOCTYPE svg [<!ENTITY x 'y'>]><svg xmlns='http://www.w3.org/2000/svg'>&x;</svg>",
        "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_drawing_that_runs_something_is_refused(client, server, product, drawing, encoding):
    answer = upload(client, f"/products/{product.id}", drawing.encode(encoding), "x.svg")
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"image"}
    assert kept(server, "products") == []


def test_a_small_file_may_not_unpack_to_a_picture_that_fills_the_memory(client, product):
    def status(side):
        file = BytesIO()
        Image.new("1", (side, side)).save(file, "PNG")
        return upload(client, f"/products/{product.id}", file.getvalue()).status_code

    assert (status(7_000), status(10_000)) == (200, 422)


@pytest.mark.parametrize("flood", ["<a/>" * 20_000, "<a>" * 20_000 + "</a>" * 20_000])
def test_a_drawing_of_too_many_things_is_refused_however_small_its_file(client, product, flood):
    def status(inside):
        drawing = f"<svg xmlns='http://www.w3.org/2000/svg'>{inside}</svg>"
        return upload(client, f"/products/{product.id}", drawing.encode(), "x.svg").status_code

    assert (status("<a/>" * 19_999), status(flood)) == (200, 422)


BROKEN = "is damaged, or its end is missing"
ACTIVE = "must not hold scripts, other documents, event handlers or links that run them"
TYPES = "must be an image of the type gif, jpg, png, svg"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (doctype(' [<!ENTITY ns "http://www.w3.org/2000/svg">]'),
         "must not declare anything in its DOCTYPE"),
        (doctype(' [<!ATTLIST circle onload CDATA "alert(1)">]'),
         "must not declare anything in its DOCTYPE"),
        (doctype(after="<g>"), "must be well-formed XML, as all drawings of the type svg"),
        (SVG[:-6], "must be well-formed XML, as all drawings of the type svg"),
        (SVG.replace(b"<circle", b"<script/><circle"), ACTIVE),
        (b"<svg>" + b"<a/>" * 20_000 + b"</svg>", "has more than 20,000 elements and attributes"),
        (an_image("PNG")[:40], BROKEN),
        (an_image("PNG")[:-2], BROKEN),
        (b"\x89PNG\r\n\x1a\n", BROKEN),
        (an_image("GIF")[:-1], BROKEN),
        (frames("GIF")[:-20], BROKEN),
        (an_image("JPEG")[:-2], BROKEN),
        (an_image("JPEG")[:-40], BROKEN),
        (with_thumbnail()[:-2], BROKEN),
        (with_thumbnail()[:-900], BROKEN),
        (frames("WEBP")[:-1], BROKEN),
        (an_image("WEBP"), TYPES),
        (an_image("BMP"), TYPES),
        (b"%PDF-1.7", TYPES),
        (b"<!DOCTYPE html><html><svg/></html>", TYPES),
        (b"", TYPES),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_image_is_said(client, server, product, content, reason):
    answer = upload(client, f"/products/{product.id}", content)
    assert answer.json()["errors"] == {"image": [f"The image field {reason}."]}
    assert kept(server, "products") == []


@pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG"])
def test_an_image_of_too_many_pixels_is_refused_with_their_number(client, product, kind):
    file = BytesIO()
    Image.new("L", (10_000, 5_001)).save(file, kind, quality=1)
    answer = upload(client, f"/products/{product.id}", file.getvalue())
    assert answer.json()["errors"] == {
        "image": ["The image field has more than 50,000,000 pixels."]
    }


@pytest.mark.parametrize(
    "whole",
    [an_image("PNG", (9, 9)), an_image("JPEG", (9, 9)), an_image("GIF", (9, 9)), frames("GIF"),
     with_thumbnail()],
    ids=["png", "jpeg", "gif", "frames", "thumbnail"],
)  # fmt: skip
def test_no_part_of_an_image_is_taken_for_a_whole_one(whole):
    assert extension_of(whole) in ("png", "jpg", "gif")
    for end in range(len(whole)):
        try:
            found = extension_of(whole[:end])
        except BadImage:
            found = None
        assert found is None, end


def test_a_text_in_place_of_the_file_is_refused(client, product):
    part = {"image": (None, "products/1.png")}
    answer = client.post(f"/products/{product.id}", files=part)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"image"}


def test_a_form_in_which_no_file_was_chosen_changes_no_image(client, product):
    path = f"/products/{product.id}"
    image = upload(client, path, an_image()).json()["image"]
    content = (
        b'--x\r\nContent-Disposition: form-data; name="image"; filename=""\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post(path, content=content, headers=headers)
    assert (answer.status_code, answer.json()["image"]) == (200, image)


def test_a_product_can_be_sent_back_as_it_was_read(client, product):
    read = upload(client, f"/products/{product.id}", an_image()).json()
    answer = client.post(f"/products/{product.id}", json=read)
    assert answer.status_code == 200
    assert answer.json()["image"] == read["image"]


def test_a_new_image_replaces_the_old_file(client, server, product, group):
    for path, stem in (
        (f"/products/{product.id}", f"products/{product.id}"),
        (f"/groups/{group.id}", "groups/vps"),
    ):
        assert upload(client, path, an_image("PNG")).is_success
        assert upload(client, path, an_image("GIF")).json()["image"] == f"{stem}.gif"
        assert served(server, f"{stem}.png").status_code == 404
        again = an_image("GIF", colour="blue")
        assert upload(client, path, again).json()["image"] == f"{stem}.gif"
        assert served(server, f"{stem}.gif").content == again
        assert len(kept(server, stem.partition("/")[0])) == 1


def test_an_image_stays_until_it_is_removed(client, server, product, group):
    for path in (f"/products/{product.id}", f"/groups/{group.id}"):
        image = upload(client, path, an_image()).json()["image"]
        kept_on = client.post(path, data={"sort_order": "3", "remove_image": "false"})
        assert kept_on.json()["image"] == image
        assert served(server, image).status_code == 200
        removed = client.post(path, data={"remove_image": "true"})
        assert removed.status_code == 200
        assert removed.json()["image"] is None
        assert client.get(path).json()["image"] is None
        assert served(server, image).status_code == 404
        assert client.post(path, json={"remove_image": True}).json()["image"] is None


def test_the_file_goes_with_its_row(client, server, product, group):
    for path in (f"/products/{product.id}", f"/groups/{group.id}"):
        image = upload(client, path, an_image()).json()["image"]
        assert client.delete(path).is_success
        assert served(server, image).status_code == 404
    assert kept(server, "products") == kept(server, "groups") == []


def test_a_group_that_is_not_deleted_keeps_its_file(client, server, session, group):
    product = a_product(session, group=group)
    for path in (f"/groups/{group.id}", f"/products/{product.id}"):
        assert upload(client, path, an_image()).is_success
    assert client.delete(f"/groups/{group.id}").status_code == 409
    assert (kept(server, "groups"), kept(server, "products")) == (
        ["vps.png"],
        [f"{product.id}.png"],
    )
    assert client.delete(f"/groups/{group.id}?force=true").is_success
    assert kept(server, "groups") == kept(server, "products") == []


def test_an_update_that_fails_leaves_the_files_as_they_were(client, server, product):
    path = f"/products/{product.id}"
    failing = {"group_id": 999_999}
    assert upload(client, path, an_image("GIF"), **failing).status_code == 422
    assert kept(server, "products") == []

    old = an_image(colour="green")
    assert upload(client, path, old).is_success
    for content in (an_image("GIF"), an_image("PNG")):
        answer = upload(client, path, content, **failing)
        assert set(answer.json()["errors"]) == {"group_id"}
    assert client.post(path, json={"remove_image": True, **failing}).status_code == 422
    assert kept(server, "products") == [f"{product.id}.png"]
    assert served(server, f"products/{product.id}.png").content == old
    assert client.get(path).json()["image"] == f"products/{product.id}.png"


def test_a_group_that_is_not_made_leaves_no_file(client, server, group):
    fields = {"name": "VPS", "description": "x", "slug": "vps", "status": "active"}
    answer = upload(client, "/groups", an_image(), sort_order=0, **fields)
    assert set(answer.json()["errors"]) == {"slug"}
    assert kept(server, "groups") == []


def test_two_groups_never_share_a_file(client, server, session, group):
    first = an_image(colour="green")
    assert upload(client, f"/groups/{group.id}", first).is_success
    assert client.post(f"/groups/{group.id}", json={"slug": "cloud"}).is_success
    other = a_group(session, slug="vps")
    assert upload(client, f"/groups/{other.id}", an_image(colour="blue")).is_success
    image = client.get(f"/groups/{group.id}").json()["image"]
    assert served(server, image).content == first
    assert client.delete(f"/groups/{other.id}").is_success
    assert served(server, image).content == first


def test_the_longest_address_of_a_group_can_have_an_image(client, server, session):
    group = a_group(session, slug="x" * 255)
    answer = upload(client, f"/groups/{group.id}", an_image())
    assert answer.status_code == 200
    assert served(server, answer.json()["image"]).status_code == 200


@pytest.mark.parametrize(
    "path", ["products", "products/", "products/0.png", "..%2Ftest.db", "%2Fetc%2Fpasswd"]
)
def test_nothing_but_images_is_served(server, path):
    answer = request("GET", f"{server.url}/storage/{path}", follow_redirects=True)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_file_that_is_still_being_written_is_not_served(server):
    folder = server.settings.data / "products"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".new-1").write_bytes(an_image())
    assert served(server, "products/.new-1").status_code == 404
