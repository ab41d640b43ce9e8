"""Products: what the shop sells."""

from typing import ClassVar

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SoftDeleted, Timestamps
from models.sentence import Sentence, say

# Types without a driver, or whose driver keeps no configuration for a product.
WITHOUT_CONFIGURATION = frozenset({"none", "domain"})


class Product(Base, Timestamps, SoftDeleted):
    __tablename__ = "products"
    CLASS_NAME: ClassVar[str] = "App\\Models\\Store\\Product"
    NOUN: ClassVar[Sentence] = say("product")

    name: Mapped[str] = mapped_column(String(255))
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), index=True)
    status: Mapped[str] = mapped_column(String(16), default="active", index=True)
    description: Mapped[str] = mapped_column(Text)
    pinned: Mapped[bool] = mapped_column(default=False)
    # -1 is unlimited.
    stock: Mapped[int] = mapped_column(default=10)
    type: Mapped[str] = mapped_column(String(64), default="none", index=True)
    sort_order: Mapped[int] = mapped_column(default=0)
    image: Mapped[str | None] = mapped_column(String(255))
