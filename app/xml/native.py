"""Whether the elements in C are there: `python setup.py build_ext --inplace` compiles them."""

from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from app.xml.elements import Text, Write

SOURCE = Path(__file__).with_name("_elements.c")


class Elements(Protocol):
    """What `elements.py` and `_elements.c` both have."""

    def scalar(self, type: str, name: str, /) -> Write: ...
    def array(self, item: Write, name: str, /) -> Write: ...
    def mapping(
        self,
        members: tuple[tuple[str, Write], ...],
        name: str,
        in_tag: Text | None,
        others: Text | None,
        /,
    ) -> Write: ...
    def document(self, write: Write, head: str, attributes: str, value: Any, /) -> bytes: ...


def compiled() -> Elements | None:
    """The module in C, if it was compiled from the source that is there now."""
    try:
        from app.xml import _elements
    except ImportError:
        return None
    # After an update the build of another version may still lie here.
    is_current = sha256(SOURCE.read_bytes()).hexdigest() == _elements.SOURCE
    return _elements if is_current else None
