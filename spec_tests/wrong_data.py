"""Which data are wrong: those against the contract that are no other spelling of right ones."""

import json
import re
from contextlib import suppress
from copy import deepcopy
from decimal import Decimal
from typing import Any

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.specs.openapi.checks import negative_data_rejection
from schemathesis.transport.serialization import Binary

from app.contract import contract
from app.texts import BLANKS
from app.xml.parsing import Malformed
from spec_tests import xml_hooks
from spec_tests.twins import from_xml

# Fields whose form is one text with commas.
LISTS = ("permissions", "allowed_networks")

# What forms and older clients write for a value (see the introduction of the contract).
SPELLINGS = {
    "integer": (re.compile(r"\s*-?\d{1,19}\s*"), int),
    "number": (re.compile(r"\s*-?\d{1,19}(\.\d{1,19}|,\d{1,2})?\s*"),
               lambda text: Decimal(text.strip().replace(",", "."))),
    "boolean": (re.compile(r"\s*(0|1|true|false)\s*", re.IGNORECASE),
                lambda text: text.strip().lower() in ("1", "true")),
    "object": (re.compile(r"\s*\{.*\}\s*", re.DOTALL), json.loads),
    "array": (re.compile(".*", re.DOTALL), lambda text: text.split(",") if text else []),
    "null": (re.compile(r"\s*(null|none)?\s*", re.IGNORECASE), lambda text: None),
}  # fmt: skip


def as_text(value: Any) -> str:
    """A value of a field, as a form writes it."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _is_blank(value: Any) -> bool:
    """Whether a parameter is empty, or one of its entries. Of an object, the names are sent."""
    if isinstance(value, dict | list):
        value = ",".join(map(str, value))
    return not all(part.strip() for part in str(value).split(","))


def _sent(value: Any, name: str = "") -> Any:
    """A field as a form carries it: of one that is there twice the last counts, unless it is a
    list, whatever is in it as a text, and a file is there. An object without members is a text."""
    if isinstance(value, dict) and value:
        return {name: _sent(item, name) for name, item in value.items()}
    if isinstance(value, list) and name in LISTS:
        return ",".join(map(as_text, value))
    if isinstance(value, list) and value:
        value = value[-1]
    return "" if isinstance(value, (bytes, Binary)) else as_text(value)


def _trimmed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _trimmed(item) for name, item in value.items()}
    return value.strip(BLANKS) if isinstance(value, str) else value


def _as_meant(validator: Any, value: Any) -> Any:
    """The value without blanks around it, and what the spelling of each wrong type means."""
    meant = {"value": _trimmed(deepcopy(value))}
    for error in validator.errors(meant["value"]):
        if error.kind.name not in ("type", "format"):
            continue
        *way, last = ["value", *error.instance_path]
        target: Any = meant
        for step in way:
            target = target[step]
        if error.kind.name == "format":
            # An empty text is null, which may be no right value here either.
            target[last] = target[last] or None
            continue
        for kind in error.kind.types:
            pattern, convert = SPELLINGS.get(kind, (re.compile("(?!)"), None))
            if pattern.fullmatch(str(target[last])) and not isinstance(target[last], float):
                # What only looks like an object is none.
                with suppress(ValueError):
                    target[last] = convert(str(target[last]))
                    break
    return meant["value"]


def _read_back(schema: Any, value: Any) -> Any:
    """A value as its XML says it: an empty list is an empty text where a text is expected."""
    try:
        return from_xml(schema, xml_hooks.body_in_xml(schema, value))
    except Malformed:
        return value


@schemathesis.check
def wrong_data_is_refused(context: Any, response: Any, case: Any) -> None:
    """Data against the contract are refused, unless they are another spelling of right ones."""
    if response.status_code == 413:
        return
    try:
        negative_data_rejection(context, response, case)
    except AcceptedNegativeData:
        if any(map(_is_blank, (case.query or {}).values())):
            return  # An empty parameter is one that was not sent.
        operation = contract().operations[case.operation.definition.raw["operationId"]]
        media_type = (case.media_type or "").partition(";")[0]
        is_form = "form" in media_type
        if operation.id == "products.update_config" and is_form:
            return  # Where every type is right, a form has nothing but texts.
        schema = operation.bodies.get(media_type)
        if schema is None or not isinstance(case.body, dict):
            raise
        validator = contract().validator(schema)
        sent = _sent(case.body) if is_form and case.body else case.body
        if media_type == "multipart/form-data":
            # An object is one part, with the text of its JSON, and an empty list is none.
            objects = {name: item for name, item in case.body.items() if isinstance(item, dict)}
            sent |= {name: as_text(item) for name, item in objects.items()}
            sent = {name: item for name, item in sent.items() if case.body[name] != []}
        if media_type.endswith("xml"):
            sent = _read_back(schema, sent)
        meant = _as_meant(validator, sent)
        if not validator.accepts(meant):
            raise
