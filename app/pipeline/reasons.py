"""Why a value does not fit, in words for the person who sent it. Schemas are never dumped."""

from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema_rs import ValidationError

from app.jsonschema import Validator
from app.pipeline.reading import UNSTORABLE

_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_FORMATS = {
    "safe-html": "must not hold scripts, embedded documents, event handlers or template code",
    "date": "must be a date such as 2026-08-13",
    "date-time": "must be a date and time such as 2026-08-13T20:15:53Z",
    "email": "must be an e-mail address",
    "uuid": "must be a UUID",
}
_KEYWORDS = {
    "minimum": "must be at least {limit}",
    "maximum": "must be at most {limit}",
    "minLength": "must have at least {limit} characters",
    "maxLength": "must have at most {limit} characters",
    "minItems": "must have at least {limit} entries",
    "maxItems": "must have at most {limit} entries",
    "maxProperties": "must have at most {limit} fields",
    "additionalProperties": "has fields that are not known here",
    "pattern": "has the wrong form",
}


def _number(limit: Any) -> str:
    return str(int(limit) if float(limit).is_integer() else limit)


def _listed(options: Iterable[Any]) -> str:
    return ", ".join(str(option) for option in options if option is not None)


def reason(error: ValidationError) -> str:
    """What is wrong, as the end of a sentence that begins with the name of the field."""
    kind = error.kind
    match kind.name:
        case "type":
            # Null is allowed on the side; it is not what was meant to be sent.
            types = [_TYPES[name] for name in kind.types if name != "null"]  # type: ignore[attr-defined]
            return f"must be {' or '.join(types)}"
        case "enum":
            return f"must be one of {_listed(kind.options)}"  # type: ignore[attr-defined]
        case "format":
            return _FORMATS.get(kind.format, "has the wrong form")  # type: ignore[attr-defined]
        case "multipleOf":
            return f"must be a multiple of {_number(kind.multiple_of)}"  # type: ignore[attr-defined]
        case "anyOf" | "oneOf":
            return "has none of the possible forms"
    text = _KEYWORDS.get(kind.name, "is not valid")
    return text.format(limit=_number(kind.limit)) if "{limit}" in text else text  # type: ignore[attr-defined]


def reasons(validator: Validator, value: Any, noun: str = "field") -> dict[str, list[str]]:
    """All that is wrong with a value: dotted path of each wrong field to its texts."""
    found: dict[str, list[str]] = {}

    def add(path: str, text: str) -> None:
        texts = found.setdefault(path or "body", [])
        if text not in texts:
            texts.append(text)

    for error in validator.errors(value):
        path = ".".join(map(str, error.instance_path))
        if error.kind.name == "required":
            name = error.kind.property  # type: ignore[attr-defined]
            add(f"{path}.{name}" if path else name, f"The {name} {noun} is required.")
        else:
            add(path, f"The {path or 'body'} {noun} {reason(error)}.")
    return found


def unstorable(value: Any, path: str = "") -> Mapping[str, list[str]]:
    """The texts in `value` that cannot be kept, in the form of `reasons`."""
    if isinstance(value, str) and UNSTORABLE.search(value):
        return {path or "body": [f"The {path or 'body'} field has characters that are not text."]}
    found: dict[str, list[str]] = {}
    if isinstance(value, dict):
        for name, item in value.items():
            if UNSTORABLE.search(name):
                found[path or "body"] = ["A field name has characters that are not text."]
            else:
                found |= unstorable(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            found |= unstorable(item, f"{path}.{place}" if path else str(place))
    return found


def storable(value: Any) -> Any:
    """The same without what cannot be kept, so that all else of it can be checked."""
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {storable(name): storable(item) for name, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, list) else value
