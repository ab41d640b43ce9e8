"""E-mails to customers: worded here, sent by whoever empties the outbox."""

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from models import Customer, EmailMessage

FOLDER = Path(__file__).parent.parent / "mails"


def _one_line(value: object) -> object:
    """What a customer or service is called must not add lines, least of all to the head."""
    return " ".join(value.split()) if isinstance(value, str) else value


# Plain texts: nothing in them is markup.
_templates = Environment(  # noqa: S701  # nosec B701
    loader=FileSystemLoader(FOLDER),
    undefined=StrictUndefined,
    finalize=_one_line,
    keep_trailing_newline=True,
)


def post(session: Session, customer: Customer, template: str, now: datetime, **values: Any) -> None:
    """Put a message into the outbox, in the language of the customer's locale.

    It is kept, or not, with everything else that the unit of work changes. `values` fill the
    template `<language>/<template>.txt`, whose first line is the subject.
    """
    language = "fr" if customer.locale.startswith("fr") else "en"
    written = _templates.get_template(f"{language}/{template}.txt")
    subject, _, content = written.render(customer=customer, **values).partition("\n")
    session.add(
        EmailMessage(
            recipient=customer.email,
            recipient_id=customer.id,
            template=template,
            locale=customer.locale,
            subject=subject[:255],
            content=content.lstrip("\n"),
            due_at=now,
        )
    )
