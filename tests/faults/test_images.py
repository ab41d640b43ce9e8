"""The disk takes no more images: a clear answer, no half of a file, and it goes on by itself."""

import os
import resource
from contextlib import contextmanager
from io import BytesIO

from PIL import Image

from tests.factories import a_product
from tests.test_images import an_image, kept, upload


@contextmanager
def files_of_at_most(size):
    """Let the system refuse to make any file of this process larger, in bytes."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def a_large_image():
    file = BytesIO()
    Image.frombytes("RGB", (560, 560), os.urandom(560 * 560 * 3)).save(file, "PNG")
    return file.getvalue()


def test_an_image_that_finds_no_room_changes_nothing(client, server, session):
    path = f"/products/{a_product(session).id}"
    old = an_image("GIF")
    image = upload(client, path, old, name="Before").json()["image"]
    before = kept(server, "products")
    with files_of_at_most(900_000):
        answer = upload(client, path, a_large_image(), name="After")
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    product = client.get(path).json()
    assert (product["name"], product["image"]) == ("Before", image)
    assert kept(server, "products") == before
    assert (server.settings.data / image).read_bytes() == old
    assert upload(client, path, a_large_image(), name="After").status_code == 200
