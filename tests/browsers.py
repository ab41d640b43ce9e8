"""Chromium, for tests of pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

ARGUMENTS = ("--no-sandbox", "--disable-background-networking")


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """A browser that is started with those arguments, and is in no hurry."""
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*ARGUMENTS, *arguments]
        )
        yield browser
        browser.close()
