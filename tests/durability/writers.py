"""Clients that write without a pause, and remember what they were told and what they were not."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count, pairwise

import httpx
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import ActionLog, Customer, Product
from models.base import Base
from models.row_count import living_rows
from tests.http import OPTIONS

# The group and the customers of the demo shop that everything here is done to.
GROUP = 2
FIRST_CUSTOMER = 1
COUNTED = ("customers", "groups", "pricings", "products", "services")


@dataclass
class Told:
    """What a client knows: `kept` was confirmed, `unknown` was sent and not answered."""

    kept: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    balances: dict[int, Decimal] = field(default_factory=dict)
    maybe: dict[int, set[Decimal]] = field(default_factory=dict)
    refused: dict[int, int] = field(default_factory=dict)
    lost: int = 0


async def write_until(end: asyncio.Event, url: str, key: str, told: Told, clients: int = 8) -> None:
    """Let so many clients write until the event, each one request after the other."""
    await asyncio.gather(*(_client(url, key, number, end, told) for number in range(clients)))


async def _client(url: str, key: str, number: int, end: asyncio.Event, told: Told) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    customer = FIRST_CUSTOMER + number
    address = f"{url}/api/application"
    async with httpx.AsyncClient(base_url=address, headers=headers, **OPTIONS) as http:
        for turn in count(1):
            if end.is_set():
                return
            await _create_product(http, f"product {number}-{turn}", told)
            await _set_balance(http, customer, Decimal(turn), told)


async def _create_product(http: httpx.AsyncClient, name: str, told: Told) -> None:
    body = {"name": name, "description": name, "status": "active", "group_id": GROUP,
            "stock": -1, "type": "proxmox"}  # fmt: skip
    status = await _status(http, "POST", "/products", body, told)
    if status == 201:
        told.kept.add(name)
    elif status is None:
        told.unknown.add(name)


async def _set_balance(
    http: httpx.AsyncClient, customer: int, balance: Decimal, told: Told
) -> None:
    body = {"balance": str(balance)}
    status = await _status(http, "PATCH", f"/customers/{customer}", body, told)
    if status == 200:
        told.balances[customer] = balance
        told.maybe[customer] = set()
    elif status is None:
        told.maybe.setdefault(customer, set()).add(balance)


async def _status(
    http: httpx.AsyncClient, method: str, path: str, body: object, told: Told
) -> int | None:
    """The status of the answer, None if whether it was done is not known.

    Of a 503, that is the case only if it says so.
    """
    try:
        answer = await http.request(method, path, json=body)
    except httpx.ConnectError:
        # Nobody has seen the request.
        await asyncio.sleep(0.01)
        return 0
    except httpx.TransportError:
        told.lost += 1
        return None
    if answer.is_success:
        return answer.status_code
    told.refused[answer.status_code] = told.refused.get(answer.status_code, 0) + 1
    assert answer.status_code == 503, answer.text
    assert answer.headers["retry-after"]
    await asyncio.sleep(0.05)
    return None if answer.json()["type"] == "/api/problems/in-doubt" else 503


def check(session: Session, told: Told) -> None:
    """What was confirmed is there once, nothing is there twice, and nothing was half done."""
    named = select(Product.name, func.count()).where(Product.name.like("product %-%"))
    found: dict[str, int] = dict(session.execute(named.group_by(Product.name)).all())
    assert told.kept - found.keys() == set()
    assert found.keys() - told.kept - told.unknown == set()
    assert {name for name, times in found.items() if times != 1} == set()
    for customer in session.scalars(select(Customer).where(Customer.id.in_(told.balances))):
        possible = {told.balances[customer.id], *told.maybe.get(customer.id, ())}
        assert customer.balance in possible
        assert [*_logged(session, customer)][-1] == customer.balance
        # Each entry begins where the one before has ended.
        _check_chain(session, customer)
    for name in COUNTED:
        table = Base.metadata.tables[name]
        rows = select(func.count()).select_from(table).where(table.c.deleted_at.is_(None))
        assert session.scalar(select(living_rows(table))) == session.scalar(rows)


def _entries(session: Session, customer: Customer) -> list[dict[str, str]]:
    chosen = (
        select(ActionLog.payload)
        .where(ActionLog.action == "balance_changed", ActionLog.model_id == str(customer.id))
        .order_by(ActionLog.id)
    )
    return list(session.scalars(chosen))


def _logged(session: Session, customer: Customer) -> list[Decimal]:
    return [Decimal(entry["new"]) for entry in _entries(session, customer)]


def _check_chain(session: Session, customer: Customer) -> None:
    entries = _entries(session, customer)
    for before, after in pairwise(entries):
        assert after["old"] == before["new"]
