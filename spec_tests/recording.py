"""What a run has seen of the contract: every black-box request passes by here, and its answer.

`recorded` makes an httpx client tell what it does. Generated requests are sent by another process,
which keeps what it saw in the folder that `CONTRACT_OBSERVATIONS` names.
"""

import json
import os
import re
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit
from uuid import uuid4

import httpx

from app.contract import Operation, contract
from app.jsonschema import inlined
from spec_tests.keywords import broken_keywords

FOLDER = "CONTRACT_OBSERVATIONS"
DOCUMENT = contract().document
# What differs from one run to the next, in answers as in their examples.
CHANGING = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z$|^\d+\|CLIENTXCMS.*$")
SECRETS = {"client_id", "client_secret"}


@dataclass
class Observations:
    """Operations are named by their ids. `sources` are "written" tests and "generated" ones."""

    answers: Counter[tuple[str, str, int, str]] = field(default_factory=Counter)
    headers: set[tuple[str, int, str]] = field(default_factory=set)
    parameters: set[tuple[str, str]] = field(default_factory=set)
    keywords: set[tuple[str, str]] = field(default_factory=set)
    examples: set[str] = field(default_factory=set)
    followed: set[str] = field(default_factory=set)
    undeclared: dict[str, str] = field(default_factory=dict)

    def dump(self) -> dict[str, Any]:
        return {
            "answers": [[*key, count] for key, count in self.answers.items()],
            **{name: [list(key) for key in getattr(self, name)]
               for name in ("headers", "parameters", "keywords")},
            **{name: sorted(getattr(self, name)) for name in ("examples", "followed")},
            "undeclared": self.undeclared,
        }  # fmt: skip

    def add(self, dumped: dict[str, Any]) -> None:
        for *key, count in dumped["answers"]:
            self.answers[tuple(key)] += count
        for name in ("headers", "parameters", "keywords"):
            getattr(self, name).update(map(tuple, dumped[name]))
        for name in ("examples", "followed"):
            getattr(self, name).update(dumped[name])
        self.undeclared |= dumped["undeclared"]


SEEN = Observations()


def observed() -> Observations:
    """All that this process and those it started have seen."""
    folder = os.environ.get(FOLDER)
    for path in Path(folder).glob("*.json") if folder else ():
        SEEN.add(json.loads(path.read_text()))
        path.unlink()
    return SEEN


def keep() -> None:
    """Leave what this process has seen to the one that started it."""
    if folder := os.environ.get(FOLDER):
        (Path(folder) / f"{uuid4()}.json").write_text(json.dumps(SEEN.dump()))


def operation_at(method: str, path: str) -> Operation | None:
    """The operation of a request, by the path behind the address of the server."""
    steps = path.partition(contract().base_path)[2].rstrip("/").split("/")
    for operation in _by_method().get(method.lower(), ()):
        template = operation.path.split("/")
        if len(template) == len(steps) and all(
            a == b or a.startswith("{") for a, b in zip(template, steps, strict=True)
        ):
            return operation
    return None


@cache
def _by_method() -> dict[str, list[Operation]]:
    found: dict[str, list[Operation]] = {}
    for operation in contract().operations.values():
        found.setdefault(operation.method, []).append(operation)
    return found


def record(
    source: str,
    method: str,
    url: str,
    sent: str,
    body: bytes,
    status: int,
    headers: Any,
    answer: bytes,
) -> None:
    """Take one exchange down. `sent` is the media type of the body; `headers` are those of the
    answer, with names in lower case."""
    target = urlsplit(url)
    operation = operation_at(method, target.path)
    if operation is None:
        return
    media_type = (headers.get("content-type") or "").partition(";")[0]
    SEEN.answers[source, operation.id, status, media_type] += 1
    if status not in operation.responses:
        SEEN.undeclared.setdefault(f"{operation.id} {status}", f"{method} {url}")
        return
    declared = {name.lower() for name in operation.responses[status].headers}
    SEEN.headers |= {(operation.id, status, name) for name in declared & {*headers}}
    query = parse_qsl(target.query, keep_blank_values=True)
    names = {re.sub(r"\[\d*\]$", "", name) for name, _ in query} | {*operation.path_parameters}
    SEEN.parameters |= {(operation.id, name) for name in names}
    broken = broken_keywords(operation, query, sent.partition(";")[0], body, status, answer)
    SEEN.keywords |= {(operation.id, name) for name in broken}
    if source == "written":
        SEEN.examples |= _used(operation, target.path, query, body, status, answer)


