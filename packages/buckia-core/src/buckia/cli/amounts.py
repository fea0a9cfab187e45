"""Numbers, sizes and times as people read them."""

from __future__ import annotations

from datetime import datetime

_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")


def number(count: int) -> str:
    """`1,234`."""
    return f"{count:,}"


def several(count: int, one: str, many: str = "") -> str:
    """`1 file`, `2 files`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def size(count: int) -> str:
    """`99 B`, `1.2 MiB`."""
    if count < 1024:
        return f"{count} B"
    amount = count / 1024
    for unit in _UNITS[:-1]:
        # What would be rounded up to 1024 is one of the next unit.
        if amount < 1023.95:
            return f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} {_UNITS[-1]}"


def duration(seconds: float) -> str:
    """`0.8 s`, `12 s`, `3 min 4 s`, `2 h 5 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def moment(when: datetime) -> str:
    """The time on this machine's clock, to the second."""
    return f"{when.astimezone():%Y-%m-%d %H:%M:%S}"


def moment_of_ns(stamp: int) -> str:
    """As `moment`, from nanoseconds since 1970; a stamp beyond all calendars as it is."""
    try:
        return moment(datetime.fromtimestamp(stamp // 1_000_000_000).astimezone())
    except (OverflowError, OSError, ValueError):
        return f"{stamp / 1e9:.0f} s since 1970"
