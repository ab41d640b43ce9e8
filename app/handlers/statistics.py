"""Counts for a dashboard."""

from typing import Any

from sqlalchemy.orm import Session

from app.usecases.statistics import count_all


def show(session: Session) -> dict[str, Any]:
    return {"data": count_all(session)}
