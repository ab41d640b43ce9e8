"""Counts for a dashboard."""

from typing import Any

from sqlalchemy import Connection

from app.usecases.statistics import count_all


def show(connection: Connection) -> dict[str, Any]:
    return {"data": count_all(connection)}
