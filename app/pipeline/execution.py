"""One unit of work: handler, response check, and only then the commit.

A handler is a plain function. It names what it needs and gets it: `session`, `now`, `site`
(the public address of this server), `admin_id` (the owner of the key), `storage`, `query`,
`body`, the path parameters, and query parameters by their own names.
"""

import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from app.contract import Operation
from app.listing import Page
from app.pipeline.call import App, Call, Handler, Parts, Receive, Scope, Send, call_of, site, step
from app.pipeline.language import language_headers, language_of, translations, worded
from app.pipeline.pages import envelope
from app.pipeline.problems import MISTAKE, Problem
from app.pipeline.reasons import reasons
from app.storage import Storage
from models.engine import unit_of_work

log = logging.getLogger("clientxcms")

READS = frozenset({"get"})
# The schema of what is said to a person; answers that hold one are worded in their language.
MESSAGE = "Message"


def _execution(operation: Operation, handler: Handler, app: App, parts: Parts) -> App:
    success = operation.success
    check = _response_check(operation, parts)
    needs = tuple(inspect.signature(handler).parameters)
    write = operation.method not in READS
    headers = [
        (b"content-type", (success.media_type or "application/json").encode()),
        (b"cache-control", b"no-store" if not operation.scopes else b"no-cache, private"),
    ]
    has_location = "Location" in success.headers
    wrap = envelope(parts.contract, success.schema)
    is_worded = parts.contract.refers(success.schema or {}, MESSAGE)

    async def execute(scope: Scope, receive: Receive, send: Send) -> None:
        call = call_of(scope)
        with unit_of_work(parts.engine, write=write) as session:
            known: dict[str, Any] = {
                "session": session,
                "now": parts.clock,
                "site": site(scope, parts.settings),
                "admin_id": call.principal.admin_id if call.principal else None,
                "storage": Storage(parts.settings.data, session),
                "headers": call.headers,
                **call.arguments,
            }
            result = handler(**_arguments(needs, known, call))
            if isinstance(result, Page):
                result = wrap(result, known["site"] + scope["path"].rstrip("/"), call)
            if is_worded:
                language = language_of(call.headers)
                result = worded(result, translations(language))
                call.answer_headers.extend(language_headers(language))
            check(result)
            body = orjson.dumps(result)
        answer = [
            *headers,
            (b"content-length", str(len(body)).encode()),
            *call.answer_headers,
        ]
        if has_location:
            address = f"{known['site']}{scope['path'].rstrip('/')}/{result['id']}"
            answer.append((b"location", address.encode()))
        await send({"type": "http.response.start", "status": success.status, "headers": answer})
        await send(
            {"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body}
        )

    return execute


def _arguments(needs: tuple[str, ...], known: Mapping[str, Any], call: Call) -> dict[str, Any]:
    query = call.arguments["query"].values
    return {
        name: known["now"]() if name == "now" else known[name] if name in known else query[name]
        for name in needs
        if name in known or name in query
    }


def _response_check(operation: Operation, parts: Parts) -> Callable[[Any], None]:
    """Compile the check of an answer. It raises, so that the unit of work is rolled back."""
    schema = operation.success.schema
    validator = parts.contract.validator(schema or {})

    def check(result: Any) -> None:
        if not validator.accepts(result):
            found = reasons(validator, result).values()
            wrong = "; ".join(str(each) for texts in found for each in texts)
            log.error("%s answered outside the contract: %s", operation.id, wrong)
            raise Problem("internal-error", MISTAKE)

    return check


Execution = step(_execution)
