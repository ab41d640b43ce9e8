"""What of a change to a schema breaks programs that were written for the schema before it.

Two schemas are compared by who gives and who takes. In a request clients give, by the old contract,
what the server has to take by the new one; in an answer the server gives and clients take. What
may be given has to be taken: a lower limit breaks requests, and a higher one breaks answers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.jsonschema import FREE_VALUE, Json, inlined, is_nullable

UPPER = ("maximum", "maxLength", "maxItems", "maxProperties")
LOWER = ("minimum", "minLength", "minItems", "minProperties")
EXACT = ("format", "pattern", "multipleOf", "uniqueItems")


@dataclass
class Schemas:
    """The comparison of schemas in one direction; those that hold themselves are compared once."""

    old: Json
    new: Json
    is_request: bool
    seen: set[tuple[str, str]] = field(default_factory=set)

    def compare(self, old: Json, new: Json, where: str) -> Iterator[str]:
        names = old.get("$ref", ""), new.get("$ref", "")
        if all(names):
            where = names[0].rpartition("/")[2]
            if names in self.seen:
                return
            self.seen.add(names)
        old, new = merged(self.old, old), merged(self.new, new)
        giver, taker = (old, new) if self.is_request else (new, old)
        yield from (f"{where}: {what}" for what in values(giver, taker))
        if old.get("xml", {}) != new.get("xml", {}):
            yield f"{where}: it is written differently in XML."
        if self.is_request and old.get("default") != new.get("default"):
            yield f"{where}: the default is {new.get('default')!r}."
        if self.is_request and is_open(old) and not is_open(new):
            yield f"{where}: other members are refused."
        yield from (f"{where}: {what}" for what in permissions(old, new))
        yield from self.members(old, new, where)
        yield from self.kinds(old, new, where)

    def members(self, old: Json, new: Json, where: str) -> Iterator[str]:
        for name, before in old["properties"].items():
            if name in new["properties"]:
                yield from self.compare(before, new["properties"][name], f"{where}.{name}")
            else:
                yield f"{where}: `{name}` is gone."
        for key in ("items", "additionalProperties"):
            if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
                yield from self.compare(old[key], new[key], f"{where}[]")

    def kinds(self, old: Json, new: Json, where: str) -> Iterator[str]:
        """Each form that may be given has to fit one of the forms that are taken."""
        befores, afters = forms(self.old, old), forms(self.new, new)
        if len(befores) == len(afters) == 1:
            return
        trial = Schemas(self.old, self.new, self.is_request, {*self.seen})
        if self.is_request:
            fits = [[not any(trial.compare(old, new, where)) for new in afters] for old in befores]
        else:
            fits = [[not any(trial.compare(old, new, where)) for old in befores] for new in afters]
        if not all(map(any, fits)):
            yield f"{where}: one of its forms is not taken."


def merged(document: Json, schema: Json) -> Json:
    """A schema with the members of all its parts (`allOf`)."""
    schema = inlined(document, schema)
    parts = [merged(document, part) for part in schema.get("allOf", ())]
    properties = {name: item for part in [*parts, schema]
                  for name, item in part.get("properties", {}).items()}  # fmt: skip
    required = [name for part in [*parts, schema] for name in part.get("required", ())]
    if "x-decimals" in schema:
        schema = {**schema, "multipleOf": float(f"1e-{schema['x-decimals']}")}
    return {**schema, "properties": properties, "required": required}


def forms(document: Json, schema: Json) -> list[Json]:
    """What a value may be one of. Those that `x-types` lists have the bounds of free values, and
    null counts to the first, as in the anyOf of older contracts."""
    bounds = document.get(FREE_VALUE, {})
    types = [each for each in schema.get("x-types", ()) if each != "null"]
    listed = [{**bounds, "type": each} for each in types]
    if listed and is_nullable(schema):
        listed[0]["nullable"] = True
    return listed or schema.get("anyOf", [schema])


def permissions(old: Json, new: Json) -> Iterator[str]:
    """Why a key that could send a value of a parameter may not send it any more."""
    before, after = permissions_of(old), permissions_of(new)
    for value, needed in after.items():
        enough = before.get(value, [])
        if value in old.get("enum", [value]) and needed and not (enough and {*enough} <= {*needed}):
            yield f"{value or 'it'} needs the permission {' or '.join(needed)}."


def permissions_of(schema: Json) -> dict[str, list[str]]:
    """Return the permissions by value; the key of any value is an empty string."""
    written = schema.get("x-permissions", {})
    return written if isinstance(written, dict) else {"": written}


def is_open(schema: Json) -> bool:
    return schema.get("additionalProperties") is not False and not schema.get("x-closed", False)


def values(giver: Json, taker: Json) -> Iterator[str]:
    """Why a value of `giver` may not be one of `taker`, but for what is inside of it."""
    giver = {**sizes(giver), **giver}
    kinds = giver.get("type"), taker.get("type")
    if "type" in taker and kinds[0] != kinds[1] and kinds != ("integer", "number"):
        yield f"the type differs, {kinds[0]} and {kinds[1]}."
    if takes_null(giver) and not takes_null(taker):
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


def takes_null(schema: Json) -> bool:
    """Whether null fits a schema: as it is, or one of its forms."""
    return is_nullable(schema) or any(map(takes_null, schema.get("anyOf", ())))


def sizes(schema: Json) -> Json:
    """The bounds that follow from the possible values of a schema, if it names texts."""
    lengths = [len(value) for value in schema.get("enum", ()) if isinstance(value, str)]
    return {"minLength": min(lengths), "maxLength": max(lengths)} if lengths else {}
