"""How a large object is cut into parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

MIB = 1 << 20
SMALLEST_PART = 5 * MIB
LARGEST_PART = 5 * 1024 * MIB
MOST_PARTS = 10_000
LARGEST_OBJECT = LARGEST_PART * MOST_PARTS


class Sizes(NamedTuple):
    """From which size on a body goes in parts, and how large these are at least."""

    single: int = 16 * MIB
    """The largest body that is sent in one request."""
    part: int = 16 * MIB
    piece: int = SMALLEST_PART
    """The parts of a body that replaces one of which much may be the same."""


class Part(NamedTuple):
    number: int
    """From one, as the service counts."""
    start: int
    size: int


def part_size(size: int, least: int) -> int:
    """The size of the parts of a body: as small as so many parts allow, in whole mebibytes."""
    return max(least, smallest_part(size, MOST_PARTS))


def smallest_part(size: int, most: int) -> int:
    """The smallest whole number of mebibytes by which `size` makes at most so many parts."""
    return max(1, -(-size // (most * MIB))) * MIB


def count(size: int, part: int) -> int:
    return max(1, -(-size // part))


def cut(size: int, part: int) -> Iterator[Part]:
    """All parts in order; an empty body has one that is empty."""
    for number in range(count(size, part)):
        start = number * part
        yield Part(number + 1, start, min(part, size - start))
