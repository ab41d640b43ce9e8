"""Product groups: the shelves of the shop, which may stand in one another."""

from typing import ClassVar

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SoftDeleted, Timestamps
from models.sentence import Sentence, say


class Group(Base, Timestamps, SoftDeleted):
    __tablename__ = "groups"
    CLASS_NAME: ClassVar[str] = "App\\Models\\Store\\Group"
    NOUN: ClassVar[Sentence] = say("group")

    name: Mapped[str] = mapped_column(String(255))
    slug: Mapped[str] = mapped_column(String(255), unique=True)
    status: Mapped[str] = mapped_column(String(16), default="active")
    description: Mapped[str] = mapped_column(Text)
    badge_title: Mapped[str | None] = mapped_column(String(255))
    badge_color: Mapped[str | None] = mapped_column(String(32))
    badge_icon: Mapped[str | None] = mapped_column(String(64))
    image: Mapped[str | None] = mapped_column(String(255))
    pinned: Mapped[bool] = mapped_column(default=False)
    sort_order: Mapped[int] = mapped_column(default=0)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id"), index=True)
