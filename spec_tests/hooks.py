"""What a generator cannot know: which ids a shop has, what is taken, and how forms are written."""

import atexit
import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from io import BytesIO
from itertools import count, cycle
from random import Random
from time import time
from typing import Any
from urllib.parse import urlencode, urlsplit

import schemathesis
from PIL import Image
from schemathesis.generation.meta import TestPhase
from schemathesis.transport.serialization import Binary

from app.contract import contract
from app.moments import is_moment
from app.pipeline.idempotency import HEADER
from app.pipeline.request import URL_LIMIT
from app.texts import meant
from spec_tests.recording import keep, operation_at, record
from spec_tests.wrong_data import LISTS, as_text

# The group, product, customer and key of the demo shop that nothing here deletes, and another
# group. The product is in the group.
KEPT = {"customer_id": 5, "product_id": 19, "group_id": 5, "api_key_id": 2}
PLACE = 6
NOWHERE = 999_999
NETWORK, LATER = "192.0.2.0/24", "2099-01-31T00:00:00Z"
LONGEST_NETWORK = contract().document["components"]["schemas"]["Network"]["maxLength"]
# As the contract sees it: to Python, some control characters are blanks.
HAS_TEXT = contract().validator({"type": "string", "pattern": r"\S"}).accepts
# Of a request that may be sent again.
IS_NAME = contract().validator(contract().operations["groups.create"].headers[0].schema).accepts
IS_PASSWORD = contract().validator({"$ref": "#/components/schemas/Password"}).accepts
IS_BALANCE = (
    contract()
    .validator(
        contract().document["components"]["schemas"]["CustomerUpdate"]["properties"]["balance"]
    )
    .accepts
)
IS_EMAIL = contract().validator({"$ref": "#/components/schemas/Email"}).accepts
COUNTRIES = contract().document["components"]["schemas"]["Country"]["enum"]

# A place in any list: before the third row, in the order of ids. What lies behind it can be long,
# and the generator keeps every answer in memory.
CURSOR = urlsafe_b64encode(b'[[],true,2,{"id":3}]').rstrip(b"=").decode()

# Of more fields than this, each is cut short; none that is longer is a right one.
MANY, LONGEST = 20, 65535
# Bounds that no value made here comes near.
FAR = {"maxLength": 10_000, "maxItems": 1000, "maxProperties": 1000}

# What this run has made, by the field of a body that may name it.
MADE: dict[str, set[int]] = {name: set() for name in KEPT}
# The key of a run if it opens nothing, the empty text if there is none.
CLOSED_KEY = os.environ.get("CONTRACT_CLOSED_KEY")

atexit.register(keep)

# The services of the demo shop, most of which are active.
_services = cycle(range(1, 151))

_passwords = count()

# Answers come in both forms: each request is sent once, and asks for one of them.
_forms = Random(42)

# Eleven hexadecimal digits, and other ones in each run.
_numbers = count(int(time() * 1000))


def _is_id(value: Any) -> bool:
    return type(value) is int and value > 0


def _is_kept(name: str, value: Any) -> bool:
    """Whether a parameter of a path names something that nothing here deletes."""
    return str(value) == str(KEPT[name]) or (name == "group_id" and str(value) == str(PLACE))


def _is_opaque(value: Any) -> bool:
    """Whether a value looks like a cursor. Which ones there are, no schema can say."""
    return _is_text(value, 2000)


def _shortened(value: Any) -> Any:
    """A right text cut short: a thousand of the longest are no body that anybody takes, and the
    generator keeps all of them in memory."""
    return value[:100] if isinstance(value, str) and len(value) <= LONGEST else value


def _unique(text: Any) -> Any:
    """The text with a beginning that no other has; as long as it was, but for short ones."""
    return f"{next(_numbers):x}{text[11:]}" if HAS_TEXT(text) else text


def _an_image() -> Binary:
    file = BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG")
    return Binary(file.getvalue())


def _set_image(body: dict[str, Any]) -> None:
    """To the contract a file is any text; only an image is a right one."""
    if isinstance(body["image"], str | bytes):
        body["image"] = _an_image()


