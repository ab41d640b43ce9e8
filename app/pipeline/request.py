"""The request check: parameters and body, read and validated against the contract."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from app.contract import Contract, Operation, Parameter
from app.criteria import Match
from app.jsonschema import Json, inlined
from app.listing import Query
from app.pipeline.bodies import pairs, read_body
from app.pipeline.body_check import body_checks, media_type_of
from app.pipeline.call import Answer, Call, Parts, Step
from app.pipeline.cursors import cursor_reader
from app.pipeline.problems import Problem, invalid
from app.pipeline.reading import reader
from app.pipeline.reasons import NAMED, header, query_parameter, reasons, unstorable
from models.sentence import Sentence, say

CURSOR = "cursor"
# In bytes, of path and query. The links of a page repeat them, and have a limit in the contract.
URL_LIMIT = 32 * 1024


def url_too_long() -> Problem:
    """The 414 problem of a request whose URL has more bytes than URL_LIMIT."""
    return Problem(
        "uri-too-long", say("An address may have at most {limit} bytes.", limit=URL_LIMIT)
    )


def request_check(operation: Operation, step: Step, parts: Parts) -> Step:
    """Read and validate parameters and body. Raises a problem that names all that is wrong."""
    read_query = _query(parts.contract, operation)
    read_path = _path(parts.contract, operation)
    read_headers = _headers(parts.contract, operation)
    bodies = body_checks(parts.contract, operation)
    limit, patience = parts.contract.body_limit, parts.settings.request_timeout

    async def check(call: Call) -> Answer:
        call.arguments["query"] = read_query(call.scope["query_string"])
        if read_headers:
            call.arguments.update(read_headers(call.headers))
        if bodies:
            media_type = media_type_of(call.headers, bodies)
            raw = await read_body(call.receive, call.headers, limit, patience)
            content_type = call.headers.get(b"content-type", b"").decode("latin-1")
            call.arguments["body"] = bodies[media_type](content_type, raw)
        call.arguments.update(read_path(call.path))
        return await step(call)

    return check


def _path(contract: Contract, operation: Operation) -> Callable[[Mapping[str, str]], Json]:
    """Compile the path parameters. What is not an id is the id of nothing: 404, not 400."""
    readers = {
        name: (reader(contract.document, schema), contract.validator(schema))
        for name, schema in operation.path_parameters.items()
    }

    def read(values: Mapping[str, str]) -> Json:
        found: Json = {}
        for name, text in values.items():
            read_value, validator = readers[name]
            # An id has one spelling: no blanks, no leading zero.
            value = read_value(text)
            if str(value) != text or not validator.accepts(value):
                raise Problem("not-found", say("There is nothing with that id."))
            found[name] = value
        return found

    return read


def _headers(
    contract: Contract, operation: Operation
) -> Callable[[Mapping[bytes, bytes]], Json] | None:
    """Compile the headers that an operation takes, all of them texts; None if it takes none."""
    if not operation.headers:
        return None
    names = {each.name: each.name.lower().encode() for each in operation.headers}
    properties = {each.name: each.schema for each in operation.headers}
    validator = contract.validator({"type": "object", "properties": properties})

    def read(headers: Mapping[bytes, bytes]) -> Json:
        found = {
            name: headers[sent].decode("latin-1").strip()
            for name, sent in names.items()
            if sent in headers
        }
        if not validator.accepts(found):
            raise invalid("invalid-parameters", reasons(validator, found, header))
        return found

    return read


def _query(contract: Contract, operation: Operation) -> Callable[[bytes], Query]:
    """Compile the query parameters of an operation."""
    known = {parameter.name: parameter for parameter in operation.query}
    readers = {name: _reader(contract, parameter) for name, parameter in known.items()}
    schema: Json = {
        "type": "object",
        "properties": {name: parameter.schema for name, parameter in known.items()},
    }
    validator = contract.validator(schema)
    matches = {name: _match(contract, parameter) for name, parameter in known.items()}
    defaults = {
        name: parameter.schema["default"]
        for name, parameter in known.items()
        if "default" in parameter.schema
    }
    read_cursor = cursor_reader(contract, operation) if CURSOR in known else None
    empty = Query(defaults, matches, ())

    def read(query_string: bytes) -> Query:
        if not query_string:
            return empty
        sent = pairs(query_string.decode("latin-1"))
        values = dict(defaults)
        errors: dict[str, list[Sentence]] = {}
        for name, value in _collected(sent, known).items():
            if name in known:
                read_value = readers[name](value)
                if read_value is not None:
                    values[name] = read_value
            elif name.partition("[")[0] == "filter" and any(value) and len(errors) < NAMED:
                errors |= _unknown_filter(name, known)
        errors |= unstorable(values)
        if not validator.accepts(values):
            errors |= reasons(validator, values, query_parameter)
        elif read_cursor and CURSOR in values:
            values[CURSOR] = read_cursor(values[CURSOR])
            if values[CURSOR] is None:
                errors[CURSOR] = [say("The cursor is not one that a page of this list has given.")]
        if errors:
            raise invalid("invalid-parameters", errors)
        return Query(values, matches, tuple(sent))

    return read


def _unknown_filter(name: str, known: Iterable[str]) -> dict[str, list[Sentence]]:
    """What to say of a filter that is not there; nothing where there are none at all."""
    possible = ", ".join(each for each in known if each.startswith("filter["))
    unknown = say("The {name} filter is unknown. Possible: {names}.", name=name, names=possible)
    return {name: [unknown]} if possible else {}


def _collected(sent: list[tuple[str, str]], known: Mapping[str, Parameter]) -> dict[str, list[str]]:
    """The values of each name. `x[]=a`, `x[0]=a` and `x=a` are the same parameter.

    A list is split at its commas where it is one text; `x[]=a,b` is one entry.
    """
    collected: dict[str, list[str]] = {}
    for name, value in sent:
        if name in known:
            values = value.split(",") if known[name].is_list else [value]
        else:
            values = [value]
            head, _, index = name.removesuffix("]").rpartition("[")
            if head in known and (not index or (index.isascii() and index.isdigit())):
                name = head
        collected.setdefault(name, []).extend(values)
    return collected


def _reader(contract: Contract, parameter: Parameter) -> Callable[[list[str]], Any]:
    """Read all the values that came under one name."""
    if not parameter.is_list:
        one = reader(contract.document, parameter.schema)
        presence = parameter.schema.get("x-presence", False)
        # As in every web framework: of several single values the last one counts.
        return lambda values: (one(values[-1]) or "") if presence else one(values[-1])
    item = reader(contract.document, parameter.schema["items"])

    def read(values: list[str]) -> list[Any] | None:
        items = [item(each) for each in values]
        return [each for each in items if each is not None] or None

    return read


def _match(contract: Contract, parameter: Parameter) -> Match:
    """How a filter compares: by part for free text, by day for dates, else exactly."""
    schema = inlined(contract.document, parameter.schema.get("items", parameter.schema))
    if schema.get("format") == "date":
        return "day"
    return "text" if schema["type"] == "string" and "enum" not in schema else "exact"
