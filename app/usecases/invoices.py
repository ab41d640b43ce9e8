"""What other use cases do to invoices."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Invoice, Service
from models.invoice import CANCELLED, OPEN, PENDING


def cancel_open_invoice(session: Session, service: Service) -> None:
    """Cancel the renewal that a service still waits for, and let go of it."""
    if service.invoice_id is None:
        return
    invoice = session.get(Invoice, service.invoice_id)
    if invoice is not None and invoice.status in OPEN:
        invoice.status = CANCELLED
    service.invoice_id = None


def pending_invoices(session: Session, customer_id: int) -> dict[str, str]:
    """The invoices that a customer still has to pay: id -> number."""
    found = session.execute(
        select(Invoice.id, Invoice.invoice_number)
        .where(
            Invoice.customer_id == customer_id,
            Invoice.status == PENDING,
            Invoice.deleted_at.is_(None),
        )
        .order_by(Invoice.id)
    )
    return {str(invoice_id): number or "" for invoice_id, number in found}


def detach_invoices(session: Session, customer_id: int) -> None:
    """Keep the invoices of a customer who is erased, without the customer."""
    session.execute(
        update(Invoice).where(Invoice.customer_id == customer_id).values(customer_id=None)
    )
