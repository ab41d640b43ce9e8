"""What a text that somebody sends says: the same letters are the same characters, and what nobody
can see is nothing (docs/decisions/0027)."""

import re
from unicodedata import normalize

# White space as the pattern \S of the contract sees it, so that both call the same text blank.
BLANKS = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
# Characters that show nothing by themselves: controls but for NUL, which is refused, what joins or
# turns letters, fillers and selectors of variants (Default_Ignorable_Code_Point of Unicode), marks
# of annotations, and the Braille pattern without dots.
_INVISIBLE = (
    "\x01-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_VISIBLE = re.compile(f"[^{BLANKS}{_INVISIBLE}]")


def meant(text: str) -> str | None:
    """A text without blanks around it, its letters composed (NFC); None if there is nothing in it
    to be seen."""
    text = text.strip(BLANKS)
    return normalize("NFC", text) if _VISIBLE.search(text) else None
