"""HTTP, in no hurry."""

import ssl
from functools import partial
from typing import Any

import httpx

# To read all the certificates that a client may trust takes longer than most tests.
OPTIONS: Any = {"verify": ssl.create_default_context(), "timeout": 60}

# One request on a connection of its own.
request = partial(httpx.request, **OPTIONS)


def open_client(base_url: httpx.URL | str, **options: Any) -> httpx.Client:
    """A client for the paths of an address, with the options of httpx."""
    return httpx.Client(base_url=base_url, **{**OPTIONS, **options})
