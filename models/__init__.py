"""The tables of the shop."""

from models.action_log import ActionLog
from models.admin import Admin
from models.base import Base
from models.config_option_service import ConfigOptionService
from models.customer import Customer
from models.email_message import EmailMessage
from models.group import Group
from models.invoice import Invoice
from models.kept_answer import KeptAnswer
from models.mailed_token import MailedToken
from models.metadata import Metadata
from models.personal_access_token import PersonalAccessToken
from models.pricing import Pricing
from models.product import Product
from models.product_config import ProductConfig
from models.row_count import RowCount
from models.service import Service

__all__ = [
    "ActionLog",
    "Admin",
    "Base",
    "ConfigOptionService",
    "Customer",
    "EmailMessage",
    "Group",
    "Invoice",
    "KeptAnswer",
    "MailedToken",
    "Metadata",
    "PersonalAccessToken",
    "Pricing",
    "Product",
    "ProductConfig",
    "RowCount",
    "Service",
]
