"""The tables of our migrations as SQLAlchemy's ORM shows them, with relationships."""

import os
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Engine, and_, create_engine, make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, relationship, remote

import models
from models.engine import make_engine

# As costly as that of this server.
hash_password = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash


class Base(DeclarativeBase):
    metadata = models.Base.metadata


class Key(Base):
    __table__ = models.PersonalAccessToken.__table__


class Customer(Base):
    __table__ = models.Customer.__table__


class Service(Base):
    __table__ = models.Service.__table__


class Note(Base):
    __table__ = models.Metadata.__table__


class Pricing(Base):
    __table__ = models.Pricing.__table__


class Product(Base):
    __table__ = models.Product.__table__
    pricing: Mapped[list[Pricing]] = relationship(
        primaryjoin=lambda: and_(
            Product.__table__.c.id == foreign(remote(Pricing.__table__.c.related_id)),
            Pricing.__table__.c.related_type == "product",
            Pricing.__table__.c.deleted_at.is_(None),
        ),
        order_by=Pricing.__table__.c.id,
        viewonly=True,
    )
    notes: Mapped[list[Note]] = relationship(
        primaryjoin=lambda: and_(
            Product.__table__.c.id == foreign(remote(Note.__table__.c.model_id)),
            Note.__table__.c.model_type == models.Product.CLASS_NAME,
        ),
        order_by=Note.__table__.c.id,
        viewonly=True,
    )


def open_engine() -> Engine:
    """An engine for the threads of a framework: as many connections as wrk has."""
    url = make_url(os.environ["DATABASE_URL"])
    if url.get_backend_name() == "sqlite":
        return make_engine(os.environ["DATABASE_URL"])
    return create_engine(url.set(drivername="postgresql+psycopg"), pool_size=20)


def values(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
