"""Which call suffers which fault: values, decided by counting or by a seed, never by chance."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Protocol

import msgspec

from buckia.errors import AccessDenied, StorageError, Unavailable

HISTORY = 64
"""How many changes a stale listing can be behind."""

_LISTINGS = frozenset({"scan", "scan_between", "survey"})
_READS = frozenset({"read", "read_range"})
_WRITES = frozenset({"write", "write_if", "stage"})
_DELETES = frozenset({"delete", "delete_if", "delete_many"})
_CHANGES = _WRITES | _DELETES | {"commit", "settle", "copy", "copy_if", "move", "retire"}
_QUESTIONS = frozenset(
    {"stat", "digest", "digests_together", "outline", "pieces", "hold", "url", "identity"}
    | {"sweep", "discard"}
)
OPERATIONS = _LISTINGS | _READS | _CHANGES | _QUESTIONS


class Call(msgspec.Struct, frozen=True):
    """One line of the journal."""

    operation: str
    keys: tuple[str, ...]
    """What it was about: a key, a prefix, or several (a copy's source and target)."""
    nth: int
    """Counts the calls of this operation, from 1."""
    nth_here: int
    """Counts the calls of this operation about just these keys, from 1."""
    faults: tuple[Fault, ...] = ()
    is_begun: bool = False
    """Whether it was only begun here: `read` by `begin_read`, `write_if` by `begin_write`."""

    @property
    def key(self) -> str:
        """The key that is read or changed: the target of a copy."""
        return self.keys[-1] if self.keys else ""


class Fails(msgspec.Struct, frozen=True):
    """The call is refused before anything is done."""

    error: Callable[[str], StorageError]
    """Makes the error, given the key."""


class LosesAnswer(msgspec.Struct, frozen=True):
    """The change is made, and then the connection is lost: the caller sees `Unavailable`."""


class Pauses(msgspec.Struct, frozen=True):
    """`hook` runs before the call goes on; it may wait for an event, or change the store."""

    hook: Callable[[Call], None]


class Truncates(msgspec.Struct, frozen=True):
    """The bytes that are read end after `keep` of them, as if that were all."""

    keep: int


class Breaks(msgspec.Struct, frozen=True):
    """`Unavailable` after so many bytes of a reading or a body, or so many entries of a listing."""

    after: int


class Corrupts(msgspec.Struct, frozen=True):
    """The byte at this place is another one when it arrives, read or written."""

    at: int = 0


class Stale(msgspec.Struct, frozen=True):
    """A listing that has not yet heard of the last `changes` that were made through this store."""

    changes: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.changes <= HISTORY:
            raise ValueError(f"a listing can be 1 to {HISTORY} changes behind, not {self.changes}")


Fault = Fails | LosesAnswer | Pauses | Truncates | Breaks | Corrupts | Stale

APPLIES: dict[type, frozenset[str]] = {
    Fails: OPERATIONS,
    LosesAnswer: _CHANGES,
    Pauses: OPERATIONS,
    Truncates: _READS,
    Breaks: _READS | _WRITES | _LISTINGS,
    Corrupts: _READS | _WRITES,
    Stale: frozenset({"scan"}),
}


def unavailable(wait: float | None = None) -> Fails:
    """The store does not answer; it may say how long to wait."""
    return Fails(lambda key: Unavailable("the store did not answer", key=key, wait=wait))


def denied() -> Fails:
    """The credentials do not suffice."""
    return Fails(lambda key: AccessDenied("the credentials do not allow it", key=key))


class Plan(Protocol):
    """Says what becomes of a call; it must give the same answer for the same call."""

    def faults(self, call: Call) -> tuple[Fault, ...]: ...


class At(msgspec.Struct, frozen=True):
    """A fault and the calls that suffer it: of one operation, perhaps of one key.

    `nth` is 1 for the first such call, a range for several, None for all. With a key the calls
    about that key are counted. A service cannot see who waits for its answer, so what is begun is
    the same operation as what is waited for at once: `begin_write` counts and suffers as
    `write_if`, `begin_read` as `read`, and `stage_unsettled` as `stage`.
    """

    operation: str
    fault: Fault
    nth: int | range | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        if self.operation not in OPERATIONS:
            raise ValueError(f"there is no operation {self.operation!r}")
        if self.operation not in APPLIES[type(self.fault)]:
            raise ValueError(f"{type(self.fault).__name__} means nothing for {self.operation}")

    def matches(self, call: Call) -> bool:
        if call.operation != self.operation or self.key not in (None, *call.keys):
            return False
        nth = call.nth if self.key is None else call.nth_here
        if isinstance(self.nth, range):
            return nth in self.nth
        return self.nth in (None, nth)


class Script:
    """Faults that happen where they are written down."""

    def __init__(self, *scenes: At) -> None:
        self.scenes = scenes

    def faults(self, call: Call) -> tuple[Fault, ...]:
        return tuple(scene.fault for scene in self.scenes if scene.matches(call))


class Storm:
    """Faults that happen to a share of all calls, as a seed decides.

    The decision hangs on the operation, its keys and how often they were asked for, not on the
    order in which threads come along: a run with the same seed meets the same faults.
    """

    def __init__(self, seed: int, rate: float, *faults: Fault) -> None:
        self.seed = seed
        self.rate = rate
        self.possible = faults

    def faults(self, call: Call) -> tuple[Fault, ...]:
        possible = [fault for fault in self.possible if call.operation in APPLIES[type(fault)]]
        random = Random(f"{self.seed} {call.operation} {call.keys} {call.nth_here}")  # noqa: S311 - repeatable on purpose
        if not possible or random.random() >= self.rate:
            return ()
        return (random.choice(possible),)


CALM = Script()
"""Nothing happens."""
