"""What a request prefers: the ranges of Accept, Accept-Language and Accept-Encoding."""

import re
from typing import TypeVar

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

Ranges = TypeVar("Ranges", bound=Accept)
# A weight, with what may follow it in RFC 7231 section 5.3.2. RFC 9110 section 12.4.2 wants a digit
# before the point; Java sends `q=.2`, and programs in some countries `q=0,5`.
_WEIGHT = re.compile(r';q="?(\d*)[.,]?(\d*)"?(;[^,]*)?(?=,|$)', re.IGNORECASE | re.ASCII)


def preferences(header: str, kind: type[Ranges]) -> Ranges:
    """Read a header leniently. A range whose weight is no number is ignored, one above 1 is 1."""
    # Blanks mean nothing where media types, languages and codings are named.
    return parse_accept_header(_WEIGHT.sub(_readable, "".join(header.split())), kind)


def _readable(weight: re.Match[str]) -> str:
    whole, part, _ = weight.groups()
    if not whole and not part:
        return weight[0]
    return f";q={min(1.0, float(f'{whole or 0}.{part or 0}')):.6f}"
