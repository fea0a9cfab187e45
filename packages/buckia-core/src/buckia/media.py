"""What a file holds, as its name tells."""

from __future__ import annotations

import mimetypes
from functools import lru_cache

_PACKED = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "compress": "application/x-compress",
    "br": "application/x-brotli",
}


def content_type(key: str) -> str | None:
    """A guess from the name, as every web server makes it."""
    name = key.rpartition("/")[2]
    stem, dot, ending = name.partition(".")
    return _guessed(f"{stem and 'name'}{dot}{ending}")


@lru_cache(maxsize=1024)
def _guessed(name: str) -> str | None:
    """Many files have few endings, and a guess costs as much as a signature."""
    kind, packed = mimetypes.guess_type(name, strict=False)
    if packed is None:
        return kind
    # What is sent is the compressed file, not what is in it.
    return _PACKED.get(packed, "application/octet-stream")
