"""How one case becomes several requests: in JSON and in XML, with keys of every kind."""

import re
import shlex
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case

from spec_tests import hooks
from spec_tests.long_run.line import open_session
from spec_tests.long_run.promises import Promise
from spec_tests.long_run.shop import Keys

JSON, XML = "application/json", "application/xml"
ID = re.compile("[1-9][0-9]{0,17}")
# How often an id is one that the shop has. Deletions leave something to the others.
REAL, DELETED = 0.7, 0.2


@dataclass(frozen=True)
class Sending:
    """One way to send a case. `who` names a kind of key, `refusal` is the status that such a key
    has to get, if any; `media_type` is that of the body."""

    who: str
    key: str
    accept: str
    refusal: int | None = None
    media_type: str | None = None
    language: str = "en"
    encoding: str = "identity"

    @property
    def headers(self) -> dict[str, str]:
        key = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return key | {
            "Accept": self.accept,
            "Accept-Language": self.language,
            "Accept-Encoding": self.encoding,
        }


class Sender:
    """Sends cases to a server over one connection that stays open."""

    def __init__(self, url: str, keys: Keys) -> None:
        self.url = url
        self.keys = keys
        self._session = open_session(url)
        self._line = self._session.get_adapter(url)
        self._tokens: dict[str, str] = {}

    def close(self) -> None:
        self._session.close()

    def ids(self) -> Mapping[str, Sequence[int]]:
        """The ids of what the shop has, by the path parameters that they fit."""
        found = {}
        for name in ("customer", "product", "group", "pricing", "service"):
            address = f"{self.url}/api/application/{name}s?per_page=1000"
            key = {"Authorization": f"Bearer {self.keys.full}"}
            page = self._session.get(address, headers=key).json()
            found[f"{name}_id"] = [item["id"] for item in page["data"]]
        # Which of them may be changed, the hooks say: the others are those of the run.
        found["api_key_id"] = [hooks.KEPT["api_key_id"], *hooks.MADE["api_key_id"]]
        return found

    def allowed(self, case: Case, promise: Promise, random: Random) -> Iterator[Sending]:
        """With keys that open the operation, each body in JSON and in XML."""
        media_types = [case.media_type]
        if case.media_type in (JSON, XML):
            media_types = [each for each in (JSON, XML) if each in promise.media_types]
        for media_type in media_types:
            for accept in (JSON, XML):
                yield Sending("full key", self.keys.full, accept, media_type=media_type)
        if not promise.scopes:
            return
        scope, media_type = random.choice(promise.scopes), random.choice(media_types)
        accept = random.choice((JSON, XML))
        yield Sending(
            "key for the operation", self.keys.of[scope], accept, None, media_type, language="fr"
        )
        token = self._token(scope)
        yield Sending("short-lived token", token, accept, None, media_type, encoding="gzip")

    def refused(self, promise: Promise, random: Random) -> Iterator[Sending]:
        """With keys that do not open it, and without one."""
        if not promise.needs_key:
            return
        if promise.scopes:
            other = random.choice(sorted(self.keys.of.keys() - {*promise.scopes}))
            for who, key in (
                ("key for something else", self.keys.of[other]),
                ("key for nothing", self.keys.closed),
            ):
                yield Sending(who, key, random.choice((JSON, XML)), 403)
        for who, key, refusal in (
            ("expired key", self.keys.expired, 401),
            ("revoked key", self.keys.revoked, 401),
            ("unknown key", f"1|{self.keys.full[::-1]}", 401),
            ("no key", "", 401),
        ):
            yield Sending(who, key, random.choice((JSON, XML)), refusal)

    def _token(self, scope: str) -> str:
        if scope not in self._tokens:
            number, _, secret = self.keys.full.partition("|")
            form = {"grant_type": "client_credentials", "scope": scope}
            form |= {"client_id": number, "client_secret": secret}
            answer = self._session.post(f"{self.url}/api/oauth/token", data=form)
            self._tokens[scope] = answer.json()["access_token"]
        return self._tokens[scope]

    def send(self, case: Case, sending: Sending) -> Response:
        """Send a case, with names and ids that are not taken (see `spec_tests/hooks.py`)."""
        case.headers = CaseInsensitiveDict({**case.headers, **sending.headers})
        case.media_type = sending.media_type
        return case.call(f"{self.url}/api", self._session, sending.headers)

    def repeat(self, request: requests.PreparedRequest, sending: Sending) -> Response:
        """Send what was sent once more, as somebody else."""
        request = request.copy()
        request.headers.pop("Authorization", None)
        request.headers.update(sending.headers)
        return Response.from_requests(self._line.send(request), verify=True)


def with_real_ids(case: Case, ids: Mapping[str, Sequence[int]], random: Random) -> Case:
    """The case with ids in its path that the shop has, mostly. No schema can tell which."""
    share = DELETED if case.method.lower() == "delete" else REAL
    for name, value in case.path_parameters.items():
        if ID.fullmatch(str(value)) and random.random() < share:
            case.path_parameters[name] = type(value)(random.choice(ids[name]))
    return case


def as_curl(request: requests.PreparedRequest) -> str:
    """A command that sends the request again."""
    parts = ["curl", "-sS", "-i", "-X", str(request.method)]
    for name, value in request.headers.items():
        if name.lower() != "content-length":
            parts += ["-H", f"{name}: {_text(value)}"]
    command = shlex.join([*parts, str(request.url)])
    body = _bytes(request.body)
    if not body:
        return command
    return f"printf %s {b64encode(body).decode()} | base64 -d | {command} --data-binary @-"


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""
