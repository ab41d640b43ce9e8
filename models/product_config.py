"""What the driver of a product's type needs to know to deliver it."""

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamps


class ProductConfig(Base, Timestamps):
    __tablename__ = "product_configs"

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), unique=True)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
