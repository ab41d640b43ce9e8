"""Admins: who runs the shop, and owns API keys."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SoftDeleted, Timestamps


class Admin(Base, Timestamps, SoftDeleted):
    """A person who runs the shop. From `expires_at` on (None is never), neither the person nor the
    API keys of the person are let in."""

    __tablename__ = "admins"
    CLASS_NAME: ClassVar[str] = "App\\Models\\Admin\\Admin"

    username: Mapped[str] = mapped_column(String(255))
    email: Mapped[str] = mapped_column(String(255), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    firstname: Mapped[str] = mapped_column(String(255))
    lastname: Mapped[str] = mapped_column(String(255))
    expires_at: Mapped[datetime | None]
