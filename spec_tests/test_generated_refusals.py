"""Thousands of requests made from the contract: no key opens what it has no permission for."""

import pytest

from spec_tests.generating import header, run

pytestmark = [pytest.mark.once, pytest.mark.needs("minutes")]

# Right requests are refused as well, and what was never made cannot be used.
REFUSING = ("--max-examples", "5", "--mode", "positive", "--exclude-checks",
            "positive_data_acceptance,wrong_data_is_refused,ignored_auth")  # fmt: skip


def test_with_a_key_that_opens_nothing_everything_is_refused(target, token):
    key = target.limited_key or token("services:create")
    run(target, *header(key), *REFUSING, CONTRACT_CLOSED_KEY=key)


def test_without_a_key_everything_is_refused(target):
    run(target, *REFUSING, CONTRACT_CLOSED_KEY="")
