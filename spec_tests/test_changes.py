"""A released contract is a promise: what breaks it has to be announced."""

import copy
from pathlib import Path

import pytest
import yaml

from app.contract import PATH, contract
from spec_tests.announcements import complaints
from spec_tests.changes import breaking_changes

pytestmark = pytest.mark.once

RELEASED = PATH.parent / "released"
CHANGELOG = PATH.parent.parent / "CHANGELOG.md"


def released():
    """The files of all releases, the newest last."""
    return sorted(RELEASED.glob("*.yaml"), key=lambda path: [*map(int, path.stem.split("."))])


def load(path: Path):
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def test_what_breaks_the_newest_release_is_announced():
    newest = load(released()[-1])
    wrong = complaints(newest, contract().document, CHANGELOG.read_text(encoding="utf-8"))
    assert not wrong, "\n".join(wrong)


def test_a_release_bears_its_version():
    assert released()
    for path in released():
        assert load(path)["info"]["version"] == path.stem


# ── Planted changes ───────────────────────────────────────────────────────────


class Draft:
    """The contract, to be changed."""

    def __init__(self):
        self.document = copy.deepcopy(contract().document)
        self.paths = self.document["paths"]
        self.parameters = self.document["components"]["parameters"]
        self.bodies = self.document["components"]["requestBodies"]
        self.responses = self.document["components"]["responses"]
        self.schemas = self.document["components"]["schemas"]

    def operation(self, operation_id):
        found = contract().operations[operation_id]
        return self.paths[found.path][found.method]


