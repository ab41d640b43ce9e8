"""Why a value does not fit, in words for the person who sent it. Schemas are never dumped."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from jsonschema_rs import ValidationError

from app.jsonschema import Validator
from app.pipeline.multipart import Upload
from app.pipeline.reading import UNSTORABLE
from models.sentence import Sentence, field, say

_TYPES = {
    "integer": say("a whole number"),
    "number": say("a number"),
    "string": say("a text"),
    "boolean": say("true or false"),
    "array": say("a list"),
    "object": say("an object"),
    "null": say("null"),
}
_FORMATS = {
    "safe-html": say(
        "must be text with simple markup, without scripts, embedded documents, event handlers,"
        " template code or unknown tags; write &lt; for a < before a letter"
    ),
    "date": say("must be a date such as 2026-08-13"),
    "date-time": say("must be a date and time such as 2026-08-13T20:15:53Z"),
    "email": say("must be an e-mail address, in ASCII before the @"),
    "uuid": say("must be a UUID"),
    "network": say("must be a network such as 192.0.2.0/24 or 2001:db8::/32"),
}
_WRONG_FORM = say("has the wrong form")
# Keyword of a schema -> what it asks for; the keyword's own value is the limit.
_KEYWORDS = {
    "minimum": say("must be at least {limit}"),
    "maximum": say("must be at most {limit}"),
    "minLength": say("must have at least {limit} characters"),
    "maxLength": say("must have at most {limit} characters"),
    "minItems": say("must have at least {limit} entries"),
    "maxItems": say("must have at most {limit} entries"),
    "maxProperties": say("must have at most {limit} fields"),
    "additionalProperties": say("has fields that are not known here"),
    "pattern": _WRONG_FORM,
}

# How many wrong fields a problem document names.
NAMED = 100

Subject = Callable[[str, Sentence], Sentence]


def query_parameter(name: str, reason: Sentence) -> Sentence:
    """What is wrong with a parameter of the query."""
    return say("The {name} parameter {reason}.", name=name, reason=reason)


def header(name: str, reason: Sentence) -> Sentence:
    """What is wrong with a header."""
    return say("The {name} header {reason}.", name=name, reason=reason)


def _number(limit: Any) -> str:
    return str(int(limit) if float(limit).is_integer() else limit)


def _listed(options: Iterable[Any]) -> str:
    return ", ".join(str(option) for option in options if option is not None)


def _reason(error: ValidationError) -> Sentence:
    """What is wrong, as the end of a sentence that begins with the name of the field."""
    kind: Any = error.kind
    match kind.name:
        case "type" | "anyOf" | "oneOf" if error.instance is None and error.instance_path:
            # An empty text counts as null.
            return say("is required")
        case "type":
            # Null is allowed on the side; it is not what was meant to be sent.
            first, *others = [_TYPES[name] for name in kind.types if name != "null"]
            if others:
                return say("must be {one} or {other}", one=first, other=others[0])
            return say("must be {one}", one=first)
        case "enum":
            return say("must be one of {options}", options=_listed(kind.options))
        case "format":
            return _FORMATS.get(kind.format, _WRONG_FORM)
        case "multipleOf":
            return say("must be a multiple of {limit}", limit=_number(kind.multiple_of))
        case "required":
            return say("is required")
        case name if name in _KEYWORDS:
            limit = getattr(kind, "limit", None)
            values = {} if limit is None else {"limit": _number(limit)}
            return Sentence(_KEYWORDS[name].template, values)
    return say("is not valid")


def reasons(validator: Validator, value: Any, about: Subject = field) -> dict[str, list[Sentence]]:
    """What is wrong with a value: dotted path of each wrong field to its texts.

    Of a value with many mistakes, about NAMED fields.
    """
    found: dict[str, list[Sentence]] = {}
    for error in validator.errors(value):
        if len(found) >= NAMED:
            break
        path = ".".join(map(str, error.instance_path))
        name = path
        if error.kind.name == "required":
            name = error.kind.property  # type: ignore[attr-defined]
            path = f"{path}.{name}" if path else name
        texts = found.setdefault(path or "body", [])
        said = about(name or "body", _reason(error))
        if said not in texts:
            texts.append(said)
    return found


def unstorable(value: Any) -> dict[str, list[Sentence]]:
    """The texts and files in `value` that cannot be stored, NAMED of them at most, in the form of
    `reasons`.

    Fields that take a file have to be looked at before.
    """
    return {path: [reason] for path, reason in islice(_unstorable(value, ""), NAMED)}


def _unstorable(value: Any, path: str) -> Iterator[tuple[str, Sentence]]:
    if isinstance(value, str):
        if UNSTORABLE.search(value):
            yield path or "body", field(path or "body", say("has characters that are not text"))
    elif isinstance(value, dict):
        for name, item in value.items():
            if UNSTORABLE.search(name):
                yield path or "body", say("A field name has characters that are not text.")
            else:
                yield from _unstorable(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _unstorable(item, f"{path}.{place}" if path else str(place))
    elif isinstance(value, Upload):
        yield path, field(path, say("may not be a file"))


def storable(value: Any) -> Any:
    """The same without what cannot be stored, so that all else of it can be checked."""
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {storable(name): storable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    return "" if isinstance(value, Upload) else value
