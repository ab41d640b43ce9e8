"""The page about clients shows the commands and programs that are tried."""

from generators.page import PATH, page


def test_page_is_what_the_command_writes():
    assert PATH.read_text(encoding="utf-8") == page(), "run: .tox/clients/bin/python -m generators"
