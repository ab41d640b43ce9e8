"""How many services and customers there are, in one statement."""

from typing import Any

from sqlalchemy import case, func, select, true

from models import Customer, Service
from models.reads import Reader, items
from models.service import STATUSES

_service = Service.__table__
_customer = Customer.__table__


def _of_status(status: str) -> Any:
    return func.count(case((_service.c.status == status, 1)))


_services = (
    select(
        *(_of_status(status).label(status) for status in STATUSES),
        func.count().label("total"),
        func.count(func.distinct(case((_service.c.status == "active", _service.c.customer_id))))
        .label("active_customers"),
    )
    .where(_service.c.deleted_at.is_(None))
    .subquery()
)  # fmt: skip
_customers = (
    select(
        func.count().label("customers"),
        func.count(case((_customer.c.is_confirmed, 1))).label("confirmed"),
    )
    .where(_customer.c.deleted_at.is_(None))
    .subquery()
)
# Each side is one row, so every row of one belongs to every row of the other.
_COUNTS = select(_services, _customers).join_from(_services, _customers, true())


def count_all(reader: Reader) -> dict[str, dict[str, int]]:
    """Services by status and customers by what they have (core contract 6)."""
    row = items(reader, _COUNTS, {})[0]
    return {
        "services": {name: row[name] for name in (*STATUSES, "total")},
        "customers": {
            "total": row["customers"],
            "active": row["active_customers"],
            # No customer has this state yet; the key is part of the published shape.
            "suspended": 0,
            "pending": row["customers"] - row["confirmed"],
            "confirmed": row["confirmed"],
        },
    }
