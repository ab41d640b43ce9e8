"""What all tables share: exact types, names of constraints, timestamps and soft deletion."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from models.errors import Invalid, NotFound
from models.sentence import Sentence, field, say

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
_CENT = Decimal("0.01")
# In the `info` of a column that follows from another: the field of a body that fills it.
FIELD = "field"


class Money(TypeDecorator[Decimal]):
    """An exact amount with two decimals, never a binary float on its way.

    SQLite has no decimals: there it is a whole number of cents.
    """

    impl = Numeric(12, 2)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        whole = dialect.name == "sqlite"
        return dialect.type_descriptor(BigInteger() if whole else Numeric(12, 2))

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if not isinstance(value, Decimal | int):
            raise TypeError(f"an amount is a Decimal, not {type(value).__name__}")
        cents = Decimal(value).scaleb(2)
        if cents != cents.to_integral_value():
            raise ValueError("an amount has two decimals at most")
        return int(cents) if dialect.name == "sqlite" else Decimal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        return int(value) * _CENT


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: aware and in UTC here, naive and in UTC in the database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


# SQLite numbers rows by itself only in a column that is declared INTEGER; it holds 64 bits.
Id = BigInteger().with_variant(Integer(), "sqlite")


def utc_now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """The parent of every table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        Decimal: Money(),
        datetime: UTCDateTime(),
        # A missing value is NULL in the database, not the JSON text null.
        dict[str, Any]: JSON(none_as_null=True),
        list[str]: JSON(none_as_null=True),
    }
    __table__: ClassVar[Table]
    # What to call a row when speaking to a caller.
    NOUN: ClassVar[Sentence]

    id: Mapped[int] = mapped_column(Id, primary_key=True, sort_order=-1)

    def change(self, values: Mapping[str, Any]) -> None:
        """Set the given columns, and no others."""
        for name, value in values.items():
            setattr(self, name, value)


class Timestamps:
    """When a row was made and last written. The database layer fills both."""

    created_at: Mapped[datetime | None] = mapped_column(default=utc_now, sort_order=90)
    updated_at: Mapped[datetime | None] = mapped_column(
        default=utc_now, onupdate=utc_now, sort_order=91
    )


class SoftDeleted:
    """A deleted row stays, so that what refers to it still can; nobody sees it."""

    deleted_at: Mapped[datetime | None] = mapped_column(sort_order=92)


def list_index(column: str) -> Index:
    """An index for lists that are sorted or filtered by a column.

    The id behind it makes a sorted list one walk along the index. Whether a row is deleted stands
    there too, so that no row has to be looked up for being counted or passed over.
    """
    return Index(None, column, "id", "deleted_at")


Row = TypeVar("Row", bound=Base)


def missing(model: type[Base], row_id: object) -> NotFound:
    """The error for an id that no visible row has."""
    return NotFound(say("There is no {noun} {id}.", noun=model.NOUN, id=row_id))


# How to read a row that is going to be changed: whoever else wants to waits, and sees the change.
# PostgreSQL still lets others add rows that refer to it; SQLite has one writer at a time anyway.
HELD: dict[str, Any] = {"key_share": True}
# How to read a row that something else is going to depend on: nobody changes it meanwhile.
SHARED: dict[str, Any] = {"read": True}


def living(session: Session, model: type[Row], row_id: int) -> Row:
    """The row with that id, held until the transaction ends. Raises NotFound if there is none, or
    if it is deleted."""
    row = session.get(model, row_id, with_for_update=HELD)
    if row is None or getattr(row, "deleted_at", None) is not None:
        raise missing(model, row_id)
    return row


def is_living(session: Session, model: type[Row], row_id: int) -> bool:
    """Whether there is a row with that id that is not deleted; it stays so until the transaction
    ends."""
    row = session.get(model, row_id, with_for_update=SHARED)
    return row is not None and getattr(row, "deleted_at", None) is None


def is_taken(session: Session, row: Base, *same: ColumnElement[bool]) -> bool:
    """Whether another row of the table, deleted or not, meets these conditions."""
    model = type(row)
    # Of a row that is new, every other one is another: `!= None` is IS NOT NULL.
    other = select(model.id).where(*same, model.id != row.id).limit(1)
    return session.scalar(other) is not None


def flush(session: Session) -> None:
    """Write what is pending. Raises Invalid for a value that must be unique and is taken.

    Callers ask first, for the sake of better answers; this is for two writers at one moment.
    """
    try:
        session.flush()
    except IntegrityError as error:
        column = _column_of(str(error.orig))
        if column is None:
            raise
        name = column.info.get(FIELD, column.name)
        raise Invalid({name: [taken(name)]}) from error


def _column_of(complaint: str) -> Column[Any] | None:
    """The column whose uniqueness a database complains of: SQLite names it, others its index."""
    named = re.search(r"UNIQUE constraint failed: (\w+)\.(\w+)", complaint)
    if named is not None:
        return Base.metadata.tables[named[1]].c[named[2]]
    # MariaDB repeats the value before the name, whatever is written in it.
    index = re.search(r"for key '(\w+)'\W*$", complaint)
    for table in Base.metadata.tables.values():
        for column in table.columns:
            name = f"uq_{table.name}_{column.name}"
            if index[1] == name if index else f'"{name}"' in complaint:
                return column
    return None


TAKEN = say("is already taken")


def taken(name: str) -> Sentence:
    """What to say of a value that must be unique and is not."""
    return field(name, TAKEN)
