"""Pictures from nothing: small PNG files that any viewer opens."""

from __future__ import annotations

import struct
import zlib
from random import Random

WIDTH, HEIGHT = 64, 48
_TRUECOLOUR = 2


def landscape(name: str) -> bytes:
    """A sky over a hill, both in colours that depend on the name."""
    draw = Random(name)  # noqa: S311 - colours are no secret
    sky, hill = (bytes(draw.randrange(256) for _ in range(3)) for _ in range(2))
    tops = [HEIGHT // 2 + abs(x - draw.randrange(WIDTH)) // 4 for x in range(WIDTH)]
    rows = (b"".join(hill if y > top else sky for top in tops) for y in range(HEIGHT))
    # Each row begins with the number of its filter; 0 is none.
    pixels = b"".join(b"\0" + row for row in rows)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, _TRUECOLOUR, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
