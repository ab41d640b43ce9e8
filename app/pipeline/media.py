"""The media types of answers: which one a request accepts best, and what writes it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

import orjson
from werkzeug.datastructures import MIMEAccept

from app.contract import contract
from app.jsonschema import Json
from app.pipeline.preferences import preferences
from app.xml.decoding import Decode, Readers, decoder
from app.xml.encoding import Writers, encoder
from app.xml.shape import Object, Root, Shapes, members_of
from app.xml.xsd import schema_document

JSON, XML, TEXT_XML = "application/json", "application/xml", "text/xml"
HTML = "text/html"
PROBLEM_JSON, PROBLEM_XML = "application/problem+json", "application/problem+xml"
# In order of preference, where a request has none. text/xml is an older name of application/xml.
ANSWERS = (JSON, XML, TEXT_XML)
# The media type of an answer as its header says it. Without a charset, text/xml was once ASCII.
CONTENT_TYPES = {JSON: JSON, XML: XML, TEXT_XML: f"{TEXT_XML}; charset=utf-8"}
# Every answer may be written in another form.
VARY = (b"vary", b"Accept")
# All that we write is UTF-8, so that it does not have to be said.
_UTF_8 = re.compile(r';\s*charset\s*=\s*"?utf-?8"?', re.IGNORECASE)
# As Java writes `*/*`.
_ANYTHING = re.compile(r"(?<![^,\s])\*(?![^;,\s])")
PROBLEM: Json = {"$ref": "#/components/schemas/Problem"}

Write = Callable[[Any], bytes]


class Choice(NamedTuple):
    """The media type of the answer, if any is accepted, and of a problem, which always comes.

    `by_person` is for a request by somebody who reads pages: a browser's.
    """

    answer: str | None
    problem: str
    by_person: bool = False


@lru_cache
def _choice(accepted: str) -> Choice:
    ranges = preferences(_ANYTHING.sub("*/*", _UTF_8.sub("", accepted)), MIMEAccept)
    if not any("/" in item for item in ranges.values()):
        return Choice(JSON, PROBLEM_JSON)
    by_person = _prefers_pages(ranges)
    # To browsers XML is worth more than the rest, but they show JSON just as well, and save
    # application/problem+xml into a file.
    answer = _best(ranges, (JSON,)) if by_person else None
    answer = answer or _best(ranges, ANSWERS)
    if answer is None:
        # Who names problems only will not mind what else an answer is, in the same form.
        answer = {PROBLEM_JSON: JSON, PROBLEM_XML: XML}.get(
            _best(ranges, (PROBLEM_JSON, PROBLEM_XML)) or ""
        )
    as_answer = PROBLEM_XML if answer in (XML, TEXT_XML) else PROBLEM_JSON
    other = PROBLEM_JSON if as_answer == PROBLEM_XML else PROBLEM_XML
    return Choice(answer, _best(ranges, (as_answer, other)) or as_answer, by_person)


def _prefers_pages(ranges: MIMEAccept) -> bool:
    """Whether pages are named, and accepted at least as much as all that operations answer."""
    ours = (*ANSWERS, PROBLEM_JSON, PROBLEM_XML)
    is_named = HTML in map(str.lower, ranges.values())
    return is_named and 0 < ranges.quality(HTML) >= max(map(ranges.quality, ours))


def _best(ranges: MIMEAccept, offered: Iterable[str]) -> str | None:
    """What is accepted most of what is offered; the first of several equals."""
    best = max(offered, key=ranges.quality)
    return best if ranges.quality(best) else None


def chosen(headers: Iterable[tuple[bytes, bytes]]) -> Choice:
    """The media types that fit a request best (RFC 9110 section 12.5.1)."""
    accepted = b", ".join([value for name, value in headers if name == b"accept"])
    # Nobody accepts more than fits here; what is longer is not worth keeping.
    return _choice(accepted[:1000].decode("latin-1"))


@cache
def shapes() -> Shapes:
    """The shapes of the contract in XML."""
    return Shapes(contract().document)


_WRITERS, _READERS = Writers(), Readers()


def xml_reader(schema: Json) -> Decode:
    """The function from the root element of a body to the value that the schema describes."""
    return decoder(shapes().root(schema), _READERS)


def writers(schema: Json) -> Mapping[str, Write]:
    """For each media type of an answer the function from a value of the schema to its body."""
    xml = encoder(shapes().root(schema), _WRITERS)
    return {JSON: orjson.dumps, XML: xml, TEXT_XML: xml}


@cache
def _problem() -> Root:
    """Return the document of any problem: XML has one element for all, with all their members."""
    general = shapes().root(PROBLEM)
    schemas = (
        response.schema
        for operation in contract().operations.values()
        for status, response in operation.responses.items()
        if status >= 400 and response.schema != PROBLEM
    )
    members = {each.name: each for each in members_of(general)}
    for special in {repr(each): shapes().root(each) for each in schemas if each}.values():
        for each in members_of(special):
            members.setdefault(each.name, replace(each, required=False))
    return replace(general, shape=Object(general.shape.name, members=tuple(members.values())))


@cache
def _problem_writers() -> Mapping[str, Write]:
    # RFC 9457, Appendix B: the schema names the namespace, and `i` the items of lists.
    xml = encoder(_problem())
    return {
        PROBLEM_JSON: partial(orjson.dumps, option=orjson.OPT_INDENT_2),
        PROBLEM_XML: xml,
    }


@cache
def answer_schema() -> bytes:
    """The XML Schema of all answers but problems, which are in another namespace.

    It has the types of bodies too. Their elements are called like those of answers, so that
    what was read can be changed and sent, and one schema cannot say both.
    """
    operations = contract().operations.values()
    schemas = [each.success.schema for each in operations if each.success.schema is not None]
    answers = {repr(each): each for each in schemas}
    bodies = [shapes().of(each.bodies[XML]) for each in operations if XML in each.bodies]
    problems = shapes().root(PROBLEM).namespace
    roots = map(shapes().root, answers.values())
    return schema_document(roots, bodies, {problems: "problem.xsd"})


@cache
def problem_schema() -> bytes:
    """The XML Schema of problems (RFC 9457, Appendix B, with all that ours hold)."""
    return schema_document([_problem()])


def write_problem(document: Json, media_type: str) -> bytes:
    """The body of a problem document."""
    return _problem_writers()[media_type](document)