BREAKING = {
    "an operation is gone": (
        lambda new: new.paths["/application/health"].pop("get"), {"health.show"}),
    "a path is named differently": (
        lambda new: new.paths.update({"/application/state": new.paths.pop("/application/health")}),
        {"health.show"}),
    "an operation is named differently": (
        lambda new: new.operation("services.suspend").update(operationId="services.stop"),
        {"services.suspend"}),
    "an operation needs another permission": (
        lambda new: new.operation("license.show").update(security=[{"bearer": ["health"]}]),
        {"license.show"}),
    "an operation needs one more permission": (
        lambda new: new.operation("license.show").update(
            security=[{"bearer": ["license", "health"]}]),
        {"license.show"}),
    "one of two permissions is no longer enough": (
        lambda new: new.operation("groups.show")["security"].pop(), {"groups.show"}),
    "a public operation needs a permission": (
        lambda new: new.operation("oauth.token").update(security=[{"bearer": ["health"]}]),
        {"oauth.token"}),
    "a parameter is gone": (
        lambda new: new.operation("services.index")["parameters"].pop(0), {"services.index"}),
    "a parameter is required": (
        lambda new: new.operation("health.show").update(parameters=[
            {"name": "at", "in": "query", "required": True, "schema": {"type": "string"}}]),
        {"health.show"}),
    "a parameter of the path is narrower": (
        lambda new: new.schemas["ServiceKey"].update(maxLength=20),
        {"services.show", "services.update", "services.patch", "services.delete",
         "services.expire", "services.suspend", "services.unsuspend", "services.expire_by_delete",
         "services.suspend_by_put", "services.unsuspend_by_put"}),
    "a sort is gone": (
        lambda new: new.schemas["ServiceSort"]["enum"].remove("status"),
        {"services.index"}),
    "a default is another": (
        lambda new: new.parameters["per_page"]["schema"].update(default=10),
        {"customers.index", "products.index", "groups.index", "pricings.index",
         "services.index", "api_keys.index"}),
    "a body is required": (
        lambda new: new.bodies["ServiceSuspend"].update(required=True),
        {"services.suspend", "services.suspend_by_put"}),
    "a body of DELETE is no longer taken": (
        lambda new: new.operation("customers.delete").pop("x-request-body"),
        {"customers.delete"}),
    "a form is no longer taken": (
        lambda new: new.bodies["ServiceExpire"]["content"].pop("multipart/form-data"),
        {"services.expire"}),
    "a field of a request is required": (
        lambda new: new.schemas["ServiceSuspend"].update(required=["reason"]),
        {"services.suspend", "services.suspend_by_put"}),
    "a field of a request is gone": (
        lambda new: new.schemas["ServiceSuspend"]["properties"].pop("notify"),
        {"services.suspend", "services.suspend_by_put"}),
    "a text of a request may be less long": (
        lambda new: new.schemas["ServiceSuspend"]["properties"]["reason"].update(maxLength=100),
        {"services.suspend", "services.suspend_by_put"}),
    "null may no longer be sent": (
        lambda new: new.schemas["ServiceSuspend"]["properties"]["reason"].pop("nullable"),
        {"services.suspend", "services.suspend_by_put"}),
    "other members are refused": (
        lambda new: new.schemas["ServiceSuspend"].update(additionalProperties=False),
        {"services.suspend", "services.suspend_by_put"}),
    "a status of an answer is gone": (
        lambda new: new.operation("services.unsuspend")["responses"].pop("409"),
        {"services.unsuspend"}),
    "another success is possible": (
        lambda new: new.operation("license.show")["responses"].update(
            {"202": {"$ref": "#/components/responses/License"}}),
        {"license.show"}),
    "an answer comes in one form less": (
        lambda new: new.responses["License"]["content"].pop("application/xml"), {"license.show"}),
    "a header of an answer is gone": (
        lambda new: new.responses["License"]["headers"].pop("Vary"), {"license.show"}),
    "a property of an answer is gone": (
        lambda new: new.schemas["License"]["properties"].pop("server"), {"license.show"}),
    "a property of an answer may be missing": (
        lambda new: new.schemas["License"]["required"].remove("server"), {"license.show"}),
    "a property of an answer may be null": (
        lambda new: new.schemas["License"]["properties"]["domain"].update(nullable=True),
        {"license.show"}),
    "a property of an answer is of another type": (
        lambda new: new.schemas["License"]["properties"]["type"].update(type="integer"),
        {"license.show"}),
    "an answer has a value that was not there": (
        lambda new: new.schemas["HealthStatus"]["enum"].append("busy"),
        {"health.show"}),
    "a text of an answer may be longer": (
        lambda new: new.schemas["License"]["properties"]["domain"].update(maxLength=2000),
        {"license.show"}),
    "a number of an answer may be greater": (
        lambda new: new.schemas["Token"]["properties"]["expires_in"].update(maximum=7200),
        {"oauth.token"}),
    "an answer is written differently in XML": (
        lambda new: new.schemas["Health"]["xml"].update(name="state"), {"health.show"}),
    "a page is a list of something else": (
        lambda new: new.schemas["GroupPage"]["properties"]["data"].update(
            items={"$ref": "#/components/schemas/Health"}),
        {"groups.index"}),
    "a text of a request has to look different": (
        lambda new: new.schemas["ServiceSuspend"]["properties"]["reason"].update(pattern="^a"),
        {"services.suspend", "services.suspend_by_put"}),
    "one of two forms of a value is not taken": (
        lambda new: new.schemas["ServiceData"]["x-types"].remove("array"),
        {"services.update", "services.patch"}),
    "a value of an answer has one more form": (
        lambda new: new.schemas["ServiceData"]["x-types"].append("string"),
        {each.id for each in contract().operations.values()
         if any(contract().refers(answer.schema or {}, "ServiceData")
                for answer in each.responses.values())}),
    "bodies may be less large": (
        lambda new: new.document.update({"x-body-limit": 1024}),
        {name for name, operation in contract().operations.items() if operation.bodies}),
    "an include needs a permission": (
        lambda new: new.schemas["GroupInclude"]["x-permissions"].update(metadata=["groups:update"]),
        {"groups.index", "groups.show"}),
    "an include needs another permission": (
        lambda new: new.schemas["ServiceInclude"]["x-permissions"]["customer"].pop(),
        {"services.index", "services.show"}),
    "a parameter needs another permission": (
        lambda new: new.parameters["pricing"]["schema"].update({"x-permissions": ["health"]}),
        {"products.index", "products.show"}),
    "the server is elsewhere": (
        lambda new: new.document.update(servers=[{"url": "/api/v2"}]),
        {*contract().operations}),
}  # fmt: skip

