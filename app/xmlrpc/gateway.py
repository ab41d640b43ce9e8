"""XML-RPC at /api/xmlrpc: every operation of the contract is a method.

A call becomes the request of its operation and goes through the same server as any other: key,
permissions, rate limit, checks, unit of work and texts are those of the pipeline.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, Response, current_app, g, request
from flask_xmlrpcre import Fault, XMLRPCHandler

from app.contract import contract
from app.pipeline.call import App
from app.pipeline.language import language_of, translations
from app.pipeline.problems import Problem, document, translate
from app.xmlrpc.bridge import Bridge
from app.xmlrpc.introspection import CAPABILITIES, SYSTEM, help_of, method_names, signatures_of
from app.xmlrpc.requests import fault_of, members_of, request_for, scope_for, value_of
from app.xmlrpc.values import read_call, write_answer
from models.sentence import Sentence, say

# How many calls a batch may hold.
BATCH = 20
# How many bytes the responses of a batch may have together, as JSON. The server holds all of them
# until the last call is done, and a page of 1,000 long descriptions (64 KiB each) has 64 MB.
BATCH_BYTES = 32 * 1024 * 1024
# What an answer inside says of the call, and not of its body.
KEPT = frozenset({b"retry-after", b"content-language", b"vary", b"deprecation", b"link"})

rpc = Blueprint("xmlrpc", __name__)


class Gateway(XMLRPCHandler):
    """Flask-XML-RPC-Re without its defects, which are made up for here and nowhere else.

    Its registry, its dispatch and its route are used as they are. Its view is not: it tells callers
    the class and the text of any exception, always as fault 1, and logs nothing; it reads bodies
    of any size, and with a parser that expands entities. Its introspection answers to everybody.
    """

    def __init__(self) -> None:
        super().__init__("xmlrpc", instance=Operations(), introspection=False)

    def handle_request(self) -> Response:
        """The answer to a call. It is HTTP 200, whatever became of the call."""
        answer = outcome(lambda: self.run(*read_call(_body())))
        response = Response(write_answer(answer), content_type="text/xml; charset=utf-8")
        response.headers["Cache-Control"] = "no-store"
        for name, value in g.get("answer_headers", ()):
            if name in KEPT or name.startswith(b"x-ratelimit-"):
                response.headers[name.decode()] = value.decode("latin-1")
        if isinstance(answer, Fault) and answer.faultCode == 413:
            # What is left of the body would be read as the next request.
            response.headers["Connection"] = "close"
        return response

    def run(self, name: str, arguments: Sequence[Any]) -> Any:
        """What a method returns. Raises a Fault or a Problem."""
        return self._dispatch(name, tuple(arguments))


class Operations:
    """Every method that is not registered by name: the library's dispatch asks for it here."""

    def _dispatch(self, name: str, arguments: Sequence[Any]) -> Any:
        try:
            if name not in contract().operations:
                raise _unknown(name)
            operation = contract().operations[name]
            scope, body = request_for(
                contract(), operation, members_of(arguments), request.environ["asgi.scope"]
            )
        except Problem:
            check_key(arguments)
            raise
        return _ask(_bridge().server, scope, body)


def outcome(call: Callable[[], Any]) -> Any:
    """What a call returns, or the Fault that it ends with. Only texts of problems get out."""
    try:
        return call()
    except Fault as fault:
        return fault
    except Exception as error:
        accepted = request.headers.get("Accept-Language", "").encode("latin-1")
        language = translations(language_of({b"accept-language": accepted}))
        return fault_of(document(translate(error), request.path, language))


def check_key(arguments: Sequence[Any] = ()) -> None:
    """Count a call that is no operation. Raises a Fault unless it carries a living key.

    Strangers learn nothing, not even what is wrong with their call.
    """
    outer = request.environ["asgi.scope"]
    members = dict(arguments[-1]) if arguments and isinstance(arguments[-1], dict) else {}
    _ask(_bridge().key_check, scope_for(outer, outer["method"], outer["path"], members))


