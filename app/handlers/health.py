"""Whether the server answers."""

from typing import Any


def show() -> dict[str, Any]:
    return {"status": "ok"}
