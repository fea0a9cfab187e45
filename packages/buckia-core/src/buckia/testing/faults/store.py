"""The wrapper: it asks the plan before each call, and writes down what was asked."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from threading import Lock
from typing import Self, TypeVar

import msgspec

from buckia.errors import StorageError, Unavailable
from buckia.model import Traits
from buckia.protocols import Body, Entry, Reading, Storage
from buckia.testing.faults.plan import (
    CALM,
    HISTORY,
    Call,
    Fails,
    LosesAnswer,
    Pauses,
    Plan,
    Stale,
)
from buckia.testing.faults.streams import cut_listing, suffering_body, suffering_reading

T = TypeVar("T")
F = TypeVar("F", bound="Faulty")


class Faulty:
    """Another store with faults in front of it; what no fault touches passes as it is.

    It has exactly the abilities of the store inside, for `isinstance` as for `ability`. `plan`
    may be changed at any time, `calls` is the journal in the order in which calls began.
    """

    def __new__(cls, store: Storage, plan: Plan = CALM) -> Self:
        del plan
        return object.__new__(_shaped_like(cls, store))

    def __init__(self, store: Storage, plan: Plan = CALM) -> None:
        self.store = store
        self.plan = plan
        self.calls: list[Call] = []
        self._counts: Counter[object] = Counter()
        # What a listing told of the keys of each change, before that change.
        self._past: deque[dict[str, Entry | None]] = deque(maxlen=HISTORY)
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"Faulty({self.store!r})"

    def called(self, operation: str) -> list[str]:
        """The keys that calls of this operation were about, in order."""
        return [call.key for call in list(self.calls) if call.operation == operation]

    # Storage

    @property
    def traits(self) -> Traits:
        return self.store.traits

    def scan(self, prefix: str = "") -> Iterator[Sequence[Entry]]:
        call = self.begin("scan", prefix)
        pages = self.store.scan(prefix)
        behind = max((f.changes for f in call.faults if isinstance(f, Stale)), default=0)
        if behind:
            pages = self._stale(pages, prefix, behind)
        yield from cut_listing(pages, call.faults)

    def stat(self, key: str) -> Entry:
        self.begin("stat", key)
        return self.store.stat(key)

    def read(self, key: str, *, version: str | None = None) -> Reading:
        call = self.begin("read", key)
        return suffering_reading(self.store.read(key, version=version), call.faults)

    def write(self, key: str, body: Body) -> Entry:
        call = self.begin("write", key)
        taken = suffering_body(body, call.faults, key)
        return self.change(call, lambda: self.store.write(key, taken))

    def delete(self, key: str) -> None:
        self.change(self.begin("delete", key), lambda: self.store.delete(key))

    def close(self) -> None:
        self.store.close()

    # What the operations above and the abilities share.

    def begin(self, operation: str, *keys: str, is_begun: bool = False) -> Call:
        """Write the call down, wait where the plan says so, and fail where it says so."""
        with self._lock:
            self._counts[operation] += 1
            self._counts[operation, keys] += 1
            nth, nth_here = self._counts[operation], self._counts[operation, keys]
            call = Call(operation, keys, nth, nth_here, is_begun=is_begun)
            call = msgspec.structs.replace(call, faults=self.plan.faults(call))
            self.calls.append(call)
        for fault in call.faults:
            if isinstance(fault, Pauses):
                fault.hook(call)
        for fault in call.faults:
            if isinstance(fault, Fails):
                raise fault.error(call.key)
        return call

    def change(self, call: Call, act: Callable[[], T]) -> T:
        """Make the change, remember what was there before, and perhaps lose the answer."""
        before = self.before(call)
        result = act()
        self.changed(call, before)
        return result

    def before(self, call: Call) -> dict[str, Entry | None]:
        """What a listing would tell of its keys."""
        return {key: _listed(self.store, key) for key in call.keys}

    def changed(self, call: Call, before: dict[str, Entry | None]) -> None:
        """The change was made: a listing may be behind it, and its answer may be lost."""
        if before:
            with self._lock:
                self._past.append(before)
        if any(isinstance(fault, LosesAnswer) for fault in call.faults):
            raise Unavailable("the answer was lost", key=call.key)

    def _stale(
        self, pages: Iterator[Sequence[Entry]], prefix: str, behind: int
    ) -> Iterator[Sequence[Entry]]:
        """The listing with the last changes undone; one page, since it is for tests."""
        entries: dict[str, Entry | None] = {e.key: e for page in pages for e in page}
        with self._lock:
            for before in list(self._past)[: -behind - 1 : -1]:
                entries.update(before)
        found = (entries[key] for key in sorted(entries) if key.startswith(prefix))
        if page := [entry for entry in found if entry is not None]:
            yield page


def _listed(store: Storage, key: str) -> Entry | None:
    """The entry of this very key as a listing tells it: the first that begins with it."""
    pages = store.scan(key)
    with suppress(StorageError, StopIteration):
        first = next(entry for page in pages for entry in page)
        return first if first.key == key else None
    return None


def _shaped_like(cls: type[F], store: Storage) -> type[F]:
    """A class with the abilities that the store has, and no others."""
    from buckia.testing.faults.abilities import OFFERS

    abilities = tuple(offer for kind, offer in OFFERS.items() if isinstance(store, kind))
    return type(cls.__name__, (*abilities, cls), {}) if abilities else cls