HARMLESS = {
    "nothing": lambda new: None,
    "a new operation": lambda new: new.paths["/application/health"].update(
        post={**new.operation("health.show"), "operationId": "health.check"}),
    "an operation is deprecated": lambda new: new.operation("health.show").update(deprecated=True),
    "other words": lambda new: new.operation("health.show").update(description="Other words."),
    "one more permission is enough": lambda new: new.operation("license.show")["security"].append(
        {"bearer": ["health"]}),
    "one more permission is enough for an include": lambda new:
        new.schemas["ServiceInclude"]["x-permissions"]["customer"].append("customers:update"),
    "an include needs no permission": lambda new:
        new.schemas["ServiceInclude"]["x-permissions"].update(customer=[]),
    "a new include needs a permission": lambda new: (
        new.schemas["ServiceInclude"]["enum"].append("product"),
        new.schemas["ServiceInclude"]["x-permissions"].update(product=["products:index"])),
    "no permission is needed": lambda new: new.operation("license.show").update(security=[]),
    "one more parameter": lambda new: new.operation("groups.show")["parameters"].append(
        {"$ref": "#/components/parameters/pricing"}),
    "a parameter by reference is written out": lambda new: new.operation("groups.show").update(
        parameters=[new.parameters["group_include"]]),
    "one more sort": lambda new: new.schemas["ServiceSort"]["enum"].append("name"),
    "one more form of a body": lambda new: new.bodies["TokenRequest"]["content"].update(
        {"application/json": {"schema": {"$ref": "#/components/schemas/TokenRequest"}}}),
    "a body need not be sent": lambda new: new.bodies["GroupCreate"].pop("required"),
    "one more field of a request": lambda new: new.schemas["ServiceSuspend"]["properties"].update(
        until={"type": "string", "maxLength": 10}),
    "a field need not be sent": lambda new: new.schemas["GroupCreate"]["required"].remove("slug"),
    "a text of a request may be longer": lambda new:
        new.schemas["ServiceSuspend"]["properties"]["reason"].update(maxLength=300),
    "a request may have other values": lambda new:
        new.schemas["CustomerCreate"]["properties"].update(
            country={"type": "string", "minLength": 2, "maxLength": 255}),
    "one more error": lambda new: new.operation("health.show")["responses"].update(
        {"404": {"$ref": "#/components/responses/NotFound"}}),
    "one more header": lambda new: new.responses["License"]["headers"].update(
        ETag={"schema": {"type": "string"}}),
    "one more property of an answer": lambda new: new.schemas["License"]["properties"].update(
        owner={"type": "string", "maxLength": 10}),
    "a property of an answer is always there": lambda new:
        new.schemas["LicenseResponse"]["required"].append("license"),
    "an answer has a value less": lambda new:
        new.schemas["LicenseStatus"]["enum"].remove("error"),
    "a text of an answer is less long": lambda new:
        new.schemas["License"]["properties"]["domain"].update(maxLength=255),
    "an answer has a value of one form less": lambda new:
        new.schemas["Service"]["properties"].update(data={"x-types": ["object", "null"]}),
    "null is not answered any more": lambda new:
        new.schemas["License"]["properties"]["server"].pop("nullable"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "broken"), BREAKING.values(), ids=BREAKING)
def test_a_breaking_change_is_seen(change, broken):
    new = Draft()
    change(new)
    found = breaking_changes(contract().document, new.document)
    assert {each.operation for each in found} == broken


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_a_harmless_change_is_none(change):
    new = Draft()
    change(new)
    assert breaking_changes(contract().document, new.document) == []


# ── Announcements ─────────────────────────────────────────────────────────────

CHANGES = """# Changelog

## [Unreleased]

### Added

- `groups.show`: something.

### Breaking

{breaking}
### Fixed

- `license.show`: something.

## [1.0.0]

### Breaking

- `statistics.show`: long ago.
"""


def after(change, breaking, version="2.0.0"):
    """The complaints about a changed contract, of some version, and its announcements."""
    old, new = Draft(), Draft()
    change(new)
    old.document["info"]["version"], new.document["info"]["version"] = "1.0.0", version
    return complaints(old.document, new.document, CHANGES.format(breaking=breaking))


def drop_health_and_license(new):
    del new.paths["/application/health"], new.paths["/application/license"]


def test_a_complaint_says_what_to_write():
    assert after(drop_health_and_license, "") == [
        "Announce in CHANGELOG.md, under `## [Unreleased]` and `### Breaking`:",
        "- `health.show`: GET /api/application/health is gone.",
        "- `license.show`: GET /api/application/license is gone.",
    ]


@pytest.mark.parametrize("breaking", [
    "- `health.show`: gone.\n- `license.show`: gone,\n  for good.\n",
    "- `health.show`, `license.show`: gone.\n",
    "- `*.show`: gone.\n",
])  # fmt: skip
def test_operations_are_announced_by_name_or_pattern(breaking):
    assert after(drop_health_and_license, breaking) == []


def test_each_operation_has_to_be_announced():
    assert after(drop_health_and_license, "- `health.show`: gone.\n")[1:] == [
        "- `license.show`: GET /api/application/license is gone."
    ]


def test_what_does_not_break_is_not_announced():
    assert after(lambda new: None, "- `health.show`: gone.\n") == [
        "Take `health.show` out of `### Breaking` in CHANGELOG.md: nothing breaks it."
    ]


@pytest.mark.parametrize("version", ["1.0.0", "1.7.0"])
def test_a_breaking_change_makes_a_new_major_version(version):
    assert after(drop_health_and_license, "- `*.show`: gone.\n", version) == [
        "Set `info.version` to 2.0.0: older programs will break."
    ]
