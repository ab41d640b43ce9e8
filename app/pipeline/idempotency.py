"""What is asked twice is done once: the header Idempotency-Key.

After draft-ietf-httpapi-idempotency-key-header. The answer is kept in the transaction of what was
done, so that either both are there or neither is, whatever dies meanwhile. What a request calls
itself is a secret of its client: only a hash of it is kept, and it is the key to that of the body,
in which there may be a password.
"""

import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.contract import Operation
from app.pipeline.call import Call, Parts
from app.pipeline.media import VARY
from app.pipeline.multipart import Upload
from app.pipeline.problems import Problem
from models import KeptAnswer
from models.sentence import say

HEADER = "Idempotency-Key"
REPLAYED = (b"idempotency-replayed", b"true")

# What does the work of a call in a transaction; the result and the body of the answer.
Perform = Callable[[Session, Call], tuple[Any, bytes]]


def once(operation: Operation, perform: Perform, parts: Parts) -> Perform:
    """Let a request be done once, if it has a name, and give its answer again afterwards.

    Raises a 422 problem if the same key has sent another request by that name. Only what was done
    is kept; a problem is not.
    """
    if HEADER not in {parameter.name for parameter in operation.headers}:
        return perform
    kept_for = timedelta(seconds=parts.contract.answers_kept_for)

    def perform_once(session: Session, call: Call) -> tuple[Any, bytes]:
        if HEADER not in call.arguments:
            return perform(session, call)
        assert call.principal is not None
        name = call.arguments[HEADER].encode()
        request = _fingerprint(name, operation, call)
        now = parts.clock()
        session.execute(delete(KeptAnswer).where(KeptAnswer.created_at < now - kept_for))
        row = KeptAnswer(
            token_id=call.principal.key_id, name=sha256(name).hexdigest(), request=request,
            operation=operation.id, created_at=now,
        )  # fmt: skip
        if earlier := _earlier(session, row):
            return _again(earlier, request, call)
        result, body = perform(session, call)
        row.created_id, row.body = result["id"], body
        return result, body

    return perform_once


def _earlier(session: Session, row: KeptAnswer) -> KeptAnswer | None:
    """What was kept for a request of that name; if there was none, the row is its place now.

    If the same request is being done at this very moment, it is waited for.
    """
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return session.scalars(
            select(KeptAnswer).where(
                KeptAnswer.token_id == row.token_id, KeptAnswer.name == row.name
            )
        ).one()
    return None


def _again(earlier: KeptAnswer, request: str, call: Call) -> tuple[Any, bytes]:
    if not hmac.compare_digest(earlier.request, request):
        raise Problem(
            "idempotency-key-reused",
            say("Another request was sent with this Idempotency-Key. Nothing was changed."),
        )
    call.answer_headers += (VARY, REPLAYED)
    return {"id": earlier.created_id}, earlier.body


def _fingerprint(name: bytes, operation: Operation, call: Call) -> str:
    """What a request asks for, and in which form it wants the answer."""
    asked = [operation.id, call.media_type, call.arguments["body"]]
    text = json.dumps(asked, sort_keys=True, default=_as_text)
    return hmac.new(name, text.encode(), sha256).hexdigest()


def _as_text(value: Any) -> str:
    return sha256(value.content).hexdigest() if isinstance(value, Upload) else str(value)
