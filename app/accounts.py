"""The collections of those who buy: customers and their services."""

from app.catalogue import metadata_of, prices_of
from app.criteria import Search
from app.emails import in_ascii
from app.listing import Collection
from app.relations import Many, One
from app.schemas.compiler import Serialiser
from app.schemas.customer import CustomerSchema
from app.schemas.invoice import InvoiceSchema
from app.schemas.service import ConfigOptionSchema, ServiceSchema
from app.usecases.account_blocks import SECRETS_OF_2FA
from models import ConfigOptionService, Customer, Invoice, Metadata, Service
from models.phone_number import searched
from models.service import HIDDEN

_customer = Customer.__table__
_invoice = Invoice.__table__
_option = ConfigOptionService.__table__
_service = Service.__table__

_customers = Serialiser(CustomerSchema(), _customer)
_invoices = Serialiser(InvoiceSchema(), _invoice)
_options = Serialiser(ConfigOptionSchema(), _option)
_services = Serialiser(ServiceSchema(), _service)

CUSTOMERS = Collection(
    Customer,
    CustomerSchema(),
    relations={
        "invoices": Many(_invoice, "customer_id", _invoices, _invoice.c.deleted_at.is_(None)),
        # Whoever reads these could log in as the customer.
        "metadata": metadata_of(
            Customer.CLASS_NAME, *(Metadata.__table__.c.key != key for key in SECRETS_OF_2FA)
        ),
        "services": Many(
            _service,
            "customer_id",
            _services,
            _service.c.deleted_at.is_(None),
            _service.c.status != HIDDEN,
        ),
    },
    older={"q": "email"},
    searched={
        "email": Search("email", in_ascii),
        "phone": Search("phone_spellings", searched, match="part"),
    },
)

SERVICES = Collection(
    Service,
    ServiceSchema(),
    relations={
        "customer": One(_customer, "customer_id", _customers),
        "metadata": metadata_of(Service.CLASS_NAME),
        "pricing": prices_of("service"),
        "configoptions": Many(_option, "service_id", _options),
    },
)
