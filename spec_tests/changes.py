"""What of a change to the contract breaks programs that were written for the contract before it.

Two schemas are compared by who gives and who takes. In a request clients give, by the old contract,
what the server has to take by the new one; in an answer the server gives and clients take. What
may be given has to be taken: a lower limit breaks requests, and a higher one breaks answers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.contract import METHODS
from app.jsonschema import Json, inlined

UPPER = ("maximum", "maxLength", "maxItems", "maxProperties")
LOWER = ("minimum", "minLength", "minItems", "minProperties")
EXACT = ("format", "pattern", "multipleOf", "uniqueItems")


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
    """Each operation with its method and path, the parameters of the path among its own."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                own = item[method]
                parameters = [*item.get("parameters", ()), *own.get("parameters", ())]
                yield (method.upper(), path), {**own, "parameters": parameters}


@dataclass
class Comparison:
    """The comparison of one operation; schemas that hold themselves are compared once."""

    old: Json
    new: Json
    seen: set[tuple[str, str, bool]] = field(default_factory=set)

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
        for (place, name), parameter in after.items():
            was_required = before.get((place, name), {}).get("required", False)
            if parameter.get("required", False) and not was_required:
                yield f"The parameter `{name}` is required."
        for (place, name), parameter in before.items():
            if (place, name) not in after:
                yield f"The parameter `{name}` is gone."
            else:
                schemas = parameter["schema"], after[place, name]["schema"]
                yield from self.schema(*schemas, f"`{name}`", is_request=True)

    def body(self, old: Json, new: Json) -> Iterator[str]:
        before, after = body_of(self.old, old), body_of(self.new, new)
        if after.get("required", False) and not before.get("required", False):
            yield "A body is required."
        yield from self.contents(before, after, "the body", is_request=True)

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
            yield from self.contents(before, after, f"the answer {status}", is_request=False)

    def contents(self, old: Json, new: Json, where: str, *, is_request: bool) -> Iterator[str]:
        for media_type, content in old.get("content", {}).items():
            if media_type not in new.get("content", {}):
                yield f"{media_type} is gone from {where}."
            else:
                schemas = content["schema"], new["content"][media_type]["schema"]
                yield from self.schema(*schemas, where, is_request=is_request)

    def schema(self, old: Json, new: Json, where: str, *, is_request: bool) -> Iterator[str]:
        names = old.get("$ref", ""), new.get("$ref", "")
        if all(names):
            where = names[0].rpartition("/")[2]
            if (*names, is_request) in self.seen:
                return
            self.seen.add((*names, is_request))
        old, new = merged(self.old, old), merged(self.new, new)
        giver, taker = (old, new) if is_request else (new, old)
        yield from (f"{where}: {what}" for what in values(giver, taker))
        if old.get("xml", {}) != new.get("xml", {}):
            yield f"{where}: it is written differently in XML."
        if is_request and old.get("default") != new.get("default"):
            yield f"{where}: the default is {new.get('default')!r}."
        if is_request and is_open(old) and not is_open(new):
            yield f"{where}: other members are refused."
        yield from self.members(old, new, where, is_request=is_request)
        yield from self.kinds(giver, taker, where, is_request=is_request)

    def members(self, old: Json, new: Json, where: str, *, is_request: bool) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in before:
            if name not in after:
                yield f"{where}: `{name}` is gone."
            else:
                inner = f"{where}.{name}"
                yield from self.schema(before[name], after[name], inner, is_request=is_request)
        for key in ("items", "additionalProperties"):
            if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
                yield from self.schema(old[key], new[key], f"{where}[]", is_request=is_request)

    def kinds(self, giver: Json, taker: Json, where: str, *, is_request: bool) -> Iterator[str]:
        """Each form that may be given has to fit one of the forms that are taken."""
        if "anyOf" not in giver and "anyOf" not in taker:
            return
        for given in giver.get("anyOf", [giver]):
            pairs = ((given, taken) for taken in taker.get("anyOf", [taker]))
            pairs = pairs if is_request else ((old, new) for new, old in pairs)
            trial = Comparison(self.old, self.new, {*self.seen})
            if all(any(trial.schema(*pair, where, is_request=is_request)) for pair in pairs):
                yield f"{where}: one of its forms is not taken."


def alternatives(operation: Json) -> list[set[str]]:
    """The sets of permissions of which one is enough."""
    requirements = operation["security"] or [{}]
    return [{scope for scopes in each.values() for scope in scopes} for each in requirements]


def named_parameters(document: Json, operation: Json) -> dict[tuple[str, str], Json]:
    found = (inlined(document, parameter) for parameter in operation["parameters"])
    return {(parameter["in"], parameter["name"]): parameter for parameter in found}


def body_of(document: Json, operation: Json) -> Json:
    return inlined(document, operation.get("requestBody") or operation.get("x-request-body") or {})


def merged(document: Json, schema: Json) -> Json:
    """A schema with the members of all its parts (`allOf`)."""
    schema = inlined(document, schema)
    parts = [merged(document, part) for part in schema.get("allOf", ())]
    properties = {name: item for part in [*parts, schema]
                  for name, item in part.get("properties", {}).items()}  # fmt: skip
    required = [name for part in [*parts, schema] for name in part.get("required", ())]
    return {**schema, "properties": properties, "required": required}


def is_open(schema: Json) -> bool:
    return schema.get("additionalProperties") is not False and not schema.get("x-closed", False)


def values(giver: Json, taker: Json) -> Iterator[str]:
    """Why a value of `giver` may not be one of `taker`, but for what is inside of it."""
    kinds = giver.get("type"), taker.get("type")
    if "type" in taker and kinds[0] != kinds[1] and kinds != ("integer", "number"):
        yield f"the type differs, {kinds[0]} and {kinds[1]}."
    if giver.get("nullable", False) and not taker.get("nullable", False):
        yield "null is given and not taken."
    if "enum" in taker and not {*giver.get("enum", [object()])} <= {*taker["enum"]}:
        yield "the possible values differ."
    for name in UPPER + LOWER:
        if name in taker:
            sign = 1 if name in UPPER else -1
            if name not in giver or sign * giver[name] > sign * taker[name]:
                yield f"{name} is {taker[name]} where {giver.get(name, 'nothing')} was promised."
    for name in EXACT:
        if name in taker and giver.get(name) != taker[name]:
            yield f"{name} differs."
    for name in {*taker["required"]} - {*giver["required"]}:
        yield f"`{name}` is relied on and may be missing."
