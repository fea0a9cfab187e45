"""Names that nobody else has: of users' folders, hard to guess; of change files, in order."""

from __future__ import annotations

import re
import secrets
import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Lower-case base32 without i, l, o and u, which people take for other letters."""
_LENGTH = 32
"""160 bits, of which 140 are left to guess for somebody who read a log."""
_SHOWN = 4
_USER = re.compile(f"[{ALPHABET}]{{{_LENGTH}}}")
_CHANGE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RANDOM_BITS = 74


def new_user_id() -> str:
    """The name of a user's folder. Who knows it may reach the folder, so it is a secret."""
    return "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))


def is_user_id(text: str) -> bool:
    return _USER.fullmatch(text) is not None


def short(name: str) -> str:
    """As much of an ID as a log needs to tell two apart; of what is no whole ID, nothing."""
    return f"{name[:_SHOWN]}…" if len(name) >= _LENGTH else "…"


class ChangeIds:
    """Change IDs of which each sorts behind the one before, whatever the clock does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def new(self, now: datetime) -> str:
        """A UUIDv7 in its usual lower-case form; `now` needs a time zone."""
        moment = max(0, (now - _EPOCH) // timedelta(milliseconds=1))
        drawn = moment << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
        with self._lock:
            # A clock that stands still or goes back leaves the time of the last one, and a step
            # that cannot be guessed keeps two processes apart that began with the same.
            self._last = max(drawn, self._last + 1 + secrets.randbits(32))
            return _uuid(self._last)


def _uuid(number: int) -> str:
    """The time and the random bits with the version and the variant put between them."""
    time, high, low = number >> 74, number >> 62 & 0xFFF, number & (1 << 62) - 1
    return str(UUID(int=time << 80 | 7 << 76 | high << 64 | 2 << 62 | low))


_ids = ChangeIds()
"""One for the process: two that know nothing of each other could not keep an order."""


def new_change_id(now: datetime) -> str:
    """An ID that sorts behind all others of this process."""
    return _ids.new(now)


def is_change_id(text: str) -> bool:
    return _CHANGE.fullmatch(text) is not None
