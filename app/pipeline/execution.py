"""One unit of work: handler, response check, and only then the commit.

A handler is a plain function. It names what it needs and gets it: `reader` to read,
`session` to write, `now`, `site` (the public address of this server), `principal` (whose key it
is), `admin_id` (the owner of the key), `storage`, `headers`, `address` (of the client), `query`,
`body`, `password_hash`, `admit` (which counts a request of a key whose secret the handler has found
out), the path parameters, and query parameters by their own names.
"""

import inspect
import logging
from asyncio import to_thread
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.orm import Session

from app.contract import Operation
from app.listing import Page
from app.pipeline.call import Answer, Call, Handler, Parts, Step, address_of, site
from app.pipeline.idempotency import once
from app.pipeline.language import language_headers, language_of, translations, worded
from app.pipeline.media import CONTENT_TYPES, VARY, writers
from app.pipeline.pages import addresses, envelope
from app.pipeline.problems import MISTAKE, Problem
from app.pipeline.ratelimit import admit
from app.pipeline.reasons import reasons
from app.storage import Storage
from app.usecases.passwords import hash_of, hash_of_any
from models.engine import unit_of_work
from models.reads import Reader

log = logging.getLogger("clientxcms")

READS = frozenset({"get"})
# The schema of what is said to a person; answers that hold one are worded in their language.
MESSAGE = "Message"

# What a handler may ask for, beside reader and session, and where it comes from.
Source = Callable[[Call, Parts, dict[str, Any]], Any]
SOURCES: dict[str, Source] = {
    "now": lambda call, parts, known: parts.clock(),
    "site": lambda call, parts, known: site(call.scope, parts.settings),
    "principal": lambda call, parts, known: call.principal,
    "admin_id": lambda call, parts, known: call.principal and call.principal.admin_id,
    "storage": lambda call, parts, known: Storage(parts.settings.data, known["session"]),
    "headers": lambda call, parts, known: call.headers,
    "address": lambda call, parts, known: address_of(call.scope),
    "admit": lambda call, parts, known: (
        lambda key_id, limit: parts.database.wait(admit(call, parts, key_id, limit))
    ),
}
# What takes so long that others would have to wait for it: made of the body before the unit of
# work, in a thread.
BEFOREHAND: dict[str, Callable[[dict[str, Any]], Any]] = {
    "password_hash": hash_of,
    "any_password_hash": hash_of_any,
}


def execution(operation: Operation, handler: Handler, parts: Parts) -> Step:
    """Call the handler in a unit of work, and make its result the answer."""
    success = operation.success
    finish = _finish(operation, parts)
    unit = _unit(operation, handler, parts, finish)
    has_location = "Location" in success.headers
    # Behind a key nearly everything is personal, and the rest is a secret.
    caching = (b"cache-control", b"no-store")
    has_body = success.schema is not None
    headers = {
        media_type: ((b"content-type", content_type.encode()), caching) if has_body else (caching,)
        for media_type, content_type in CONTENT_TYPES.items()
    }

    async def execute(call: Call) -> Answer:
        result, body = await unit(call)
        if has_location:
            path = f"{call.scope['path'].rstrip('/')}/{result['id']}"
            address = f"{site(call.scope, parts.settings)}{path}"
            call.answer_headers.append((b"location", address.encode()))
        return Answer(success.status, headers[call.media_type], body)

    return execute


Finish = Callable[[Any, Call], tuple[Any, bytes]]


def _unit(
    operation: Operation, handler: Handler, parts: Parts, finish: Finish
) -> Callable[[Call], Awaitable[tuple[Any, bytes]]]:
    """Compile how the handler is called: with a session in its transaction, or only to read."""
    parameters = tuple(inspect.signature(handler).parameters)
    sources = [(name, SOURCES[name]) for name in parameters if name in SOURCES]
    given = [name for name in parameters if name not in SOURCES]
    beforehand = [(name, BEFOREHAND[name]) for name in parameters if name in BEFOREHAND]
    from_query = frozenset(parameter.name for parameter in operation.query)
    database, replicas = parts.database, parts.replicas

    def arguments(call: Call, known: dict[str, Any]) -> dict[str, Any]:
        found = call.arguments
        for name in given:
            if name in found:
                known[name] = found[name]
            elif name in from_query:
                known[name] = found["query"].values[name]
        for name, source in sources:
            known[name] = source(call, parts, known)
        return known

    def work(session: Session, call: Call) -> tuple[Any, bytes]:
        known = arguments(call, {"session": session})
        if "session" not in parameters:
            del known["session"]
        return finish(handler(**known), call)

    perform = once(operation, work, parts)

    def in_transaction(call: Call, prepared: int) -> tuple[Any, bytes]:
        # The database may have undone it, and begin it anew.
        del call.answer_headers[prepared:]
        with unit_of_work(database.engine, write=True) as session:
            return perform(session, call)

    def reading(reader: Reader, call: Call) -> tuple[Any, bytes]:
        return finish(handler(**arguments(call, {"reader": reader})), call)

    async def write(call: Call) -> tuple[Any, bytes]:
        for name, make in beforehand:
            call.arguments[name] = await to_thread(make, call.arguments["body"])
        change = database.write(in_transaction, call, len(call.answer_headers))
        return await (change if replicas is None else replicas.note(_key(call), change))

    async def read(call: Call) -> tuple[Any, bytes]:
        if replicas is None:
            return await database.read(reading, call)
        return await replicas.read(_key(call), reading, call)

    async def neither(call: Call) -> tuple[Any, bytes]:
        return finish(handler(**arguments(call, {})), call)

    if operation.method not in READS:
        return write
    return read if "reader" in parameters else neither


def _key(call: Call) -> int:
    """Whose changes have to be seen by whoever asks next."""
    return call.principal.key_id if call.principal else 0


def _finish(operation: Operation, parts: Parts) -> Finish:
    """Compile what becomes of a result: its envelope, its words, the check, the body."""
    schema = operation.success.schema
    if schema is None:
        return _nothing
    check = _response_check(operation, parts)
    wrap = envelope(parts.contract, schema)
    write = writers(schema)
    is_worded = parts.contract.refers(schema, MESSAGE)

    def finish(result: Any, call: Call) -> tuple[Any, bytes]:
        if isinstance(result, Page):
            path = site(call.scope, parts.settings) + call.scope["path"].rstrip("/")
            around = addresses(result, path, call.arguments["query"])
            result = wrap(result, around)
            if around.link:
                call.answer_headers.append((b"link", around.link))
        if is_worded:
            language = language_of(call.headers)
            result = worded(result, translations(language))
            call.answer_headers.extend(language_headers(language))
        else:
            call.answer_headers.append(VARY)
        check(result)
        return result, write[call.media_type](result)

    return finish


def _nothing(result: Any, call: Call) -> tuple[Any, bytes]:
    """The answer of an operation that has nothing to say."""
    call.answer_headers.append(VARY)
    return result, b""


def _response_check(operation: Operation, parts: Parts) -> Callable[[Any], None]:
    """Compile the check of an answer. It raises, so that the unit of work is rolled back."""
    validator = parts.contract.validator(operation.success.schema or {}, answers=True)

    def check(result: Any) -> None:
        if not validator.accepts(result):
            found = reasons(validator, result).values()
            wrong = "; ".join(str(each) for texts in found for each in texts)
            log.error("%s answered outside the contract: %s", operation.id, wrong)
            raise Problem("internal-error", MISTAKE)

    return check
