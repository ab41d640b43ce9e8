"""Schemas of OpenAPI 3.0 as JSON Schema 2020-12, compiled once.

OpenAPI 3.0.3 has its own dialect, with `nullable` instead of a null type. The contract adds what
other programs may ignore: `x-types` lists the types of a value that may be of more than one, and
`x-decimals` is the number of decimals. That is no `multipleOf`, because validators with binary
numbers find that 19.99 is no multiple of 0.01.
"""

from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any

import jsonschema_rs

from app.markup import has_active_content
from app.moments import is_moment
from app.networks import is_network

Json = dict[str, Any]

# The bounds of values in objects with `additionalProperties: true`, a member of the document.
FREE_VALUE = "x-free-value"

# The formats of requests. Answers are made of what was accepted, or of what another program has
# written; there the usual formats are checked, which are also quicker.
FORMATS = {
    "safe-html": lambda text: not has_active_content(text),
    "network": is_network,
    # Every moment that we can store: one may be well written and lie outside the calendar.
    "date-time": is_moment,
    # A file part is checked by what handles files; here it only has to be there.
    "binary": lambda _: True,
}


# How many parts a value may have for all its errors to be looked for: members, and entries.
EXPLAINED = 200
# Keywords that speak of all that is in an object or a list.
_OF_THE_WHOLE = frozenset({"required", "minItems", "minProperties"})
Path = tuple[str | int, ...]


class Validator:
    """Says whether a value fits a schema, and if not, why. `answers` are checked for it less
    strictly than requests: only the formats that everybody knows count."""

    def __init__(self, document: Json, schema: Json, *, answers: bool = False) -> None:
        self._schema: Json = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **json_schema(schema),
            "components": {"schemas": json_schema(used_schemas(document, schema))},
            # Responses show what is stored, which other programs may have written.
            FREE_VALUE: {} if answers else _free_value(document),
        }
        self._formats = {} if answers else FORMATS
        self.accepts = self._compiled(counting(self._schema)).is_valid

    def _compiled(self, schema: Json) -> Any:
        return jsonschema_rs.validator_for(schema, formats=self._formats, validate_formats=True)

    def errors(self, value: Any) -> Iterator[jsonschema_rs.ValidationError]:
        """Return the ways in which `value` does not fit, in a value of up to EXPLAINED parts all.

        The library finds all of them before it returns the first, a tenth of a millisecond for
        each. So of a longer value, the first one is returned, and all in the beginnings of its
        lists and objects.
        """
        cut: set[Path] = set()
        shortened = _shortened(value, EXPLAINED, (), cut)
        if cut and (first := self._first(value)):
            yield first
        for error in self._explaining.iter_errors(shortened):
            # Of what was cut short, nobody knows what is missing.
            if tuple(error.instance_path) not in cut or error.kind.name not in _OF_THE_WHOLE:
                yield error

    def _first(self, value: Any) -> jsonschema_rs.ValidationError | None:
        try:
            self._explaining.validate(value)
        except jsonschema_rs.ValidationError as error:
            return error
        return None

    @cached_property
    def _explaining(self) -> Any:
        return self._compiled(self._schema)


def _shortened(value: Any, most: int, path: Path, cut: set[Path]) -> Any:
    """Return a value with about `most` parts at most, each level with its share of them.

    The paths of lists and objects that have lost parts go into `cut`.
    """
    if not isinstance(value, (dict, list)) or not value:
        return value
    kept = max(1, min(len(value), most))
    if kept < len(value):
        cut.add(path)
    share = most // kept
    if isinstance(value, list):
        return [_shortened(each, share, (*path, n), cut) for n, each in enumerate(value[:kept])]
    members = islice(value.items(), kept)
    return {name: _shortened(each, share, (*path, name), cut) for name, each in members}


def inlined(document: Json, node: Json) -> Json:
    """`node` itself, or what its outermost reference points to.

    OpenAPI 3.0 ignores what stands beside a reference, so a schema that adds to another one is an
    `allOf` of that alone.
    """
    while "$ref" in node:
        found: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    if len(node.get("allOf", ())) == 1:
        more = {key: value for key, value in node.items() if key != "allOf"}
        return {**inlined(document, node["allOf"][0]), **more}
    return node


def is_nullable(schema: Json) -> bool:
    """Return whether null fits a schema."""
    return bool(schema.get("nullable")) or "null" in schema.get("x-types", ())


def used_schemas(document: Json, schema: Any) -> Json:
    """The named schemas that a schema refers to, at any distance."""
    schemas: Json = document["components"]["schemas"]
    used: Json = {}
    pending = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).rpartition("/")[2]
            if name in schemas and name not in used:
                used[name] = schemas[name]
                pending.append(schemas[name])
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return used


def json_schema(schema: Any) -> Any:
    """Translate one schema, or a map of schemas, and all below. References stay."""
    if isinstance(schema, list):
        return [json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    translated = {
        key: value if key in ("enum", "example", "default") else json_schema(value)
        for key, value in schema.items()
        if key not in ("nullable", "example", "x-types", "x-decimals")
    }
    if "x-decimals" in schema:
        translated["multipleOf"] = float(f"1e-{schema['x-decimals']}")
    if "x-types" in schema:
        translated |= {"type": schema["x-types"], **_FREE}
    if schema.get("additionalProperties") is True:
        translated["additionalProperties"] = _FREE
    return _nullable(translated) if schema.get("nullable") is True else translated


_FREE: Json = {"$ref": f"#/{FREE_VALUE}"}


def _free_value(document: Json) -> Json:
    """Return the schema of a free value: bounds for it, and for all values in it."""
    return {**document.get(FREE_VALUE, {}), "items": _FREE, "additionalProperties": _FREE}


def counting(schema: Any) -> Any:
    """The same schema, quicker to check: where no others may be, members can be counted.

    To look for each of them that is required takes a third of the time of a check. So the most
    frequent case comes first, in which none is there but those.
    """
    if isinstance(schema, list):
        return [counting(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    counted = {
        key: value if key in ("enum", "default") else counting(value)
        for key, value in schema.items()
    }
    required, properties = schema.get("required"), schema.get("properties", {})
    is_closed = schema.get("additionalProperties") is False
    if not (is_closed and isinstance(required, list) and set(required) <= set(properties)):
        return counted
    of_required = {name: counted["properties"][name] for name in required}
    exact = {**counted, "properties": of_required, "minProperties": len(of_required)}
    del exact["required"]
    return exact if len(of_required) == len(properties) else {"anyOf": [exact, counted]}


def _nullable(schema: Json) -> Json:
    if "allOf" in schema:
        # The parts refuse null. This is no `anyOf`, so that errors are those of the parts.
        return {"if": {"not": {"type": "null"}}, "then": schema}
    nullable = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        nullable["enum"] = [*schema["enum"], None]
    return nullable
