"""Options of a service: more memory, one more address, and what else was ordered with it."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamps


class ConfigOptionService(Base, Timestamps):
    __tablename__ = "config_options_services"

    config_option_id: Mapped[int] = mapped_column(BigInteger)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), index=True)
    key: Mapped[str] = mapped_column(String(255))
    value: Mapped[str | None] = mapped_column(String(255))
    expires_at: Mapped[datetime | None]
