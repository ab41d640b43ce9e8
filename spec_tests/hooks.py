"""What a generator cannot know: which ids a shop has, and how else a value may be written."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from io import BytesIO
from itertools import count
from time import time
from typing import Any
from urllib.parse import urlencode

import schemathesis
from PIL import Image
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.specs.openapi.checks import negative_data_rejection
from schemathesis.transport.serialization import Binary

from app.contract import contract

# A group of the demo shop that nothing here deletes, and a place beside it.
GROUP, PLACE = 5, 6
NOWHERE = 999_999

# Eleven hexadecimal digits, and other ones in each run.
_numbers = count(int(time() * 1000))


def _is_id(value: Any) -> bool:
    return type(value) is int and value > 0


def _unique(text: Any) -> Any:
    """The text with a beginning that no other has; as long as it was, but for short ones."""
    return f"{next(_numbers):x}{text[11:]}" if isinstance(text, str) and text.strip() else text


def _an_image() -> Binary:
    file = BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG")
    return Binary(file.getvalue())


def _set_image(body: dict[str, Any]) -> None:
    """To the contract a file is any text; only an image is a right one, or no file at all."""
    if body["image"] is None:
        del body["image"]
    elif isinstance(body["image"], str | bytes):
        body["image"] = _an_image()


def _fields(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The fields of a form: objects with brackets, lists as a name that comes again."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _fields(item, f"{name}[{key}]" if name else key)
    elif isinstance(value, list) and value:
        yield from ((name, _text(item)) for item in value)
    else:
        yield name, _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


@schemathesis.serializer("application/x-www-form-urlencoded")
def form(context: Any, value: Any) -> bytes:
    """A form as Guzzle and browsers write it. `value` has lost what lies deeper than one level."""
    return urlencode(list(_fields(context.case.body))).encode()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Let ids be those of existing groups, names new and keys real, where the request is right."""
    operation = case.operation.definition.raw["operationId"]
    path, body = case.path_parameters, case.body
    is_kept = str(path.get("group_id")) in (str(GROUP), str(PLACE))
    if operation == "groups.delete" and is_kept:
        path["group_id"] = NOWHERE
    if not isinstance(body, dict):
        return
    if "image" in body:
        _set_image(body)
    if operation == "oauth.token" and {"client_id", "client_secret"} <= body.keys():
        key = case.headers["Authorization"].removeprefix("Bearer ")
        body["client_id"], _, body["client_secret"] = key.partition("|")
    if operation.startswith("products.") and _is_id(body.get("group_id")):
        body["group_id"] = GROUP
    if operation.startswith("groups."):
        for name in ("name", "slug"):
            if name in body:
                body[name] = _unique(body[name])
        if _is_id(body.get("parent_id")):
            body["parent_id"] = None if is_kept else PLACE


# What forms and older clients write for a value (see the introduction of the contract).
SPELLINGS = {
    "integer": (re.compile(r"\s*-?\d{1,19}\s*"), int),
    "number": (re.compile(r"\s*-?\d{1,19}([.,]\d{1,19})?\s*"),
               lambda text: Decimal(text.strip().replace(",", "."))),
    "boolean": (re.compile(r"\s*(0|1|true|false)\s*", re.IGNORECASE),
                lambda text: text.strip().lower() in ("1", "true")),
    "object": (re.compile(r"\s*\{.*\}\s*", re.DOTALL), json.loads),
    "null": (re.compile(r"\s*(null|none)?\s*", re.IGNORECASE), lambda text: None),
}  # fmt: skip


def _is_blank(value: Any) -> bool:
    """Whether a parameter is empty, or one of its entries."""
    return not all(part.strip() for part in str(value).split(","))


def _sent(value: Any) -> Any:
    """A field as a form carries it: one that is there twice counts once, and a file is there."""
    if isinstance(value, list):
        return value[-1] if value else ""
    return "" if isinstance(value, (bytes, Binary)) else value


def _as_meant(validator: Any, value: Any) -> Any:
    """The value with each wrong type replaced by what its spelling means, if it has one."""
    meant = {"value": {name: _sent(item) for name, item in deepcopy(value).items()}}
    for error in validator.errors(meant["value"]):
        if error.kind.name != "type":
            continue
        *way, last = ["value", *error.instance_path]
        target: Any = meant
        for step in way:
            target = target[step]
        for kind in error.kind.types:
            pattern, convert = SPELLINGS.get(kind, (re.compile("(?!)"), None))
            if pattern.fullmatch(str(target[last])) and not isinstance(target[last], float):
                target[last] = convert(str(target[last]))
                break
    return meant["value"]


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
        if operation.id == "products.update_config" and "form" in media_type:
            return  # Where every type is right, a form has nothing but texts.
        schema = operation.bodies.get(media_type)
        if schema is None or not isinstance(case.body, dict):
            raise
        validator = contract().validator(schema)
        meant = _as_meant(validator, case.body)
        if not validator.accepts(meant):
            raise
