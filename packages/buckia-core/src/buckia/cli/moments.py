"""Points in the past as people write them: a date, a time, or how long ago."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from buckia.config.quantities import duration

WISH = 'a date or time such as 2026-01-31 or "2026-01-31 18:30", or how long ago, such as 2h or 3d'

_UNITS = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86_400,
    "week": 7 * 86_400,
}
_WORDS = re.compile(r"(an?|[0-9]{1,6})\s*(second|minute|hour|day|week)s?")


def past(text: str, now: datetime) -> datetime:
    """The moment that is meant, with its time zone; ValueError where nothing sensible is.

    A time without a zone is that of this machine; a date is its midnight.
    """
    given = text.strip().lower()
    found = _ago(given.removesuffix("ago").strip(), now) or _absolute(text.strip())
    if found is None:
        raise ValueError(f'expected {WISH}, found "{text}"')
    if found > now:
        raise ValueError(f'"{text}" lies in the future')
    return found


def _ago(text: str, now: datetime) -> datetime | None:
    if words := _WORDS.fullmatch(text):
        count = 1 if words[1].startswith("a") else int(words[1])
        return _before(now, count * _UNITS[words[2]])
    if not re.search("[a-z]$", text):
        # A bare number could be a date as well as a number of anything.
        return None
    try:
        return _before(now, duration(text))
    except ValueError:
        return None


def _before(now: datetime, seconds: float) -> datetime | None:
    """None for a time before all calendars."""
    try:
        return now - timedelta(seconds=seconds)
    except OverflowError:
        return None


def _absolute(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.astimezone()
    except (ValueError, OverflowError):
        return None
