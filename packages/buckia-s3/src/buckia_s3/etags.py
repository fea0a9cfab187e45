"""What an ETag says of the bytes: that they have this MD5, that their parts have, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from buckia import digests
from buckia.model import NOTHING_KNOWN
from buckia_s3.parts import LARGEST_PART, MIB, MOST_PARTS, count, smallest_part

_MD5 = re.compile(r"[0-9a-f]{32}")
_OF_PARTS = re.compile(r"[0-9a-f]{32}-([0-9]{1,5})")

_USUAL = tuple(
    size * MIB
    for size in (5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 200, 250, 256, 500, 512, 1024)
)
"""The part sizes that tools take unless told otherwise, and those that people tell them."""

_STEP = 16 * MIB


def bare(etag: str) -> str:
    """Without the quotes that belong to the header and not to the tag."""
    return etag.removeprefix("W/").strip('"')


def of(answer: Mapping[str, Any]) -> str:
    """The one that an answer tells; empty where it tells none."""
    told = answer.get("ETag", "")
    # One that stands twice comes as both of them, and nobody knows which is meant.
    return bare(told) if isinstance(told, str) else ""


def of_parts(md5s: Sequence[str]) -> str:
    """The ETag of an object whose parts have these digests."""
    joined = b"".join(map(bytes.fromhex, md5s))
    return f"{digests.of(joined, 'md5')}-{len(md5s)}"


def quoted(etag: str) -> str:
    return f'"{etag}"'


def is_md5(etag: str) -> bool:
    """Whether it looks like the MD5 of the bytes; encrypted objects have such tags that are not."""
    return _MD5.fullmatch(etag) is not None


def number_of_parts(etag: str) -> int | None:
    """How many parts the object came in; None where the tag is not of that form."""
    found = _OF_PARTS.fullmatch(etag)
    return int(found[1]) if found else None


def hints(etag: str, size: int) -> Mapping[str, str]:
    """What the tag may be a digest of: equality with any of these proves the bytes equal."""
    if is_md5(etag):
        return {"md5": etag}
    parts = number_of_parts(etag)
    if parts is None:
        return NOTHING_KNOWN
    return {f"md5/{part}": etag for part in part_sizes(size, parts)}


def part_sizes(size: int, parts: int) -> Iterator[int]:
    """The usual part sizes by which so many bytes make so many parts."""
    if parts == 1:
        # One part is the whole, whatever its size was meant to be.
        yield max(size, 1)
        return
    doubled = (min(8 * MIB << step, LARGEST_PART) for step in range(11))
    least = -(-size // MOST_PARTS)
    sizes = {*_USUAL, *doubled, smallest_part(size, MOST_PARTS)}
    # Tools let their parts grow by single bytes, by mebibytes, or by as much as they begin with.
    sizes |= {least, size // MOST_PARTS + 1, -(-least // _STEP) * _STEP}
    sizes |= {-(-(size // MOST_PARTS) // _STEP) * _STEP}
    yield from sorted(part for part in sizes if part > 0 and count(size, part) == parts)
