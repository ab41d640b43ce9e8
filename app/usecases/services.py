"""What happens to a service, and to what hangs on it: stock, invoice, logs, mail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy import delete as delete_rows
from sqlalchemy.orm import Session

from app.usecases import products
from app.usecases.invoices import cancel_open_invoice
from app.usecases.logs import log
from app.usecases.mail import post
from app.usecases.notes import remove_notes
from app.usecases.prices import remove_prices, set_prices
from models import ConfigOptionService, Customer, Product, Service
from models.base import HELD, flush, is_living, missing
from models.errors import Invalid
from models.pricing import add_periods
from models.sentence import Sentence, field, say
from models.service import STATUSES

# The largest id of the contract, and the largest whole number that JavaScript holds.
HIGHEST_ID = 2**53 - 1


def as_key(text: str) -> int | str:
    """The id or the uuid that a text is. What is no id that a row can have is no uuid either."""
    return int(text) if text.isdigit() and int(text) <= HIGHEST_ID else text.lower()


def find(session: Session, service_id: str) -> Service:
    """The service with that id or uuid, held until the transaction ends. Raises NotFound if there
    is none, or it is deleted."""
    key = as_key(service_id)
    same = Service.id == key if isinstance(key, int) else Service.uuid == key
    statement = select(Service).where(same, Service.deleted_at.is_(None)).with_for_update(**HELD)
    service = session.scalars(statement).first()
    if service is None:
        raise missing(Service, service_id)
    return service


def of_customer(session: Session, customer: Customer, *only: ColumnElement[bool]) -> list[Service]:
    """The services of a customer, or those that fulfil all conditions, held until the transaction
    ends."""
    chosen = select(Service).where(
        Service.customer_id == customer.id, Service.deleted_at.is_(None), *only
    )
    return list(session.scalars(chosen.order_by(Service.id).with_for_update(**HELD)))


def create(
    session: Session,
    customer: Customer,
    product: Product,
    *,
    billing: str,
    currency: str,
    name: str | None,
    now: datetime,
) -> Service:
    """A new service, pending, whose first period begins now."""
    service = Service(
        customer_id=customer.id,
        product_id=product.id,
        name=name or product.name,
        type=product.type,
        billing=billing,
        currency=currency,
        expires_at=None if billing == "onetime" else add_periods(now, billing, 1),
    )
    session.add(service)
    session.flush()
    return service


def deliver(session: Session, service: Service, *, by: int | None) -> Sentence:
    """Hand a pending service over. Returns what happened, for the caller."""
    if not service.deliver():
        return _already(service)
    products.take_from_stock(session, service)
    log(session, "service_delivered", service, by=by, message="ok")
    return say("The service was delivered.")


def suspend(
    session: Session,
    service: Service,
    *,
    reason: str | None,
    notify: bool,
    now: datetime,
    by: int | None,
) -> Sentence:
    """Stop an active service; with `notify`, tell its customer why."""
    if not service.suspend(reason, now):
        return _already(service)
    log(session, "service_suspended", service, by=by, reason=reason, notify=notify)
    customer = session.get(Customer, service.customer_id)
    if notify and customer is not None:
        post(session, customer, "service_suspended", now, service=service, reason=reason)
    return say("The service was suspended.")


def unsuspend(session: Session, service: Service, *, by: int | None) -> Sentence:
    """Let a suspended service run again."""
    if not service.unsuspend():
        return _already(service)
    log(session, "service_unsuspended", service, by=by, message="ok")
    return say("The service runs again.")


def expire(session: Session, service: Service, *, now: datetime, by: int | None) -> Sentence:
    """End a service for good: what it held is free again, what it owed is cancelled."""
    if "expire" in service.allowed:
        # Before anything else, so that a refusal shows the service as it is.
        products.put_back_into_stock(session, service)
    if not service.expire(now):
        return _already(service)
    cancel_open_invoice(session, service)
    log(session, "service_expired", service, by=by, message="ok")
    return say("The service has ended.")


def cancel(
    session: Session, service: Service, *, reason: str | None, now: datetime, by: int | None
) -> Sentence:
    """End a service at the wish of its customer."""
    if not service.cancel(reason, now):
        return _already(service)
    cancel_open_invoice(session, service)
    log(session, "service_cancelled", service, by=by, reason=reason, date=now.isoformat())
    return say("The service was cancelled.")


def uncancel(session: Session, service: Service, *, by: int | None) -> Sentence:
    """Take the cancellation of a service back."""
    if not service.uncancel():
        return _already(service)
    log(session, "service_uncancelled", service, by=by, message="ok")
    return say("The cancellation was taken back.")


def _already(service: Service) -> Sentence:
    status = STATUSES[service.status]
    return say("The service is already {status}. Nothing was changed.", status=status)


def update(
    session: Session, service: Service, body: Mapping[str, Any], *, now: datetime, by: int | None
) -> None:
    """Write the fields of a body; a new status is reached by the action that leads there.

    Raises Invalid for ids of nothing, and Conflict for a status that cannot be reached.
    """
    values = dict(body)
    status = values.pop("status", service.status)
    prices, resync = values.pop("pricing", None), values.pop("resync", None)
    _check_references(session, values)
    if status != service.status:
        _reach(session, service, status, values, now, by)
    service.change(values)
    if service.billing == "onetime":
        service.expires_at = None
    flush(session)
    if resync:
        remove_prices(session, "service", service.id, now)
    set_prices(session, "service", service.id, prices or {}, service.currency)
    session.flush()


def _check_references(session: Session, values: Mapping[str, Any]) -> None:
    errors: dict[str, list[Sentence]] = {}
    customer_id, product_id = values.get("customer_id"), values.get("product_id")
    if customer_id is not None and not is_living(session, Customer, customer_id):
        errors["customer_id"] = [field("customer_id", say("must be the id of a customer"))]
    if product_id is not None and not is_living(session, Product, product_id):
        errors["product_id"] = [field("product_id", say("must be the id of a product"))]
    if errors:
        raise Invalid(errors)


def _reach(
    session: Session,
    service: Service,
    status: str,
    values: Mapping[str, Any],
    now: datetime,
    by: int | None,
) -> None:
    match service.way_to(status):
        case "deliver":
            deliver(session, service, by=by)
        case "suspend":
            reason = values.get("suspend_reason")
            suspend(session, service, reason=reason, notify=False, now=now, by=by)
        case "unsuspend":
            unsuspend(session, service, by=by)
        case "expire":
            expire(session, service, now=now, by=by)
        case "cancel":
            reason = values.get("cancelled_reason")
            cancel(session, service, reason=reason, now=now, by=by)
        case "uncancel":
            uncancel(session, service, by=by)
        case action:
            service.move(action)


def delete(session: Session, service: Service, now: datetime) -> None:
    """Take a service away, with its notes and options; its own prices stay (contract 11.7)."""
    cancel_open_invoice(session, service)
    remove_notes(session, service)
    session.execute(
        delete_rows(ConfigOptionService).where(ConfigOptionService.service_id == service.id)
    )
    service.deleted_at = now
    session.flush()
