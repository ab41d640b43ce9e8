"""Counts for a dashboard."""

from typing import Any

from app.usecases.statistics import count_all
from models.reads import Reader


def show(reader: Reader) -> dict[str, Any]:
    return {"data": count_all(reader)}
