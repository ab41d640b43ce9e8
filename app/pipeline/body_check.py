"""The check of bodies: read as their media type, and validated against the contract."""

from collections.abc import Callable, Mapping
from typing import Any

from app.contract import Contract, Operation
from app.jsonschema import Json, inlined
from app.pipeline.bodies import FILES, FORM, parse, too_deep, undeclared, xml_value
from app.pipeline.media import TEXT_XML, XML, xml_reader
from app.pipeline.multipart import Upload
from app.pipeline.problems import Problem, invalid
from app.pipeline.reading import reader
from app.pipeline.reasons import reasons, storable, unstorable
from models.sentence import Sentence, field, say


def media_type_of(headers: Mapping[bytes, bytes], bodies: Mapping[str, Any]) -> str:
    """The media type of the request's body. A body that is not there needs none."""
    if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        # RFC 9110 section 15.5.16; the header says which codings would do.
        raise Problem(
            "unsupported-media-type",
            say("A body is sent as it is, not compressed."),
            headers={"Accept-Encoding": "identity"},
        )
    sent = headers.get(b"content-type", b"").decode("latin-1")
    media_type = sent.partition(";")[0].strip().lower()
    if media_type in bodies:
        return media_type
    if not media_type and headers.get(b"content-length", b"0") == b"0":
        return next(iter(bodies))
    raise Problem(
        "unsupported-media-type",
        say("A body may be sent as {media_types}.", media_types=", ".join(bodies)),
        headers={"Accept": ", ".join(bodies)},
    )


Body = Callable[[str, bytes], Any]


def body_checks(contract: Contract, operation: Operation) -> dict[str, Body]:
    """For each media type, the function that reads and validates a body, which may be empty."""
    bodies = {
        media_type: _body(media_type, _check(contract, schema))
        for media_type, schema in operation.bodies.items()
    }
    if FORM in bodies:
        bodies[FORM] = _form_body(bodies[FORM], frozenset(bodies))
    if XML in bodies:
        schema = operation.bodies[XML]
        bodies[XML] = bodies[TEXT_XML] = _xml_body(schema, _check(contract, schema))
    return bodies


def _body(media_type: str, check: Callable[[Any], Any]) -> Body:
    def read(content_type: str, raw: bytes) -> Any:
        # Even a form without fields has a closing boundary.
        return check(parse(media_type, content_type, raw) if raw or media_type == FILES else {})

    return read


def _form_body(body: Body, media_types: frozenset[str]) -> Body:
    """Refuse JSON and XML that are sent as a form, of which no field would be known."""

    def read(content_type: str, raw: bytes) -> Any:
        media_type = undeclared(raw)
        if media_type in media_types:
            raise Problem(
                "unsupported-media-type",
                say(
                    "The body is no form. Send it with `Content-Type: {media_type}`.",
                    media_type=media_type,
                ),
                headers={"Accept": ", ".join(sorted(media_types))},
            )
        return body(content_type, raw)

    return read


def _xml_body(schema: Json, check: Callable[[Any], Any]) -> Body:
    decode = xml_reader(schema)

    def read(content_type: str, raw: bytes) -> Any:
        return check(xml_value(raw, content_type, decode) if raw else {})

    return read


def _check(contract: Contract, schema: Json) -> Callable[[Any], Any]:
    read = reader(contract.document, schema)
    validator = contract.validator(schema)
    file_fields = _file_fields(contract, schema)

    def check(sent: Any) -> Any:
        try:
            value = read(sent)
        except RecursionError:
            raise too_deep() from None
        text, errors = _without_files(value, file_fields) if file_fields else (value, {})
        if foreign := unstorable(text):
            text = storable(text)
            errors.update(foreign)
        if not validator.accepts(text):
            errors = {**reasons(validator, text), **errors}
        if errors:
            raise invalid("invalid-body", errors)
        return value

    return check


def _file_fields(contract: Contract, schema: Json) -> frozenset[str]:
    """Return the names of the fields of a body that take a file."""
    properties = inlined(contract.document, schema).get("properties", {})
    return frozenset(
        name
        for name, each in properties.items()
        if inlined(contract.document, each).get("format") == "binary"
    )


def _without_files(
    value: Json, file_fields: frozenset[str]
) -> tuple[Json, dict[str, list[Sentence]]]:
    """Return a body whose files are strings, as they are to the contract, and what is wrong.

    The bytes of a file are checked where files are stored.
    """
    sent = {name for name in file_fields if value.get(name) is not None}
    wrong = [name for name in sent if not isinstance(value[name], Upload)]
    errors = {name: [field(name, say("must be one file"))] for name in wrong}
    return {**value, **dict.fromkeys(sent, "")}, errors
