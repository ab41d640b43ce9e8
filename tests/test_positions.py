"""What processes tell each other of the changes of keys, as places in the log of the database."""

import os

import pytest

from models.positions import CELLS, Positions


@pytest.fixture
def positions(tmp_path):
    return Positions(tmp_path / "run" / "changes")


def test_the_place_of_a_key_only_moves_on(positions):
    assert positions.of(7) == 0
    for position in (100, 300, 200):
        positions.note(7, position)
    assert positions.of(7) == 300
    assert positions.of(8) == 0


def test_a_key_may_have_to_wait_for_another_but_never_too_little(positions):
    positions.note(7, 100)
    assert positions.of(7 + CELLS) == 100


def test_who_knows_the_file_knows_the_places(positions, tmp_path):
    positions.note(7, 100)
    assert Positions(tmp_path / "run" / "changes").of(7) == 100


def test_without_a_file_they_are_known_to_those_that_are_forked():
    positions = Positions()
    child = os.fork()
    if not child:
        positions.note(7, 100)
        os._exit(0)
    os.waitpid(child, 0)
    assert positions.of(7) == 100


def test_a_doubt_lasts_until_the_database_has_answered(positions):
    positions.note(7, 100)
    positions.doubt(7)
    assert positions.of(7) > 2**63
    # A change that is known of does not take away the doubt about another.
    positions.note(7, 200)
    assert positions.of(7) > 2**63
    positions.settle(positions.beyond(250), 300)
    assert positions.of(7) == 300


def test_a_doubt_that_is_newer_than_the_question_stays(positions):
    positions.doubt(7)
    found = positions.beyond(0)
    positions.doubt(7)
    positions.settle(found, 300)
    assert positions.of(7) > 2**63


def test_places_of_a_log_that_is_longer_than_that_of_the_database_end(positions):
    """They are of another database, which was served before."""
    positions.note(7, 5000)
    positions.note(8, 200)
    positions.settle(positions.beyond(0), 300)
    assert (positions.of(7), positions.of(8)) == (300, 200)
