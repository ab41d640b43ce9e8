"""Services, and the actions that start, stop and end them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts import SERVICES
from app.listing import Page, Query
from app.moments import write_moment
from app.schemas.compiler import Item
from app.schemas.service import ServiceSchema
from app.usecases import services
from models import Service
from models.errors import Conflict
from models.reads import Reader, SessionReader
from models.sentence import Sentence

SCHEMA = ServiceSchema()


def index(reader: Reader, query: Query, site: str) -> Page:
    return SERVICES.page(reader, query, site)


def show(reader: Reader, service_id: str, query: Query, site: str) -> Item:
    return SERVICES.item(reader, services.as_key(service_id), site, query)


def update(
    session: Session, service_id: str, body: dict[str, Any], site: str, now: datetime,
    admin_id: int,
) -> Item:  # fmt: skip
    service = services.find(session, service_id)
    values: dict[str, Any] = SCHEMA.load(body, partial=True)
    values |= {name: body[name] for name in ("pricing", "resync") if name in body}
    services.update(session, service, values, now=now, by=admin_id)
    return SERVICES.item(SessionReader(session), service.id, site)


patch = update


def delete(session: Session, service_id: str, site: str, now: datetime) -> Item:
    service = services.find(session, service_id)
    services.delete(session, service, now)
    return SERVICES.deleted(SessionReader(session), service.id, site)


def expire(
    session: Session, service_id: str, site: str, now: datetime, admin_id: int
) -> dict[str, Any]:
    def end(service: Service) -> Sentence:
        return services.expire(session, service, now=now, by=admin_id)

    return _act(session, service_id, end, site, now)


def suspend(
    session: Session, service_id: str, body: dict[str, Any], site: str, now: datetime,
    admin_id: int,
) -> dict[str, Any]:  # fmt: skip
    def stop(service: Service) -> Sentence:
        return services.suspend(
            session, service, reason=body.get("reason"), notify=bool(body["notify"]),
            now=now, by=admin_id,
        )  # fmt: skip

    return _act(session, service_id, stop, site, now)


def unsuspend(
    session: Session, service_id: str, site: str, now: datetime, admin_id: int
) -> dict[str, Any]:
    def start(service: Service) -> Sentence:
        return services.unsuspend(session, service, by=admin_id)

    return _act(session, service_id, start, site, now)


expire_by_delete = expire
suspend_by_put = suspend
unsuspend_by_put = unsuspend


def _act(
    session: Session,
    service_id: str,
    action: Callable[[Service], Sentence],
    site: str,
    now: datetime,
) -> dict[str, Any]:
    """Do something to a service; the answer shows it, and so does a refusal."""
    service = services.find(session, service_id)
    with _shown_when_refused(session, service, site, now):
        message = action(service)
        session.flush()
    return _outcome(session, service, message, site, now, success=True)


@contextmanager
def _shown_when_refused(
    session: Session, service: Service, site: str, now: datetime
) -> Iterator[None]:
    try:
        yield
    except Conflict as error:
        error.members |= _outcome(session, service, error.detail, site, now, success=False)
        raise


def _outcome(
    session: Session, service: Service, message: Sentence, site: str, now: datetime,
    *, success: bool,
) -> dict[str, Any]:  # fmt: skip
    item = SERVICES.item(SessionReader(session), service.id, site)
    result = {
        "service": item,
        "success": success,
        "message": message,
        "created_at": write_moment(now),
        "data": [],
    }
    return {"data": item, "result": result}
