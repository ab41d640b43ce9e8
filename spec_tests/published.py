"""Rules as a line of words each: what a schema takes, so that they can be compared by eye."""

from typing import Any

from app.jsonschema import Json, inlined, is_nullable

SIZES = (("minLength", "maxLength"), ("minimum", "maximum"), ("minItems", "maxItems"),
         ("minProperties", "maxProperties"))  # fmt: skip


def rule(document: Json, schema: Json) -> str:
    """A schema in words. Objects that have members are named; their members have rules."""
    (named,) = schema["allOf"] if len(schema.get("allOf", ())) == 1 else (schema,)
    name = named.get("$ref", "").rpartition("/")[2]
    schema = inlined(document, schema)
    if "properties" in schema:
        return f"{name or 'object'}{' or null' * is_nullable(schema)}"
    if "type" not in schema:
        return " or ".join(schema.get("x-types", ["value"]))
    return " ".join(_words(document, schema))


def _words(document: Json, schema: Json) -> Any:
    yield schema["type"]
    if "format" in schema:
        yield schema["format"]
    for lower, upper in SIZES:
        if lower in schema or upper in schema:
            yield f"{schema.get(lower, '')}..{schema.get(upper, '')}"
    if "x-decimals" in schema:
        yield f"to {schema['x-decimals']} decimals"
    if "pattern" in schema:
        yield f"like {schema['pattern']}"
    if "enum" in schema:
        yield f"of {' '.join(map(str, schema['enum']))}"
    if schema.get("type") == "array":
        yield f"of {rule(document, schema['items'])}"
    if "default" in schema:
        yield f"= {schema['default']}".lower()
    if schema.get("nullable"):
        yield "or null"
