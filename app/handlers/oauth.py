"""Short-lived tokens (RFC 6749 section 4.4)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.contract import contract
from app.usecases.tokens import client_credentials, grant


def token(
    session: Session, body: dict[str, Any], headers: dict[bytes, bytes],
    address: str | None, admit: Callable[[int, int | None], None], now: datetime,
) -> dict[str, Any]:  # fmt: skip
    client_id, secret = client_credentials(body, headers.get(b"authorization", b""))
    return grant(session, client_id, secret, body, address, admit, contract().permissions, now)
