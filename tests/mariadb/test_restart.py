"""MariaDB itself crashes and comes back while clients write: they are told to wait, no more."""

from tests.durability.restarting import check_crashes


def test_a_crash_of_the_database_loses_nothing_and_service_returns_by_itself(tmp_path):
    check_crashes(tmp_path)
