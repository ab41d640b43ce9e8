"""The changes that are tried: one function for each kind, from the contract to its mutants.

Only what means something is changed: no descriptions, summaries, tags or examples.
"""

from collections.abc import Iterator
from itertools import pairwise

from app.jsonschema import Json
from spec_tests.mutation import schema_operators
from spec_tests.mutation.changes import (
    OPERATORS,
    WRONG,
    Change,
    Mutant,
    dropped,
    operator,
    renamed,
    replaced,
    without,
)
from spec_tests.mutation.places import Place, at, components, name_of, operations, schemas

__all__ = ["schema_operators"]
TOLD = ("x-transition", "x-successor", "x-deprecated-since", "deprecated", "x-presence", "x-hidden",
        "x-request-body", "x-permissions")  # fmt: skip


def mutants(document: Json) -> list[Mutant]:
    """All mutants of a document, always in the same order."""
    return [
        Mutant(f"{name_of(document, place)}:{how}", name, where, value)
        for name, changes in OPERATORS.items()
        for place, how, where, value in changes(document)
    ]


@operator
def ids(document: Json) -> Iterator[Change]:
    for place, operation in operations(document):
        yield replaced(place, operation, "operationId", f"{operation['operationId']}s")


@operator
def permissions(document: Json) -> Iterator[Change]:
    scopes = at(document, _FLOW)["scopes"]
    for scope in scopes:
        yield dropped((*_FLOW, "scopes"), scopes, scope)
    for place, operation in operations(document):
        where = (*place, "security")
        for requirement in operation["security"]:
            if len(operation["security"]) > 1:
                scope = requirement["bearer"][0]
                rest = without(operation["security"], requirement)
                yield (*where, scope), "drop", where, rest
        other = "license" if operation["security"] != [{"bearer": ["license"]}] else "health"
        yield where, "other", where, [{"bearer": [other]}]
        yield where, "add", where, [*operation["security"], {"bearer": [other]}]
        if operation["security"]:
            yield where, "open", where, []


_FLOW: Place = ("components", "securitySchemes", "bearer", "flows", "clientCredentials")


@operator
def parameters(document: Json) -> Iterator[Change]:
    for place, operation in operations(document):
        for each in operation.get("parameters", ()):
            name = each["$ref"].rpartition("/")[2]
            where = (*place, "parameters")
            yield (*where, name), "drop", where, without(operation["parameters"], each)
    for place, parameter in components(document, "parameters"):
        yield replaced(place, parameter, "name", WRONG, "rename")
        for key in ("explode", "allowEmptyValue"):
            if key in parameter:
                yield dropped(place, parameter, key)
        if parameter["in"] == "query":
            yield replaced(place, parameter, "required", True, "add")


@operator
def statuses(document: Json) -> Iterator[Change]:
    for place, operation in operations(document):
        where, answers = (*place, "responses"), operation["responses"]
        for status in answers:
            yield dropped(where, answers, status)
        problems = [status for status in answers if status >= "400"]
        for status, after in pairwise(problems):
            if answers[status] != answers[after]:
                yield replaced(where, answers, status, answers[after], "other answer")
        yield replaced(where, answers, "410", {"$ref": "#/components/responses/NotFound"}, "add")


@operator
def told(document: Json) -> Iterator[Change]:
    """What programs are told beside what OpenAPI has words for."""
    for place, operation in operations(document):
        for key in TOLD:
            if key in operation:
                yield dropped(place, operation, key)
    for place, schema in schemas(document):
        for key in TOLD:
            if key in schema:
                yield dropped(place, schema, key)
        for action, way in schema.get("x-transitions", {}).items():
            where = (*place, "x-transitions", action)
            yield replaced(where, way, "to", "pending")
            yield replaced(where, way, "from", way["from"][1:])


@operator
def addresses(document: Json) -> Iterator[Change]:
    for path in document["paths"]:
        yield ("paths", path), "rename", ("paths",), renamed(document["paths"], path, f"{path}s")
    for (*place, method), _ in operations(document):
        where, item = tuple(place), at(document, tuple(place))
        other = next(each for each in ("put", "delete", "patch") if each not in item)
        yield (*where, method), "other method", where, renamed(item, method, other)
    yield ("servers", 0, "url"), "change", ("servers", 0, "url"), "/wrong"
    limit = document["x-body-limit"]
    yield ("x-body-limit",), "widen", ("x-body-limit",), limit + 1
    yield ("x-body-limit",), "narrow", ("x-body-limit",), limit - 1


# ── Bodies, answers, headers, links ───────────────────────────────────────────


@operator
def media_types(document: Json) -> Iterator[Change]:
    for kind in ("requestBodies", "responses"):
        for place, written in components(document, kind):
            where, content = (*place, "content"), written.get("content", {})
            for media in content:
                yield dropped(where, content, media)


@operator
def bodies(document: Json) -> Iterator[Change]:
    for place, operation in operations(document):
        if "requestBody" in operation:
            yield dropped(place, operation, "requestBody")
    for place, body in components(document, "requestBodies"):
        if body.get("required"):
            yield dropped(place, body, "required")
        else:
            yield replaced(place, body, "required", True, "add")


@operator
def answers(document: Json) -> Iterator[Change]:
    """What a body or answer holds is something else."""
    for kind in ("requestBodies", "responses"):
        for place, written in components(document, kind):
            content = written.get("content", {})
            schemas_of = {str(each["schema"]) for each in content.values()}
            other = {"$ref": "#/components/schemas/Health"}
            if len(schemas_of) == 1:
                changed = {media: {**each, "schema": other} for media, each in content.items()}
                where = (*place, "content")
                yield (*where, "*", "schema"), "change", where, changed


@operator
def headers(document: Json) -> Iterator[Change]:
    for place, written in components(document, "responses"):
        where, there = (*place, "headers"), written.get("headers", {})
        for name in there:
            yield dropped(where, there, name)
            yield (*where, name), "rename", where, renamed(there, name, f"{name}-Wrong")


@operator
def links(document: Json) -> Iterator[Change]:
    for place, link in components(document, "links"):
        yield replaced(place, link, "operationId", "health.show")
        for name in link.get("parameters", {}):
            yield dropped((*place, "parameters"), link["parameters"], name)
    for place, written in components(document, "responses"):
        for name in written.get("links", {}):
            yield dropped((*place, "links"), written["links"], name)
