"""The pages for readers are true: what they show to run runs, in their order."""

import json
import re

import pytest
import yaml

from tests.documents.machine import new_machine
from tests.documents.pages import PAGES, RUN, SHOWN, Block, blocks

pytestmark = pytest.mark.once

RUN_PAGES = [page for page in PAGES if any(block.is_run for block in blocks(page))]
# What runs a block, by the word in it or its language.
PROGRAMS = {"php": "php", "javascript": "npm", "curl ": "curl"}
SERVE = Block("sh", "make serve\n", "goes on until Ctrl-C")
# Commands that are in .venv/bin and nowhere else.
OURS = re.compile(
    r"(?<![\w/.-])(?:flask --app|tox -e|pytest (?:tests|spec_tests)|pip install -r)(?!\w)"
)


def needed(page):
    """The names in tests/needs.py of what runs the blocks of a page; only the README is quick."""
    text = "".join(f"{block.language}\n{block.code}" for block in blocks(page) if block.is_run)
    programs = [name for word, name in PROGRAMS.items() if word in text]
    return programs if page.name == "README.md" else [*programs, "minutes"]


@pytest.fixture
def machine(tmp_path):
    with new_machine(tmp_path) as machine:
        yield machine


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.needs(*needed(page))) for page in RUN_PAGES],
    ids=lambda page: page.name,
)
def test_the_blocks_of_a_page_succeed_in_their_order_on_a_new_machine(machine, page):
    text, found = page.read_text(encoding="utf-8"), blocks(page)
    if "`make serve`" in text and SERVE not in found:
        machine.run(SERVE)
    for block in found:
        if block.is_run:
            machine.run(block)


@pytest.mark.needs("curl")
def test_a_block_that_fails_is_noticed(machine):
    machine.run(SERVE)
    with pytest.raises(AssertionError, match="404"):
        machine.run(Block("sh", "curl http://127.0.0.1:8000/nothing\ntrue\n", ""))


def test_every_block_is_run_or_is_known_not_to_be_a_program():
    languages = {block.language for page in PAGES for block in blocks(page)}
    assert languages <= RUN | SHOWN
    fences = sum(page.read_text(encoding="utf-8").count("```") for page in PAGES)
    assert fences == 2 * sum(len(blocks(page)) for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_data_that_a_page_shows_can_be_read(page):
    for block in blocks(page):
        if block.language in ("json", "yaml"):
            (json.loads if block.language == "json" else yaml.safe_load)(block.code)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_are_written_with_their_path(page):
    assert OURS.findall(page.read_text(encoding="utf-8")) == []
