"""Commands for those who run the shop: administrators, and services by hand."""

from datetime import UTC, datetime
from functools import cached_property

import click
from flask import Blueprint
from sqlalchemy import func, select

from app.cli.contract import contract
from app.cli.database import database, fail
from app.usecases import services
from models import Admin, Customer, Product
from models.base import HELD, SHARED, flush
from models.errors import Invalid
from models.pricing import PERIODS

commands = Blueprint("shop", __name__, cli_group=None)


class Currency(click.ParamType[str]):
    """A choice of the currencies that prices can have. No other command waits for the contract."""

    name = "currency"

    @cached_property
    def choice(self) -> click.Choice[str]:
        return click.Choice(contract().document["components"]["schemas"]["Currency"]["enum"])

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return self.choice.convert(value, param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        return self.choice.get_metavar(param, ctx)


@commands.cli.command("clientxcms:create-admin")
@click.argument("email")
def create_admin(email: str) -> None:
    """Make an administrator with the address EMAIL, who can own API keys."""
    email = email.strip().lower()
    name, _, domain = email.rpartition("@")
    if not name or "." not in domain or len(email) > 255 or any(map(str.isspace, email)):
        fail(f"{email!r} is not an e-mail address.")
    with database(write=True) as session:
        session.add(Admin(username=name, email=email, firstname=name, lastname=""))
        try:
            flush(session)
        except Invalid:
            fail(f"There is already an administrator with the address {email}.")
    click.echo(f"Administrator {email} was created.")


@commands.cli.command("clientxcms:create-service")
@click.argument("email")
@click.argument("product_id", type=click.IntRange(1, 2**63 - 1))
@click.option("--billing", default="monthly", type=click.Choice(list(PERIODS)))
@click.option("--currency", default="EUR", type=Currency())
@click.option("--name", help="What to call it, if not like the product.")
@click.option("--deliver", is_flag=True, help="Make it active at once.")
def create_service(
    email: str, product_id: int, billing: str, currency: str, name: str | None, deliver: bool
) -> None:
    """Make a service of the product PRODUCT_ID for the customer with the address EMAIL."""
    with database(write=True) as session:
        same = func.lower(Customer.email) == email.strip().lower()
        living = select(Customer).where(same, Customer.deleted_at.is_(None))
        customer = session.scalars(living.with_for_update(**SHARED)).first()
        if customer is None:
            fail(f"There is no customer with the address {email}.")
        product = session.get(Product, product_id, with_for_update=HELD)
        if product is None or product.deleted_at is not None:
            fail(f"There is no product {product_id}.")
        service = services.create(
            session, customer, product, billing=billing, currency=currency, name=name,
            now=datetime.now(UTC),
        )  # fmt: skip
        if deliver:
            services.deliver(session, service, by=None)
        session.flush()
        click.echo(f"Service {service.id} ({service.name}) was created: {service.status}.")
        click.echo(f"UUID: {service.uuid}")
