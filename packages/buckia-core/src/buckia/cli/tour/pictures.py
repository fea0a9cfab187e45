"""Small pictures, made from nothing: real PNG files that any viewer opens."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

Colour = tuple[int, int, int]
SIZE = 96
"""Pixels each way."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TRUECOLOUR = 2


def png(width: int, height: int, colour: Callable[[int, int], Colour]) -> bytes:
    """A PNG of these pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, _TRUECOLOUR, 0, 0, 0)
    # Each row begins with the number of its filter; 0 is none.
    rows = (b"\0" + bytes(_row(width, y, colour)) for y in range(height))
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", zlib.compress(b"".join(rows), 9)),
            _chunk(b"IEND", b""),
        )
    )


def disc(inside: Colour, sky: Colour, size: int = SIZE) -> bytes:
    """A disc before a sky that darkens upwards: a sun, a moon, whatever the colours say."""
    middle, radius = size / 2, size / 4

    def colour(x: int, y: int) -> Colour:
        if (x - middle) ** 2 + (y - middle) ** 2 < radius**2:
            return inside
        red, green, blue = (channel * (size + y) // (2 * size) for channel in sky)
        return red, green, blue

    return png(size, size, colour)


def _row(width: int, y: int, colour: Callable[[int, int], Colour]) -> list[int]:
    return [channel for x in range(width) for channel in colour(x, y)]


def _chunk(kind: bytes, content: bytes) -> bytes:
    length, check = len(content), zlib.crc32(kind + content)
    return struct.pack(">I", length) + kind + content + struct.pack(">I", check)