def _used(
    operation: Operation, path: str, query: Any, body: bytes, status: int, answer: bytes
) -> set[str]:
    """The names of the examples that an exchange is an instance of."""
    parameters, sent, answered = examples(operation.id)
    texts = {*map(unquote, path.split("/")), *(text for _, text in query)}
    found = {name for name, value in parameters.items() if as_text(value) in texts}
    sent_value, answer_value = _value(body), same_every_time(_value(answer))
    found |= {name for name, value in sent.items() if _without_secrets(value) == sent_value}
    for name, value in answered.get(status, {}).items():
        if without_numbers(same_every_time(value)) == without_numbers(answer_value):
            found.add(name)
    return found


def _without_secrets(value: Any) -> Any:
    return {name: item for name, item in value.items() if name not in SECRETS}


def _value(body: bytes) -> Any:
    try:
        value = json.loads(body)
    except ValueError:
        value = {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}
        return _without_secrets(value)
    return value


def as_text(value: Any) -> str:
    """A value of a parameter as an address holds it."""
    if isinstance(value, list):
        return ",".join(map(as_text, value))
    return value if isinstance(value, str) else json.dumps(value)


def same_every_time(value: Any, name: str = "") -> Any:
    """A value with types in the place of what differs from one run to the next."""
    if isinstance(value, dict):
        return {key: same_every_time(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [same_every_time(item) for item in value]
    if name in ("lastchecked", "nextCheck") or CHANGING.match(str(value)):
        return str(type(value))
    return value


def without_numbers(value: Any) -> Any:
    """A problem without the numbers in its texts, which depend on the moment."""
    if isinstance(value, dict) and "detail" in value:
        texts = {name: json.dumps(item, sort_keys=True) for name, item in value.items()}
        return {name: re.sub(r"\d+ [rs]", "", text) for name, text in texts.items()}
    return value


@cache
def examples(operation_id: str) -> tuple[dict[str, Any], dict[str, Any], dict[int, Any]]:
    """All examples that the document has for an operation, by name: of its parameters, of its
    bodies, and of its answers by status."""
    operation = contract().operations[operation_id]
    path = DOCUMENT["paths"][operation.path]
    written = path[operation.method]
    parameters = {}
    for each in (*path.get("parameters", ()), *written.get("parameters", ())):
        parameter = inlined(DOCUMENT, each)
        for key in ("example", "x-example"):
            if key in parameter:
                parameters[f"{operation.id} {parameter['name']}"] = parameter[key]
    body = inlined(DOCUMENT, written.get("requestBody") or written.get("x-request-body") or {})
    answers = {}
    for status, response in written["responses"].items():
        name = response["$ref"].rpartition("/")[2]
        answers[int(status)] = _named(name, inlined(DOCUMENT, response).get("content", {}))
    return parameters, _named(f"{operation.id} body", body.get("content", {})), answers


def _named(owner: str, content: Any) -> dict[str, Any]:
    found = {}
    for media in content.values():
        if "example" in media:
            found[owner] = media["example"]
        for name, each in media.get("examples", {}).items():
            found[each.get("$ref", f"/{name}").rpartition("/")[2]] = inlined(DOCUMENT, each)[
                "value"
            ]
    return found


def recorded(client: httpx.Client) -> httpx.Client:
    """Let a client take down what it does."""

    def hook(response: httpx.Response) -> None:
        response.read()
        request = response.request
        record(
            "written", request.method, str(request.url),
            request.headers.get("content-type", ""), request.read(),
            response.status_code, response.headers, response.content,
        )  # fmt: skip

    client.event_hooks = {"response": [hook]}
    return client


class Patient(httpx.HTTPTransport):
    """A transport for servers with a rate limit: it waits as long as it is told, and goes on."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        while response.status_code == 429:
            response.read()
            time.sleep(int(response.headers["retry-after"]))
            response = super().handle_request(request)
        return response


class Halting(httpx.BaseTransport):
    """A transport that sends half of each body, and then waits for what the server says to it."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body, target = request.read(), request.url
        with closing(HTTPConnection(target.host, target.port, timeout=60)) as connection:
            connection.putrequest(request.method, target.raw_path.decode(), skip_host=True)
            for name, value in request.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body[: len(body) // 2])
            answer = connection.getresponse()
            return httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())
