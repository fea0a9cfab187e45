"""Lies about what is held while others go on writing."""

from __future__ import annotations

import msgspec

from buckia.model import BasicEntry
from buckia.protocols import Entry, Reading
from tests.conformance.liar import Liar, caught_by, given


class Holder(Liar):
    """Keeps a copy of each object that is to be held."""

    def __init__(self) -> None:
        super().__init__()
        self._copies: dict[str, tuple[BasicEntry, bytes]] = {}

    def hold(self, key: str, *, version: str) -> Entry | None:
        if version in self._copies:
            return self._copies[version][0]
        stored = self.stored(key)
        entry = msgspec.structs.replace(stored.entry, version=f"held {len(self._copies)}")
        self._copies[entry.version] = (entry, stored.data)
        return entry

    def read(self, key: str, *, version: str | None = None) -> Reading:
        copy = self._copies.get(version or "")
        return given(*copy) if copy else super().read(key, version=version)


@caught_by("what_is_held_is_read_after_the_object_was_replaced")
class HoldsOnlyTheName(Holder):
    def read(self, key: str, *, version: str | None = None) -> Reading:
        if (version or "").startswith("held"):
            version = None
        return super().read(key, version=version)


@caught_by("what_is_held_is_read_after_the_object_was_replaced")
class TellsAnotherSize(Holder):
    def hold(self, key: str, *, version: str) -> Entry | None:
        entry = super().hold(key, version=version)
        assert isinstance(entry, BasicEntry)
        return msgspec.structs.replace(entry, size=entry.size + 1)


@caught_by("the_latest_is_held_also_of_a_version_that_is_gone")
class HoldsWhatWasAskedFor(Holder):
    def hold(self, key: str, *, version: str) -> Entry | None:
        held = super().hold(key, version=version)
        assert isinstance(held, BasicEntry)
        self._copies[held.version] = (held, bytes(held.size))
        return held


@caught_by("what_is_held_already_is_held_no_second_time")
class HoldsAnew(Holder):
    def hold(self, key: str, *, version: str) -> Entry | None:
        return super().hold(key, version="")


@caught_by("nothing_is_held_of_what_is_not_there")
class HoldsNothing(Holder):
    def hold(self, key: str, *, version: str) -> Entry | None:
        if key not in {entry.key for page in self.scan() for entry in page}:
            return self.force(key, b"")
        return super().hold(key, version=version)
