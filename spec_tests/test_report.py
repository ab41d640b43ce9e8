"""The verdict on a run: what was seen against what is declared."""

import pytest

from spec_tests import page
from spec_tests.measuring import Reached
from spec_tests.recording import Observations
from spec_tests.report import Fact, compare, declared

pytestmark = [pytest.mark.own, pytest.mark.once]
TEAPOT = {"health.show 418": "GET /api/application/health"}


def seen_all_but(*facts):
    """Observations of all that can be seen, without some facts."""
    seen = Observations()
    for fact in set(declared()) - {*facts}:
        match fact.kind:
            case "status":
                seen.answers["generated", fact.operation, fact.status, "application/json"] += 1
            case "header":
                seen.headers.add((fact.operation, fact.status, fact.name.lower()))
            case "parameter":
                seen.parameters.add((fact.operation, fact.name))
            case "keyword":
                seen.keywords.add((fact.operation, fact.name))
            case "example":
                seen.examples.add(fact.name)
            case "link":
                seen.followed.add(fact.name)
    return seen


LISTED = [
    Fact("header", f"services.{action}", header, 200)
    for action in ("expire", "suspend", "unsuspend")
    for header in ("Deprecation", "Link")
]
LISTED += [
    Fact("header", "oauth.token", f"X-RateLimit-{each}", status)
    for status in (406, 408, 413, 415, 422)
    for each in ("Limit", "Remaining")
]
LISTED += [
    Fact("header", "me.show", header, 403)
    for header in ("WWW-Authenticate", "X-RateLimit-Limit", "X-RateLimit-Remaining")
]


def test_a_run_that_has_seen_everything_passes():
    assert compare(seen_all_but(*LISTED), "own").failures == []


@pytest.mark.parametrize(
    "gap",
    [
        Fact("status", "customers.show", "", 404),
        Fact("status", "customers.create", "", 503),
        Fact("header", "products.index", "Link", 200),
        Fact("parameter", "groups.index", "q"),
        Fact("keyword", "customers.create", "Email maxLength"),
        Fact("example", "", "products.create"),
        Fact("link", "", "ShowCustomer"),
    ],
    ids=str,
)
def test_whatever_was_not_seen_fails_the_run(gap):
    assert compare(seen_all_but(*LISTED, gap), "own").failures == [f"not seen: {gap}"]


def test_a_status_that_is_not_declared_fails_the_run_everywhere():
    seen = seen_all_but(*LISTED)
    seen.undeclared |= TEAPOT
    for mode in ("own", "writes", "reads"):
        assert "health.show 418" in compare(seen, mode).failures[0]


def test_a_reason_for_what_was_seen_after_all_fails_the_run():
    failures = compare(seen_all_but(*LISTED[2:]), "own").failures
    assert failures == []  # Others of the same entry are still missing.
    # The last one has an entry of its own.
    (failure,) = compare(seen_all_but(*LISTED[:-1]), "own").failures
    assert "not_seen.yaml" in failure


def test_no_fault_and_no_write_is_asked_of_another_server():
    fault, write = (Fact("status", "customers.create", "", status) for status in (503, 201))
    seen = seen_all_but(fault, write)
    assert compare(seen, "reads").failures == []
    assert compare(seen, "writes").failures == ["not seen: customers.create 201"]


@pytest.mark.parametrize(
    ("handlers", "failures"),
    [
        (None, []),
        (Reached(90, ["services.py 44"]), []),
        (Reached(89.9, ["services.py 44"]), ["44"]),
    ],
)
def test_generated_requests_have_to_run_most_of_the_handlers(handlers, failures):
    found = compare(seen_all_but(*LISTED), "own", handlers).failures
    assert [each.rpartition(" ")[2] for each in found] == failures


def test_a_success_that_only_written_tests_had_fails_the_run():
    seen = seen_all_but(*LISTED)
    key = ("products.create", 201, "application/json")
    seen.answers["written", *key] = seen.answers.pop(("generated", *key))
    found = compare(seen, "own").failures
    assert found == ["generated requests had no success with products.create"]


def test_the_page_tells_what_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "PAGE", tmp_path / "report.html")
    seen = seen_all_but(*LISTED)
    page.write(compare(seen, "own"), "here", 0)
    assert "<em>agrees</em>" in page.PAGE.read_text()
    seen.undeclared |= TEAPOT
    page.write(compare(seen, "own"), "here", 0)
    text = page.PAGE.read_text()
    assert "<em>disagrees</em>" in text
    assert "health.show 418" in text
    assert "://" not in text
