"""Descriptions are shown as HTML in the storefront: none that is stored runs a script there."""

from urllib.parse import quote

import pytest

from tests.factories import a_group, a_product
from tests.security.markup import HARMLESS, HOSTILE
from tests.test_documentation import browser

__all__ = ["browser"]
pytestmark = pytest.mark.once

# A description in the middle of a page that a server writes, and in one that a script fills.
WRITTEN = "<div class=a title='x'><p>{}</p></div><p title='a' class=\"b\">after</p>"
FILLED = "<div id=shown></div><script>shown.innerHTML = decodeURIComponent('{}')</script>"


@pytest.fixture(params=["products", "groups"])
def path(request, session):
    made = {"products": a_product, "groups": a_group}[request.param](session)
    return f"/{request.param}/{made.id}"


@pytest.mark.parametrize("text", HARMLESS)
def test_simple_markup_is_stored_as_it_is_written(client, path, text):
    answer = client.patch(path, json={"description": text})
    assert answer.status_code == 200, answer.text
    assert client.get(path).json()["description"] == text


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_that_may_run_something_is_refused(client, path, text):
    answer = client.patch(path, json={"description": text})
    assert answer.status_code == 422, answer.text
    assert [*answer.json()["errors"]] == ["description"]


def ran(browser, html):
    """Whether a script ran in a page, of its own or once everything in it was clicked."""
    page = browser.new_page()
    calls = []
    page.expose_function("ran", lambda: calls.append(1))
    page.set_content(html)
    page.evaluate(
        "() => document.querySelectorAll('body *').forEach(each => {"
        " if (!['_blank', '_top'].includes(each.target)) each.click?.() })"
    )
    page.wait_for_timeout(50)
    page.close()
    return bool(calls)


@pytest.mark.parametrize("page", [WRITTEN, FILLED], ids=["written", "filled"])
def test_no_script_runs_in_a_page_with_the_markup_that_is_stored(browser, page):
    for text in HARMLESS:
        shown = text if page is WRITTEN else quote(text)
        assert not ran(browser, page.format(shown.replace("{", "&#123;"))), text


def test_the_browser_of_these_tests_runs_hostile_markup(browser):
    hostile = ["<img alt='>' src=x onerror=ran()>", "<a href='java&Tab;script&colon;ran()'>x</a>"]
    assert [ran(browser, WRITTEN.replace("{}", text)) for text in hostile] == [True, True]
