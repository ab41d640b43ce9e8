"""What of a change to the contract breaks programs that were written for the contract before it."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.contract import METHODS
from app.jsonschema import Json, inlined
from spec_tests.schema_changes import Schemas


@dataclass(frozen=True, order=True)
class Change:
    """What breaks, and the operationId by which the old contract knows the operation."""

    operation: str
    what: str


def breaking_changes(old: Json, new: Json) -> list[Change]:
    """All that the new document breaks. Both are OpenAPI 3.0."""
    later = dict(operations(new))
    found: set[Change] = set()
    for address, operation in operations(old):
        name = operation["operationId"]
        if address not in later:
            found.add(Change(name, f"{' '.join(address)} is gone."))
        else:
            whats = Comparison(old, new).operation(operation, later[address])
            found.update(Change(name, what) for what in whats)
    return sorted(found)


def operations(document: Json) -> Iterator[tuple[tuple[str, str], Json]]:
    """Each operation with its method and address, the parameters of the path among its own."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                own = item[method]
                parameters = [*item.get("parameters", ()), *own.get("parameters", ())]
                address = document["servers"][0]["url"] + path
                yield (method.upper(), address), {**own, "parameters": parameters}


class Comparison:
    """The comparison of one operation."""

    def __init__(self, old: Json, new: Json) -> None:
        self.old, self.new = old, new
        self.requests = Schemas(old, new, is_request=True)
        self.answers = Schemas(old, new, is_request=False)

    def operation(self, old: Json, new: Json) -> Iterator[str]:
        if old["operationId"] != new["operationId"]:
            yield f"It is now named `{new['operationId']}`."
        for scopes in alternatives(old):
            if not any(scopes >= enough for enough in alternatives(new)):
                held = " and ".join(sorted(scopes)) or "nothing"
                yield f"The permission that was enough is not any more: {held}."
        yield from self.parameters(old, new)
        yield from self.body(old, new)
        yield from self.responses(old["responses"], new["responses"])

    def parameters(self, old: Json, new: Json) -> Iterator[str]:
        before, after = named_parameters(self.old, old), named_parameters(self.new, new)
        for key, parameter in after.items():
            if parameter.get("required") and not before.get(key, {}).get("required"):
                yield f"The parameter `{key[1]}` is required."
        for key, parameter in before.items():
            if key not in after:
                yield f"The parameter `{key[1]}` is gone."
            else:
                schemas = parameter["schema"], after[key]["schema"]
                yield from self.requests.compare(*schemas, f"`{key[1]}`")

    def body(self, old: Json, new: Json) -> Iterator[str]:
        before, after = body_of(self.old, old), body_of(self.new, new)
        if after.get("required") and not before.get("required"):
            yield "A body is required."
        if before and self.new["x-body-limit"] < self.old["x-body-limit"]:
            yield f"A body may have no more than {self.new['x-body-limit']} bytes."
        yield from contents(self.requests, before, after, "the body")

    def responses(self, old: Json, new: Json) -> Iterator[str]:
        for status in new:
            if status not in old and status[0] in "23":
                yield f"It may answer {status}."
        for status, response in old.items():
            if status not in new:
                yield f"It no longer answers {status}."
                continue
            before, after = inlined(self.old, response), inlined(self.new, new[status])
            for name in before.get("headers", {}).keys() - after.get("headers", {}).keys():
                yield f"The header {name} of {status} is gone."
            yield from contents(self.answers, before, after, f"the answer {status}")


def contents(schemas: Schemas, old: Json, new: Json, where: str) -> Iterator[str]:
    for media_type, content in old.get("content", {}).items():
        if media_type in new.get("content", {}):
            later = new["content"][media_type]
            yield from schemas.compare(content["schema"], later["schema"], where)
        else:
            yield f"{media_type} is gone from {where}."


def alternatives(operation: Json) -> list[set[str]]:
    """The sets of permissions of which one is enough."""
    requirements = operation["security"] or [{}]
    return [{scope for scopes in each.values() for scope in scopes} for each in requirements]


def named_parameters(document: Json, operation: Json) -> dict[tuple[str, str], Json]:
    found = (inlined(document, parameter) for parameter in operation["parameters"])
    return {(parameter["in"], parameter["name"]): parameter for parameter in found}


def body_of(document: Json, operation: Json) -> Json:
    return inlined(document, operation.get("requestBody") or operation.get("x-request-body") or {})
