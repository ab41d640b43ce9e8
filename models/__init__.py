"""The tables of the shop."""

from models.admin import Admin
from models.base import Base
from models.customer import Customer
from models.group import Group
from models.metadata import Metadata
from models.personal_access_token import PersonalAccessToken
from models.pricing import Pricing
from models.product import Product
from models.product_config import ProductConfig
from models.service import Service

__all__ = [
    "Admin",
    "Base",
    "Customer",
    "Group",
    "Metadata",
    "PersonalAccessToken",
    "Pricing",
    "Product",
    "ProductConfig",
    "Service",
]
