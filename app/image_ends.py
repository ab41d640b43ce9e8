"""Whether the end of an image is there, without unpacking it.

A picture that is cut off decodes to half a picture. To decode each one would find that, too, and
take whatever time and memory the bytes announce: so only their structure is looked at.
"""

import re
from collections.abc import Callable, Mapping

# ITU-T T.81 section B.1.1.2: what follows 0xFF in compressed data is 0x00 or counts restarts.
_JPEG_MARKER = re.compile(rb"\xff+[^\x00\x01\xd0-\xd7\xff]")
_JPEG_END = 0xD9
_PNG_END = b"IEND\xaeB`\x82"
_GIF_HEADER = 13


def is_whole(kind: str, content: bytes) -> bool:
    """Whether an image of a kind (jpg, png, gif, webp) that begins well also ends."""
    look = _LOOKS.get(kind)
    try:
        return look is None or look(content)
    except IndexError:
        return False


def _ends_as_jpeg(content: bytes) -> bool:
    """Whether the end of the image follows its segments (ITU-T T.81 annex B). A picture inside of
    a segment, such as a thumbnail, has an end of its own."""
    place = 2
    while found := _JPEG_MARKER.search(content, place):
        place = found.end()
        if content[place - 1] == _JPEG_END:
            return True
        place += int.from_bytes(content[place : place + 2])
    return False


def _ends_as_png(content: bytes) -> bool:
    return _PNG_END in content


def _ends_as_gif(content: bytes) -> bool:
    """Whether the trailer follows the blocks (GIF89a, sections 15 to 27)."""
    place = _after_colours(content, _GIF_HEADER - 3, _GIF_HEADER)
    while content[place] in b"!,":
        if content[place] == ord(","):
            place = _after_colours(content, place + 9, place + 10) + 1
        else:
            place += 2
        while size := content[place]:
            place += size + 1
        place += 1
    return content[place] == ord(";")


def _after_colours(content: bytes, flags: int, place: int) -> int:
    """The place behind a table of colours, if the flags say that there is one."""
    has_table, size = content[flags] & 0x80, content[flags] & 0x07
    return place + (3 << (size + 1) if has_table else 0)


_LOOKS: Mapping[str, Callable[[bytes], bool]] = {
    "jpg": _ends_as_jpeg,
    "png": _ends_as_png,
    "gif": _ends_as_gif,
}
