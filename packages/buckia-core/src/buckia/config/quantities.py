"""Sizes, durations, rates, timetables and limits as people write them.

Pure: text or a number goes in, a value comes out, and what cannot be understood is a ValueError
whose message says what was expected. What `size_text` and `rate_text` make is understood again.
"""

from __future__ import annotations

import math
import re
from datetime import time
from fractions import Fraction
from itertools import pairwise

import msgspec

SIZES = {
    "TiB": 1 << 40,
    "GiB": 1 << 30,
    "MiB": 1 << 20,
    "KiB": 1 << 10,
    "TB": 10**12,
    "GB": 10**9,
    "MB": 10**6,
    "kB": 10**3,
    "KB": 10**3,
    "B": 1,
}
"""Bytes of each unit. `10M` is none of them, because nobody knows which of two it means."""

MILLISECONDS = {
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1000,
    "ms": 1,
}

_NUMBER = r"[0-9]{1,19}(?:\.[0-9]{1,9})?"
_SIZE = re.compile(rf"({_NUMBER})\s*([A-Za-z]*)")
_RATE = re.compile(rf"({_NUMBER})(?:\s*([A-Za-z]+)/s)?")
_DURATION_PART = re.compile(rf"({_NUMBER})(ms|[wdhms])")
_SLOT = re.compile(r"([0-9]{1,2}):([0-9]{2})\s+(\S.*)")
_PERCENT = re.compile(rf"({_NUMBER})\s*%")
LARGEST = 10**18
"""More bytes than anybody has; numbers beyond it are slips of the keyboard."""


class Slot(msgspec.Struct, frozen=True):
    """From this minute of the day on: at most so many bytes a second, or any number."""

    minute: int
    rate: int | None


class Bandwidth(msgspec.Struct, frozen=True):
    """A limit that may change during the day; a plain one has a single slot."""

    slots: tuple[Slot, ...]
    """In the order of the day, never empty."""

    def at(self, moment: time) -> int | None:
        """Bytes a second at this time of the day; before the first slot, the last one holds."""
        minute = moment.hour * 60 + moment.minute
        current = self.slots[-1]
        for slot in self.slots:
            if slot.minute <= minute:
                current = slot
        return current.rate

    def __str__(self) -> str:
        if len(self.slots) == 1:
            return rate_text(self.slots[0].rate)
        return ", ".join(
            f"{slot.minute // 60:02}:{slot.minute % 60:02} {rate_text(slot.rate)}"
            for slot in self.slots
        )


class DeleteLimit(msgspec.Struct, frozen=True):
    """How many deletions are still believed: a number of keys, or a share of them."""

    count: int | None = None
    percent: float | None = None

    def __str__(self) -> str:
        return f"{self.percent:.15g}%" if self.percent is not None else str(self.count)


def size(value: float | str) -> int:
    """Bytes: `10MiB`, `1.5 GB`, `4096`."""
    wish = "a size such as 10MiB or 4096"
    if not isinstance(value, str):
        return _whole(value, wish)
    matched = _SIZE.fullmatch(value.strip())
    if matched is None:
        raise _unexpected(wish, value)
    return _bytes(matched[1], matched[2] or "B", wish)


def size_text(count: int) -> str:
    """The shortest exact way to write it: `10MiB`, `1500B`."""
    for unit, factor in SIZES.items():
        if unit.endswith("iB") and count and count % factor == 0:
            return f"{count // factor}{unit}"
    return f"{count}B"


def rate(value: float | str) -> int | None:
    """Bytes a second: `10MiB/s`, or a bare number; None for `off`, which is no limit."""
    wish = "a rate such as 10MiB/s, a number of bytes a second, or off"
    if value == "off":
        return None
    if isinstance(value, str):
        matched = _RATE.fullmatch(value.strip())
        if matched is None:
            raise _unexpected(wish, value)
        found = _bytes(matched[1], matched[2] or "B", wish)
    else:
        found = _whole(value, wish)
    if not found:
        raise ValueError('a rate of 0 would never come to an end; "off" means no limit')
    return found


def rate_text(count: int | None) -> str:
    return "off" if count is None else f"{size_text(count)}/s"


def bandwidth(value: float | str) -> Bandwidth:
    """One rate for all day, or a timetable: `08:00 1MiB/s, 19:00 off`."""
    if not isinstance(value, str) or not re.search(r"[:,]", value):
        return Bandwidth((Slot(0, rate(value)),))
    slots = sorted((_slot(part.strip()) for part in value.split(",")), key=lambda s: s.minute)
    for one, other in pairwise(slots):
        if one.minute == other.minute:
            name = f"{one.minute // 60:02}:{one.minute % 60:02}"
            raise ValueError(f"the timetable has two rates for {name}")
    if len(slots) == 1:
        # A single slot reaches round the clock to its own beginning.
        return Bandwidth((Slot(0, slots[0].rate),))
    return Bandwidth(tuple(slots))


def duration(value: float | str) -> float:
    """Seconds: `90s`, `5m`, `1h30m`, `250ms`, or a bare number of seconds."""
    wish = "a duration such as 90s, 5m or 1h30m"
    if not isinstance(value, str):
        if isinstance(value, bool) or not math.isfinite(value) or not 0 <= value <= LARGEST:
            raise _unexpected(wish, value)
        return float(value)
    text = value.strip()
    if re.fullmatch(_NUMBER, text):
        return float(text)
    parts = _DURATION_PART.findall(text)
    units = [unit for _number, unit in parts]
    falling = sorted(set(units), key=list(MILLISECONDS).index)
    if not parts or "".join(n + u for n, u in parts) != text or units != falling:
        raise _unexpected(wish, value)
    total = sum(Fraction(number) * MILLISECONDS[unit] for number, unit in parts)
    return float(total / 1000)


def delete_limit(value: int | str) -> DeleteLimit:
    """`100` keys, or `25%` of them."""
    wish = 'a whole number or a percentage such as "25%"'
    if not isinstance(value, str):
        return DeleteLimit(count=_whole(value, wish))
    text = value.strip()
    if re.fullmatch(r"[0-9]{1,15}", text):
        return DeleteLimit(count=int(text))
    matched = _PERCENT.fullmatch(text)
    if matched is None:
        raise _unexpected(wish, value)
    if float(matched[1]) > 100:
        raise ValueError(f"expected at most 100%, found {text}")
    return DeleteLimit(percent=float(matched[1]))


def _slot(text: str) -> Slot:
    matched = _SLOT.fullmatch(text)
    if matched is None:
        raise _unexpected('a timetable such as "08:00 1MiB/s, 19:00 off"', text)
    hour, minute = int(matched[1]), int(matched[2])
    if hour > 23 or minute > 59:
        raise ValueError(f"{matched[1]}:{matched[2]} is no time of the day")
    return Slot(hour * 60 + minute, rate(matched[3]))


def _bytes(number: str, unit: str, wish: str) -> int:
    if unit not in SIZES:
        known = ", ".join(name for name in SIZES if name != "KB")
        raise ValueError(f'expected {wish}, found the unit "{unit}" (units are {known})')
    return _whole(round(Fraction(number) * SIZES[unit]), wish)


def _whole(value: float, wish: str) -> int:
    if isinstance(value, bool) or not 0 <= value <= LARGEST or value != int(value):
        raise _unexpected(wish, value)
    return int(value)


def _unexpected(wish: str, value: float | str) -> ValueError:
    found = f'"{value}"' if isinstance(value, str) else str(value)
    return ValueError(f"expected {wish}, found {found}")