def _ask(app: App, scope: Any, body: bytes = b"") -> Any:
    answer = _bridge().ask(app, scope, body)
    g.answer_headers = answer.headers
    g.response_bytes = g.get("response_bytes", 0) + len(answer.body)
    return value_of(answer.status, answer.body)


def _bridge() -> Bridge:
    bridge: Bridge = current_app.config["BRIDGE"]
    return bridge


def _body() -> bytes:
    limit = contract().body_limit
    # Read as it comes: Flask would take a body without an announced length for empty.
    body: bytes = request.environ["wsgi.input"].read(limit + 1)
    if len(body) > limit:
        too_large = say("A body may have at most {limit} bytes.", limit=limit)
        raise Problem("payload-too-large", too_large)
    return body


def _malformed(sentence: Sentence) -> Problem:
    return Problem("malformed-request", sentence)


def _unknown(name: str) -> Problem:
    return Problem("not-found", say("There is no method {name}.", name=name[:100]))


def _method_named(arguments: Sequence[Any]) -> str:
    """The method that a caller asks about."""
    if not arguments or not isinstance(arguments[0], str):
        raise _malformed(say("The first argument is the name of a method."))
    if arguments[0] not in {*contract().operations, *SYSTEM}:
        raise _unknown(arguments[0])
    return arguments[0]


def get_capabilities(*arguments: Any) -> Any:
    check_key(arguments)
    return CAPABILITIES


def list_methods(*arguments: Any) -> list[str]:
    check_key(arguments)
    return method_names(contract())


def method_help(*arguments: Any) -> str:
    check_key(arguments)
    return help_of(contract(), _method_named(arguments))


def method_signature(*arguments: Any) -> list[list[str]]:
    check_key(arguments)
    return signatures_of(contract(), _method_named(arguments))


def multicall(*arguments: Any) -> list[Any]:
    """Several calls, one after the other, each with its own key or that of the header.

    Each is answered with a list of its one value, or with the struct of its fault.
    """
    calls = arguments[0] if len(arguments) == 1 else None
    if not isinstance(calls, list) or len(calls) > BATCH:
        check_key()
        raise _malformed(say("A batch is one list of at most {limit} calls.", limit=BATCH))
    if not calls:
        # No call of it would be refused without a key.
        check_key()
    results = [outcome(partial(_batched, call)) for call in calls]
    return [
        {"faultCode": result.faultCode, "faultString": result.faultString}
        if isinstance(result, Fault)
        else [result]
        for result in results
    ]


def _batched(call: Any) -> Any:
    """Make one call of a batch and return its value.

    Raises a 413 problem for the read whose response makes the batch too large, and for all calls
    after it. The response of a write is always returned, because a fault means that nothing has
    changed.
    """
    match call:
        case {"methodName": str(name), "params": list(arguments)} if name != "system.multicall":
            _check_batch_size()
            value = gateway.run(name, arguments)
            operation = contract().operations.get(name)
            if operation and operation.method == "get":
                _check_batch_size()
            return value
    check_key()
    raise _malformed(
        say("A call of a batch is a struct of methodName and params, and not a batch itself.")
    )


def _check_batch_size() -> None:
    """Raise a 413 problem if the responses of the batch have more than BATCH_BYTES together."""
    if g.get("response_bytes", 0) > BATCH_BYTES:
        too_large = say(
            "The responses of a batch may have at most {limit} bytes together. "
            "Send this call again in a request of its own.",
            limit=BATCH_BYTES,
        )
        raise Problem("payload-too-large", too_large)


gateway = Gateway()
system = gateway.namespace("system")
system.register(get_capabilities, "getCapabilities")
system.register(list_methods, "listMethods")
system.register(method_help, "methodHelp")
system.register(method_signature, "methodSignature")
system.register(multicall, "multicall")
gateway.connect(rpc, "/api/xmlrpc")
