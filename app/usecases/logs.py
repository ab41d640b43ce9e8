"""Action logs (extended contract 9)."""

from typing import Any

from sqlalchemy.orm import Session

from models import ActionLog, Customer, Service


def log(
    session: Session,
    action: str,
    row: Customer | Service,
    *,
    by: int | None,
    **payload: Any,
) -> None:
    """Note that an action was done to a customer or service, by the admin with the id `by`."""
    session.add(
        ActionLog(
            action=action,
            model=row.CLASS_NAME,
            model_id=str(row.id),
            customer_id=row.id if isinstance(row, Customer) else row.customer_id,
            staff_id=by,
            payload=payload,
        )
    )
