"""A text without the difference between capital and small letters: the same on each database.

Each letter becomes its one small letter (the simple mapping of Unicode), but for two: İ is i, and
the sigma at the end of a word is that in the midst of one. Both sides of a comparison are folded by
the database, so that every text finds itself.
"""

from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

# SQL for one small sigma; the index of a text filter has to say the same, see migration 0012.
POSTGRESQL = "replace(lower({0}), '\u03c2', '\u03c3')"
# The collation of our columns knows no letter that came to Unicode after 1999.
_LOWER = "lower({0} COLLATE utf8mb4_uca1400_nopad_as_cs) COLLATE utf8mb4_nopad_bin"
_MARIADB = f"replace({_LOWER}, '\u03c2', '\u03c3')"
# The function that `models/sqlite.py` registers.
SQLITE = "fold"


def fold(text: Any) -> Any:
    """The same for SQLite, whose own lower() knows only ASCII. What is no text comes back."""
    if not isinstance(text, str):
        return text
    small = text.replace("İ", "i").lower()
    return small.replace("\u03c2", "\u03c3")


class folded(FunctionElement[str]):
    """A text of a statement, folded."""

    type = String()
    inherit_cache = True

    def __init__(self, text: ColumnElement[Any]) -> None:
        super().__init__(text)


def _inside(element: folded, compiler: Any, options: Any) -> str:
    text: str = compiler.process(element.clauses, **options)
    return text


@compiles(folded)
def _by_lower(element: folded, compiler: Any, **options: Any) -> str:
    return POSTGRESQL.format(_inside(element, compiler, options))


@compiles(folded, "sqlite")
def _by_function(element: folded, compiler: Any, **options: Any) -> str:
    return f"{SQLITE}({_inside(element, compiler, options)})"


@compiles(folded, "mariadb")
def _by_other_collation(element: folded, compiler: Any, **options: Any) -> str:
    return _MARIADB.format(_inside(element, compiler, options))
