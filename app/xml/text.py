"""Texts in XML: every character of a JSON text has a form, and that form is read back as the same.

XML 1.0 has no form for control characters, not even as a reference. They are written as in
spreadsheets (ECMA-376 part 1, section 22.9.2.19): `_x0001_` is the character 1, and a text in
which that happens to stand is written with `_x005F_` for its first underscore. Codes of other
characters mean nothing, so `_x0041_` is just that text.
"""

import re

# What XML 1.0, section 2.2, leaves out. The halves of surrogate pairs are no characters in Python's
# UTF-8 either, and never in an answer.
FORBIDDEN = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
_CODE = "x(?:00(?:0[0-8BCEF]|1[0-9A-F]|5F)|FFF[EF])"
# An underscore begins a code also if what ends the code is going to be the underscore of another.
_TO_ESCAPE = re.compile(f"[{FORBIDDEN}]|_(?={_CODE}[_{FORBIDDEN}])")
_ESCAPED = re.compile(f"_({_CODE})_")
# A bare CR would be read as LF (section 2.11), white space in an attribute as a blank (3.3.3).
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE = str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})


def written(text: str) -> str:
    """A text as it stands between two tags."""
    # Most texts are as they are. What XML does not have is not printable either.
    if text.isprintable() and not ("&" in text or "<" in text or ">" in text or "_x" in text):
        return text
    return escaped(text).translate(_MARKUP)


def escaped(text: str) -> str:
    """A text in characters that XML has. `read` is the way back."""
    return _TO_ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def attribute(text: str) -> str:
    """A text as it stands between double quotes."""
    return written(text).translate(_IN_ATTRIBUTE)


def read(text: str) -> str:
    """The text that was meant, of one that the parser has read."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1][1:], 16)), text)
