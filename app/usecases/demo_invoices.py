"""The invoices of the demo shop: one for what each customer ordered, one for what is due."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from uuid import UUID

from app.usecases.demo_shop import Row, stamps

VAT = Decimal("0.2")
# How long before the end of a period its renewal is billed.
AHEAD = timedelta(days=7)
ADDRESS = ("firstname", "lastname", "company_name", "address", "address2", "city", "country",
           "region", "zipcode", "phone", "email", "billing_details")  # fmt: skip


def invoices(
    random: Random,
    services: Iterable[Row],
    customers: list[Row],
    pricings: list[Row],
    now: datetime,
) -> list[Row]:
    """The invoices of all services. A service that waits for one gets its `invoice_id`."""
    prices = {(row["related_id"], row["currency"]): row for row in pricings}
    people = {customer["id"]: customer for customer in customers}
    bills: list[tuple[datetime, Row, bool]] = []
    for service in services:
        bills.append((service["created_at"], service, service["status"] != "pending"))
        expires = service["expires_at"]
        if service["status"] in ("active", "suspended") and expires and expires < now + AHEAD:
            bills.append((expires - AHEAD, service, False))
    counters: Counter[str] = Counter()
    rows: list[Row] = []
    for number, (made, service, is_paid) in enumerate(sorted(bills, key=_when), 1):
        month = f"{made:%Y-%m}"
        counters[month] += 1
        row = _invoice(random, service, people[service["customer_id"]], prices, made, is_paid)
        row |= {"id": number, "invoice_number": f"CTX-{month}-{counters[month]:04}"}
        rows.append(row)
        if not is_paid:
            service["invoice_id"] = number
    return rows


def _when(bill: tuple[datetime, Row, bool]) -> tuple[datetime, int]:
    return bill[0], bill[1]["id"]


def _invoice(
    random: Random, service: Row, customer: Row, prices: dict[tuple[int, str], Row],
    made: datetime, is_paid: bool,
) -> Row:  # fmt: skip
    price = prices[service["product_id"], service["currency"]]
    setup = price.get(f"setup_{service['billing']}") or Decimal(0)
    subtotal = (price[service["billing"]] or Decimal(0)) + setup
    tax = (subtotal * VAT).quantize(Decimal("0.01"), ROUND_HALF_UP)
    paid = made + timedelta(minutes=random.randint(2, 600)) if is_paid else None
    return {
        "uuid": str(UUID(int=random.getrandbits(128), version=4)),
        "customer_id": customer["id"],
        "billing_address": {name: customer.get(name) for name in ADDRESS},
        "due_date": made + timedelta(days=30),
        "subtotal": subtotal,
        "tax": tax,
        "total": subtotal + tax,
        "setupfees": setup,
        "currency": service["currency"],
        "status": "paid" if is_paid else "pending",
        "paymethod": "stripe" if is_paid else "balance",
        "paid_at": paid,
        "external_id": f"pi_{random.getrandbits(64):016x}" if is_paid else None,
        **stamps(made, paid),
    }
