"""From the members of a struct to the request of an operation, and back from its answer."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from xmlrpc.client import Fault  # nosec B411

from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.contract import Contract, Operation
from app.jsonschema import Json, inlined
from app.pipeline.call import ID, PREFIX, Scope
from app.pipeline.problems import Problem, invalid
from app.pipeline.request import URL_LIMIT, url_too_long
from models.sentence import field, say

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
FILES = "multipart/form-data"

# The member that stands in for the Authorization header.
KEY_MEMBER = "api_key"
# What a request says of its own body, its own method and the answer it wants is not said of the
# operation. All else goes along: language, host, authorization, marks for tracing.
OUTSIDE = frozenset((
    b"accept", b"accept-charset", b"accept-encoding", b"connection", b"expect",
    b"idempotency-key", b"keep-alive", b"prefer", b"range", b"te", b"trailer",
    b"transfer-encoding", b"upgrade", b"x-http-method-override",
))  # fmt: skip
OUTSIDE_PREFIXES = (b"content-", b"if-")


def members_of(arguments: Sequence[Any]) -> Json:
    """The one struct of a call. Raises a 400 problem for anything else."""
    if not arguments:
        return {}
    if len(arguments) == 1 and isinstance(arguments[0], dict):
        return dict(arguments[0])
    # PHP writes an empty array for an empty struct.
    if list(arguments) == [[]]:
        return {}
    raise Problem("malformed-request", say("A method takes one struct of parameters and fields."))


def scope_for(outer: Scope, method: str, path: str, members: Json) -> Scope:
    """An ASGI scope for a request inside the one of a call. Takes the key out of the members."""
    headers = [
        (name, value)
        for name, value in outer["headers"]
        if name not in OUTSIDE and not name.startswith(OUTSIDE_PREFIXES)
    ]
    if KEY_MEMBER in members:
        key = members.pop(KEY_MEMBER)
        token = f"Bearer {key.decode(errors='replace') if isinstance(key, bytes) else key}"
        headers = [header for header in headers if header[0] != b"authorization"]
        headers.append((b"authorization", token.encode()))
    kept = ("asgi", "http_version", "scheme", "client", "server", ID, PREFIX)
    return {
        **{name: outer[name] for name in kept if name in outer},
        "type": "http",
        "method": method.upper(),
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [*headers, (b"accept", JSON.encode())],
    }


def request_for(
    contract: Contract, operation: Operation, members: Json, outer: Scope
) -> tuple[Scope, bytes]:
    """The request of an operation: its scope and its body.

    A member goes to the first place that knows its name: path, headers, query, body. A name that no
    place knows goes into the body, or into the query of an operation that takes no body.
    """
    files = _file_members(contract, operation, members)
    contents = {name: members[name] for name in files}
    members = decoded({name: value for name, value in members.items() if name not in files})
    scope = scope_for(outer, operation.method, "", members)
    scope["path"] = contract.base_path + _path(operation, members)
    scope["raw_path"] = scope["path"].encode()
    for header in operation.headers:
        if header.name in members:
            value = _text(members.pop(header.name)).encode()
            scope["headers"].append((header.name.lower().encode(), value))
    known = {parameter.name for parameter in operation.query}
    query = {
        name: members.pop(name) for name in list(members) if name in known or not operation.bodies
    }
    pairs = (pair for name, value in query.items() for pair in _pairs(name, value))
    scope["query_string"] = urlencode(list(pairs)).encode()
    if len(scope["raw_path"]) + len(scope["query_string"]) > URL_LIMIT:
        raise url_too_long()
    if not operation.bodies:
        return scope, b""
    content_type, body = _body(operation, members, contents)
    length = str(len(body)).encode()
    scope["headers"] += [(b"content-type", content_type.encode()), (b"content-length", length)]
    return scope, body


def _path(operation: Operation, members: Json) -> str:
    missing = [name for name in operation.path_parameters if members.get(name) is None]
    if missing:
        raise invalid("invalid-body", {name: [field(name, say("is required"))] for name in missing})
    path = operation.path
    for name in operation.path_parameters:
        text = _text(members.pop(name))
        # Such an id would lead to another operation than the one that was named.
        if not text.strip("/") or "/" in text:
            raise Problem("not-found", say("There is nothing with that id."))
        path = path.replace(f"{{{name}}}", text)
    return path


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """A member as parameters of a query; null is a parameter that is not there."""
    if isinstance(value, dict):
        for inner, item in value.items():
            yield from _pairs(f"{name}[{inner}]", item)
    elif isinstance(value, list):
        items = [_text(item) for item in value if item is not None]
        if any("," in item for item in items):
            # One text would be split at these commas, too.
            yield from ((f"{name}[]", item) for item in items)
        else:
            yield name, ",".join(items)
    elif value is not None:
        yield name, _text(value)


def _text(value: Any) -> str:
    """A value as forms and addresses write it."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def decoded(value: Any, path: str = "") -> Any:
    """Return a value with the texts that came as base64 in place of their bytes.

    Clients write base64 for texts with characters that they do not dare to write as they are.
    Raises a 422 problem that names bytes which are not UTF-8.
    """
    if isinstance(value, dict):
        return {
            name: decoded(item, f"{path}.{name}" if path else name) for name, item in value.items()
        }
    if isinstance(value, list):
        return [decoded(item, f"{path}.{place}") for place, item in enumerate(value)]
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        wrong = field(path, say("has characters that are not text"))
        raise invalid("invalid-body", {path: [wrong]}) from None


def _file_members(contract: Contract, operation: Operation, members: Json) -> frozenset[str]:
    """Return the names of the members that are files to an operation."""
    fields = inlined(contract.document, operation.bodies.get(FILES, {})).get("properties", {})
    return frozenset(
        name
        for name, value in members.items()
        if isinstance(value, bytes)
        and inlined(contract.document, fields.get(name, {})).get("format") == "binary"
    )


def _body(operation: Operation, members: Json, contents: Json) -> tuple[str, bytes]:
    """The media type and the bytes of a body: JSON, but for files and where JSON is not taken."""
    if contents or operation.bodies.keys() == {FILES}:
        files = {
            name: FileStorage(BytesIO(content), filename=name) for name, content in contents.items()
        }
        texts = {name: _text(value) for name, value in members.items()}
        boundary, body = encode_multipart({**texts, **files})
        return f'{FILES}; boundary="{boundary}"', body
    if JSON in operation.bodies:
        return JSON, json.dumps(members).encode()
    pairs = (pair for name, value in members.items() for pair in _pairs(name, value))
    return FORM, urlencode(list(pairs)).encode()


def value_of(status: int, body: bytes) -> Any:
    """The value that an operation answered with. Raises a Fault if it is a problem."""
    value: Any = json.loads(body, parse_float=Decimal) if body else None
    if status >= 400:
        raise fault_of(value)
    return value


def fault_of(problem: Mapping[str, Any]) -> Fault:
    """A problem document as a fault: the status, and below the detail a line for each error."""
    lines = [problem["detail"]]
    for name, texts in problem.get("errors", {}).items():
        lines += [f"{name}: {text}" for text in texts]
    return Fault(problem["status"], "\n".join(lines))
