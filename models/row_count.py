"""How many rows of a table are not deleted, kept by triggers: nobody counts a million rows."""

from sqlalchemy import BigInteger, ColumnElement, String, Table, cast, func, select
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class RowCount(Base):
    """A change of the number of rows; the sum of all is the number.

    SQLite has one row for each table. Writers of PostgreSQL would wait for each other at that
    row, so each adds one of its own, and now and then one of them puts them together. Those of
    MariaDB have sixteen rows to share.
    """

    __tablename__ = "row_counts"

    table_name: Mapped[str] = mapped_column(String(64), index=True)
    difference: Mapped[int]


_counts = RowCount.__table__


def living_rows(table: Table) -> ColumnElement[int]:
    """The number of rows of a table that are not deleted, for use in a statement."""
    # A sum is a decimal to MariaDB.
    total = cast(func.coalesce(func.sum(_counts.c.difference), 0), BigInteger)
    return select(total).where(_counts.c.table_name == table.name).scalar_subquery()
