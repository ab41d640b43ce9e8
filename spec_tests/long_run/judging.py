"""What is wrong with an answer, by the document alone."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from lxml import etree
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.xml.parsing import ForeignCharacter, Malformed
from spec_tests.long_run.promises import Answer, Promise, promises
from spec_tests.long_run.sending import Sending
from spec_tests.recording import operation_at, same_every_time
from spec_tests.twins import assert_fits, from_xml, with_floats
from spec_tests.wrong_data import wrong_data_is_refused

# What HTTP itself is made of, on any answer, and what protects browsers.
ORDINARY = {
    "content-type", "content-length", "content-encoding", "transfer-encoding", "date", "server",
    "cache-control",
    "strict-transport-security", "x-content-type-options", "referrer-policy",
    "content-security-policy", "x-frame-options", "permissions-policy",
    "x-permitted-cross-domain-policies",
}  # fmt: skip
# What an old address says with each answer.
SUCCESSION = {"deprecation", "link"}
# What is longer does not come through the parser of HTTP, so that nobody asks for a key.
LONGEST_TARGET = 65_535
NAMING = ("/invalid-body", "/invalid-parameters")


@dataclass(frozen=True)
class Exchange:
    """A request and its answer. `case` is what was generated, if its key opens the operation."""

    promise: Promise
    sending: Sending
    response: Response
    case: Case | None = None

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return {name: ", ".join(values) for name, values in self.response.headers.items()}

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


class Unreadable(Exception):
    """The body of an answer is not what its media type says."""


def faults(exchange: Exchange) -> Iterator[str]:
    """Every promise that an answer breaks; nothing if it keeps all."""
    if exchange.status >= 500:
        yield f"The server failed: {exchange.status}."
    if len(exchange.response.request.path_url) > LONGEST_TARGET:
        if exchange.status != 400:
            yield f"A target that no server reads to its end is answered with {exchange.status}."
        return
    answer = exchange.promise.answers.get(exchange.status)
    if answer is None:
        yield f"Status {exchange.status} is not declared."
        return
    yield from _key_faults(exchange)
    yield from _data_faults(exchange)
    yield from _header_faults(exchange, answer)
    if not answer.media_types:
        if exchange.response.content:
            yield "There is a body where none is declared."
        return
    try:
        value = value_of(exchange)
    except Unreadable as error:
        yield str(error)
        return
    if not answer.accepts(value):
        yield "The body is not of the declared schema."
    elif exchange.status >= 400:
        yield from _problem_faults(exchange, value)


def value_of(exchange: Exchange) -> Any:
    """The value of a body, the same from JSON and from XML. Raises Unreadable."""
    is_json = exchange.media_type.endswith("json")
    found = _read(exchange.promise.id, exchange.status, is_json, exchange.response.content)
    if isinstance(found, Unreadable):
        raise found
    return found


@lru_cache(maxsize=32)
def _read(operation: str, status: int, is_json: bool, content: bytes) -> Any:
    # Whoever is refused gets the same refusal: bodies come again and again.
    try:
        if is_json:
            return json.loads(content)
        assert_fits(content)
        return with_floats(from_xml(promises()[operation].answers[status].schema, content))
    except (ValueError, Malformed, ForeignCharacter, etree.XMLSyntaxError, AssertionError) as error:
        return Unreadable(f"The body cannot be read as {'JSON' if is_json else 'XML'}: {error}")


def difference(exchange: Exchange, twin: Exchange) -> Iterator[str]:
    """What is wrong if two answers to the same read are not equal."""
    if exchange.status != twin.status:
        yield f"JSON and XML differ: {exchange.status} and {twin.status}."
        return
    one, other = (same_every_time(value_of(each)) for each in (exchange, twin))
    if one != other:
        yield "JSON and XML carry different values."


def _key_faults(exchange: Exchange) -> Iterator[str]:
    """The status that the key has to get, or must not."""
    status, refusal = exchange.status, exchange.sending.refusal
    if refusal is None:
        if exchange.promise.needs_key and status in (401, 403) and not _is_beyond(exchange):
            yield f"The key opens this, and was refused with {status}."
    elif status != refusal and is_routed(exchange):
        yield f"Who sends a {exchange.sending.who} gets {refusal}, and got {status}."


def _is_beyond(exchange: Exchange) -> bool:
    """Whether a key was refused for what it requests: another key that goes further than itself,
    or an include that needs a permission of its own."""
    if exchange.sending.who == "full key":
        return False
    content = exchange.response.content
    query = urlsplit(str(exchange.response.request.url)).query
    has_include = "include" in query or "pricing" in query
    return b"/api/problems/beyond-key" in content or (
        has_include and b"/api/problems/insufficient-scope" in content
    )


def is_routed(exchange: Exchange) -> bool:
    """Whether the address is that of the operation: an id with a slash in it leads elsewhere."""
    request = exchange.response.request
    path = unquote(urlsplit(str(request.url)).path)
    operation = operation_at(str(request.method), path)
    return operation is not None and operation.id == exchange.promise.id


def _data_faults(exchange: Exchange) -> Iterator[str]:
    """Right data are taken, wrong ones are not, as schemathesis and `wrong_data` see it."""
    case = exchange.case
    if case is None:
        return
    check = wrong_data_is_refused if exchange.status < 300 else positive_data_acceptance
    try:
        case.validate_response(exchange.response, checks=[check])
    except FailureGroup as group:
        for failure in group.exceptions:
            yield " ".join(str(failure).split())


def _header_faults(exchange: Exchange, answer: Answer) -> Iterator[str]:
    headers, media_type = exchange.headers, exchange.media_type
    if media_type not in (answer.media_types or {""}):
        yield f"The media type {media_type} is not declared."
    if answer.media_types and media_type.rpartition("/")[2].endswith(
        "xml"
    ) != exchange.sending.accept.endswith("xml"):
        yield f"{exchange.sending.accept} was asked for, and {media_type} came."
    for name, text in headers.items():
        if name in answer.headers:
            if not answer.headers[name](int(text) if text.isdigit() else text):
                yield f"The header {name} has a value that is not declared: {text}"
        elif name not in ORDINARY and not (exchange.promise.is_deprecated and name in SUCCESSION):
            yield f"The header {name} is not declared."


def _problem_faults(exchange: Exchange, problem: Any) -> Iterator[str]:
    if problem["status"] != exchange.status:
        yield f"The problem says {problem['status']}, the status is {exchange.status}."
    if not problem["type"].endswith(NAMING):
        return
    if not problem.get("errors"):
        yield "The problem names no wrong field."
    sent = set(map(_outermost, _sent_names(exchange)))
    if "" in sent:
        # The validator leaves empty names out of paths, so that what is below them comes first.
        return
    named = set(map(_outermost, problem.get("errors", ())))
    if unknown := named - exchange.promise.names - sent:
        yield f"The problem names fields that do not exist: {sorted(unknown)}"


def _outermost(name: str) -> str:
    """The outermost field of a dotted path."""
    return name.partition("].")[0] + "]" if "]." in name else name.partition(".")[0]


def _sent_names(exchange: Exchange) -> set[str]:
    query = urlsplit(str(exchange.response.request.url)).query
    names = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    if exchange.case is not None and isinstance(exchange.case.body, dict):
        names |= exchange.case.body.keys()
    return names | {"body"}
