"""The options of the contract tests. They are known before it is known which tests to read."""

import pytest


def pytest_addoption(parser):
    group = parser.getgroup("contract", "the server whose contract is proved")
    group.addoption("--base-url", help="a running server, as https://panel.example")
    group.addoption("--key", help="a key of that server that may do everything")
    group.addoption("--limited-key", help="a key of that server that may do nothing")
    group.addoption("--allow-writes", action="store_true", help="let tests change that server")


def pytest_configure(config):
    if config.getoption("--base-url") and not config.getoption("--key"):
        raise pytest.UsageError("--base-url needs --key: a key that may do everything.")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """One process where a server is named: there is one shop, which the tests of another process
    must not change. Servers of our own there are as many as processes."""
    return 0 if config.getoption("--base-url") else None