def _fields(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The fields of a form: objects with brackets, lists as a name that comes again, or as one
    text where the contract says so."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _fields(item, f"{name}[{key}]" if name else key)
    elif isinstance(value, list) and name in LISTS:
        yield name, ",".join(map(as_text, value))
    elif isinstance(value, list) and value and name != "data":
        yield from ((name, as_text(item)) for item in value)
    else:
        yield name, as_text(value)


def _sayable(value: Any) -> Any:
    """A field without the names that mean something else in a form: brackets are for what is
    below a field, empty ones for one entry more."""
    if not isinstance(value, dict):
        return value
    names = [name for name in value if name and not {"[", "]"} & {*name}]
    return {name: _sayable(value[name]) for name in names}


@schemathesis.serializer("application/x-www-form-urlencoded")
def form(context: Any, value: Any) -> bytes:
    """A form as Guzzle and browsers write it. `value` has lost what lies deeper than one level."""
    return urlencode(list(_fields(context.case.body))).encode()


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Leave out bounds that are far away; `test_bounds` proves them. To go beyond one takes
    gigabytes where lists are in lists. Beside a pattern, even to work out how takes seconds: the
    generator makes one pattern of both, again and again.

    Numbers get as many decimals as they may have, and free values their bounds."""
    free = {"$ref": "#/components/schemas/FreeValue"}
    bounds = {**raw_schema["x-free-value"], "items": free, "additionalProperties": free}
    raw_schema["components"]["schemas"]["FreeValue"] = bounds
    for schema in _schemas(raw_schema):
        if schema.get("additionalProperties") is True:
            schema["additionalProperties"] = free
        if types := schema.pop("x-types", None):
            parts = {"object": {"additionalProperties": free}, "array": {"items": free}}
            schema["anyOf"] = [{"type": each, **parts[each]} for each in types if each in parts]
            schema["nullable"] = "null" in types
        if "x-decimals" in schema:
            schema["multipleOf"] = 10 ** -schema["x-decimals"]
        for name, far in FAR.items():
            is_far = isinstance(schema.get(name), int) and schema[name] >= far
            if is_far and (name != "maxLength" or "pattern" in schema):
                del schema[name]


def _schemas(node: Any) -> Iterator[dict[str, Any]]:
    """All objects of a document, its schemas among them."""
    if isinstance(node, dict):
        yield node
    if isinstance(node, dict | list):
        for item in node.values() if isinstance(node, dict) else node:
            yield from _schemas(item)


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Leave out addresses that are too long for the server (414), which no operation sees."""
    query = urlencode(case.query or {}, doseq=True, errors="replace")
    return len(query) < URL_LIMIT - 1000


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Let ids be those of what is there, names new and keys real, where the request is right."""
    operation = case.operation.definition.raw["operationId"]
    path, body = case.path_parameters, case.body
    case.headers.setdefault("Accept", _forms.choice(("application/json", "application/xml")))
    if IS_NAME(case.headers.get(HEADER)):
        # Another request by a name that was sent before is refused, and no schema can say that.
        case.headers[HEADER] = _unique(case.headers[HEADER])
    if _is_opaque(case.query.get("cursor")):
        case.query["cursor"] = CURSOR
    if operation in ("customers.delete", "products.delete", "groups.delete"):
        for name, value in path.items():
            path[name] = NOWHERE if _is_kept(name, value) else value
    if operation.startswith("api_keys."):
        own = case.headers.get("Authorization", "").removeprefix("Bearer ").partition("|")[0]
        is_kept = operation != "api_keys.delete" and own != str(KEPT["api_key_id"])
        _keep_keys(path, KEPT["api_key_id"] if is_kept else NOWHERE)
    if operation == "services.suspend" and case.meta.phase.name != TestPhase.STATEFUL:
        # The services that examples name have been ended by then; others are still active.
        for name, value in path.items():
            path[name] = str(next(_services)) if re.fullmatch("[1-9][0-9]*", str(value)) else value
    if not isinstance(body, dict):
        return
    if "form" in (case.media_type or ""):
        # A form has no null: what is not there is all it can say, of a password above all.
        for name in [name for name, value in body.items() if value is None or "[" in name]:
            del body[name]
        for name, value in body.items():
            body[name] = _sayable(value)
    if isinstance(body.get("data"), dict) and len(body["data"]) > MANY:
        body["data"] = {name: _shortened(value) for name, value in body["data"].items()}
    for name, value in body.items():
        if type(value) is str and HAS_TEXT(value) and meant(value) is None:
            # Of invisible characters alone, which no pattern can name in all dialects.
            body[name] = "x"
    if "image" in body:
        _set_image(body)
    for name, made in MADE.items():
        if _is_id(body.get(name)) and body[name] not in made:
            body[name] = KEPT[name]
    if _is_kept("product_id", path.get("product_id")) and _is_id(body.get("group_id")):
        # Groups that were made are deleted with all that is in them.
        body["group_id"] = KEPT["group_id"]
    if operation == "oauth.token" and {"client_id", "client_secret"} <= body.keys():
        key = case.headers.get("Authorization", "").removeprefix("Bearer ")
        body["client_id"], _, body["client_secret"] = key.partition("|")
    if operation.startswith("groups."):
        _set_place(body, _is_kept("group_id", path.get("group_id")))
    if operation.startswith("customers."):
        _set_contact(body, is_new=operation == "customers.create")
    if operation.startswith("api_keys."):
        _set_key(body)


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Take the exchange down, and what it has made or deleted."""
    request = response.request
    headers = {name.lower(): values[0] for name, values in response.headers.items()}
    body = request.body or b""
    record(
        "generated", request.method, request.url, request.headers.get("Content-Type") or "",
        body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else b"",
        response.status_code, headers, response.content,
    )  # fmt: skip
    operation = case.operation.definition.raw["operationId"]
    resource, _, verb = operation.partition(".")
    made = MADE.get(f"{resource.removesuffix('s')}_id")
    if made is None or response.status_code not in (200, 201, 204):
        return
    if verb == "create" and response.status_code == 201:
        made.add(int(headers["location"].rpartition("/")[2]))
    elif verb == "delete" and resource != "api_keys":
        made -= {int(number) for number in case.path_parameters.values()}
        if resource == "groups":
            # What was in the group may be gone with it.
            MADE["product_id"].clear()


@schemathesis.check
def a_key_that_opens_nothing_is_refused(context: Any, response: Any, case: Any) -> None:
    """Whatever else is right or wrong with a request, who may not ask learns nothing of it."""
    request = response.request
    operation = operation_at(request.method, urlsplit(request.url).path)
    if CLOSED_KEY is not None and operation is not None and operation.needs_key:
        # Some requests are sent without the key of the run, to see whether anybody asks for it.
        is_known = CLOSED_KEY and request.headers.get("Authorization") == f"Bearer {CLOSED_KEY}"
        if is_known and not operation.scopes:
            return  # Every living key opens this.
        expected = 403 if is_known else 401
        assert response.status_code == expected, f"{response.status_code}, not {expected}"


def _set_place(body: dict[str, Any], is_kept: bool) -> None:
    for name in ("name", "slug"):
        if name in body:
            body[name] = _unique(body[name])
    if _is_id(body.get("parent_id")):
        body["parent_id"] = None if is_kept else PLACE


def _set_contact(body: dict[str, Any], *, is_new: bool) -> None:
    """What the contract cannot say: postal codes fit the country, addresses are nobody else's, and
    what other programs write may only be sent back."""
    for name, known in () if is_new else (("country", "FR"), ("locale", "en_GB")):
        if _is_text(body.get(name), 255):
            body[name] = known
    if not is_new and IS_BALANCE(body.get("balance")):
        body["balance"] = 0
    if body.get("country", "FR") in COUNTRIES and {"country", "zipcode"} & body.keys():
        body["country"] = "FR"
        if body.get("zipcode") is None or _is_text(body["zipcode"], 255):
            body["zipcode"] = "59000"
    if _is_text(body.get("phone"), 30):
        body["phone"] = f"06{next(_numbers) % 10**8:08}"
    if IS_EMAIL(body.get("email")):
        body["email"] = f"{next(_numbers):x}@example.org"
    if body.get("password") and IS_PASSWORD(body["password"]) and next(_passwords) % 10:
        # To hash one is slow on purpose: a tenth of them says as much.
        del body["password"]


def _keep_keys(path: dict[str, Any], instead: int) -> None:
    """Let nothing happen to the keys of the run: any that it has not made is another `instead`.
    Those that it has made may be named again when they are gone."""
    for name, value in path.items():
        if re.fullmatch("[0-9]+", str(value)) and int(value) not in MADE[name]:
            path[name] = type(value)(instead)


def _set_key(body: dict[str, Any]) -> None:
    """What the contract cannot say: which texts are networks, and that an end is to come."""
    networks = body.get("allowed_networks")
    if isinstance(networks, list):
        body["allowed_networks"] = [
            NETWORK if isinstance(each, str) and 0 < len(each) <= LONGEST_NETWORK else each
            for each in networks
        ]
    if isinstance(body.get("expires_at"), str) and is_moment(body["expires_at"]):
        body["expires_at"] = LATER


def _is_text(value: Any, longest: int) -> bool:
    return bool(HAS_TEXT(value)) and len(value) <= longest
