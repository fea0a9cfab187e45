"""The steps of a history: what users, strangers, networks, clocks and disasters do, as values.

A history is a setting and a list of steps. It prints as Python, so that one that went wrong can
be kept word for word in `test_found.py`.
"""

from __future__ import annotations

import msgspec

from tests.histories.edits import Edit
from tests.histories.oracle import Rules

USUAL_DAYS = 30
"""How long a version stays in the trash where nobody says otherwise."""
PLAN = 0
"""The moment at which both sides were read and nothing was done yet."""


class Setting(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """What stays as it is throughout a history."""

    ground: str = "memory"
    devices: int = 2
    prefix: str = ""
    overlaid: bool = False
    """The last device has a second root, which is laid over the first and only uploaded."""
    coarse: bool = False
    """A disk whose clock counts in steps of two seconds."""
    agreed: tuple[str, ...] = ()
    """Files that all devices and the bucket hold from the start."""


class User(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """Somebody edits a root of a device; the place in `edit` is not used."""

    device: int
    edit: Edit
    second: bool = False
    """In the second root, where there is one."""


class Stranger(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """A program that is not Buckia does something to the bucket."""

    act: str
    """put, drop, copy (to the key) or rewrite (the same bytes once more)."""
    key: str = ""
    nth: int = 0
    """Which of the objects that are there, where no key is named."""
    text: str = ""
    times: int = 1


class Trouble(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """What happens to some requests in a row, as far as it can happen to such requests."""

    kind: str
    """refused, answer lost, broken, cut short, damaged or stale."""
    nth: int = 1
    times: int = 1


class Kill(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """The end of a run, before the nth of something."""

    how: str
    """`request` or `disk`: SIGKILL before the nth request, or the nth change of the disk;
    `unwind`: an exception at the nth request and all behind it."""
    nth: int


class Meanwhile(msgspec.Struct, frozen=True):
    """What happens just before the nth request of a run, or at `PLAN`."""

    at: int
    steps: tuple[Step, ...]


class Sync(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    device: int
    rules: Rules = Rules()
    narrow: str = ""
    """One of `scopes.SCOPES`; empty for everything."""
    trash_days: int = USUAL_DAYS
    force: bool = False
    workers: int = 1
    meanwhile: tuple[Meanwhile, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    kill: Kill | None = None

    @property
    def calm(self) -> bool:
        """Nobody else is at work, and nothing goes wrong."""
        return not (self.meanwhile or self.troubles or self.kill)


class Restore(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """A user brings back the last version of a key of which the trash has some."""

    device: int
    nth: int = 0


class Resolve(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """A user decides one of the conflicts that there are."""

    device: int
    keep: str
    nth: int = 0


class Disaster(msgspec.Struct, frozen=True):
    """What befalls a device, while nothing runs.

    `replaced`: another device, new and empty. `state lost`, `base lost`, `base damaged`. `backup`:
    a copy of the base is put aside; `base of old`: that copy is put back.
    """

    device: int
    what: str


class Clock(msgspec.Struct, frozen=True):
    """A device's clock is set so many seconds before or behind the right time."""

    device: int
    ahead: int


class Settle(msgspec.Struct, frozen=True):
    """Everybody syncs in turn, calmly and by the same rules, until it must be the same for all."""

    rules: Rules = Rules()


Step = User | Stranger | Sync | Restore | Resolve | Disaster | Clock | Settle
