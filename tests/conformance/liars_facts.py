"""Lies about facts: traits, digests, times, metadata; and stores that cannot stand a crowd."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from buckia.errors import InvalidKey, NotFound
from buckia.model import BasicEntry, Traits
from buckia.protocols import Body, Entry, Reading
from buckia.stores.memory import Stored
from buckia.stores.memory.store import _received
from tests.conformance.liar import Liar, caught_by, given, pause

replace = msgspec.structs.replace


@caught_by("the_store_is_a_storage")
class HasNoTraitsAtAll(Liar):
    def __init__(self) -> None:
        super().__init__()
        self.traits = {}  # type: ignore[assignment]  # that is the lie


@caught_by("traits_stay_as_they_are")
class TraitsChange(Liar):
    def write(self, key: str, body: Body) -> Entry:
        self.traits = replace(self.traits, concurrency=self.traits.concurrency + 1)
        return super().write(key, body)


@caught_by("what_the_store_lacks_is_an_ability")
class SlipsInAName(Liar):
    shape = Traits(lacks=frozenset({"CopyInside"}))


@caught_by("at_least_one_transfer_at_a_time_is_useful")
class WantsNoTransfers(Liar):
    shape = Traits(concurrency=0)


class Telling(Liar):
    """Tells something else of an object than is true."""

    def told(self, stored: Stored, before: Stored | None) -> dict[str, Any]:
        del stored, before
        return {}

    def _put(self, key: str, stored: Stored) -> Entry:
        before = self._shelf.get(key)
        super()._put(key, stored)
        put = self._shelf.get(key)
        assert put is not None
        told = self.told(put, before)
        put = replace(put, entry=replace(put.entry, **told), listed=replace(put.listed, **told))
        self._shelf.put(put)
        return put.entry


@caught_by("digests_that_traits_promise_are_listed")
class ListsNoDigests(Telling):
    def told(self, stored: Stored, before: Stored | None) -> dict[str, Any]:
        return {"digests": {}}


@caught_by("every_digest_is_right")
class DigestOfTheName(Telling):
    def told(self, stored: Stored, before: Stored | None) -> dict[str, Any]:
        return {"digests": {"sha256": hashlib.sha256(stored.entry.key.encode()).hexdigest()}}


@caught_by("digests_follow_an_overwrite", "the_digests_of_a_copy_are_right")
class DigestsStay(Telling):
    def told(self, stored: Stored, before: Stored | None) -> dict[str, Any]:
        return {"digests": (before or stored).entry.digests}


@caught_by("hints_that_are_equal_mean_equal_bytes")
class HintIsTheSize(Telling):
    def told(self, stored: Stored, before: Stored | None) -> dict[str, Any]:
        return {"hints": {"etag": f"{stored.entry.size}"}}


@caught_by("the_time_of_a_file_is_kept_where_traits_say_so")
class TimesInSeconds(Telling):
    def told(self, stored: Stored, before: Stored | None) -> dict[str, Any]:
        mtime_ns = stored.entry.mtime_ns
        return {"mtime_ns": mtime_ns and mtime_ns // 10**9 * 10**9}


@caught_by("the_time_follows_an_overwrite")
class TimesStay(Telling):
    def told(self, stored: Stored, before: Stored | None) -> dict[str, Any]:
        return {"mtime_ns": (before or stored).entry.mtime_ns}


@caught_by("no_time_is_made_up")
class TimeOfUpload(Telling):
    shape = Traits()

    def told(self, stored: Stored, before: Stored | None) -> dict[str, Any]:
        assert stored.entry.changed is not None
        return {"mtime_ns": int(stored.entry.changed.timestamp() * 10**9)}


@caught_by("the_stores_own_time_has_a_zone")
class TimeWithoutZone(Liar):
    options: ClassVar = {"clock": datetime.now}


@caught_by("metadata_and_content_type_are_kept_where_traits_say_so")
class DropsMetadata(Liar):
    def _arrived(self, key: str, body: Body, data: bytes) -> Stored:
        return replace(super()._arrived(key, body, data), metadata={})


@caught_by("metadata_follows_an_overwrite")
class MergesMetadata(Liar):
    def _arrived(self, key: str, body: Body, data: bytes) -> Stored:
        arrived, before = super()._arrived(key, body, data), self._shelf.get(key)
        metadata = {**(before.metadata if before else {}), **arrived.metadata}
        return replace(arrived, metadata=metadata)


# Crowds


@caught_by("many_threads_write_different_keys")
class OneBuffer(Liar):
    buffer = b""

    def write(self, key: str, body: Body) -> Entry:
        self.buffer = _received(key, body)
        pause()
        return self.force(key, self.buffer)


@caught_by("many_threads_write_one_key")
class WritesThenLooks(Liar):
    def write(self, key: str, body: Body) -> Entry:
        super().write(key, body)
        pause()
        return self.stat(key)


@caught_by("readers_see_whole_objects_while_they_are_overwritten")
class WritesInTwoSteps(Liar):
    def write(self, key: str, body: Body) -> Entry:
        data = _received(key, body)
        self.force(key, data[: len(data) // 2])
        pause()
        return self.force(key, data)


@caught_by(
    "stat_never_misses_an_object_that_is_overwritten",
    "readers_see_whole_objects_while_they_are_overwritten",
)
class DeletesThenCreates(Liar):
    def write(self, key: str, body: Body) -> Entry:
        self.delete(key)
        pause()
        return super().write(key, body)


@caught_by("threads_that_fill_and_empty_folders_do_not_collide")
class FoldersVanish(Liar):
    def __init__(self) -> None:
        super().__init__()
        self.folders: set[str] = set()

    def write(self, key: str, body: Body) -> Entry:
        folder = key.rpartition("/")[0]
        self.folders.add(folder)
        pause()
        if folder not in self.folders:
            raise FileNotFoundError(folder)
        return super().write(key, body)

    def delete(self, key: str) -> None:
        super().delete(key)
        self.folders.discard(key.rpartition("/")[0])


@caught_by("a_random_history_ends_as_a_dict_would")
class EveryTenthWriteIsLate(Liar):
    """Shows the object as it was before, at every tenth overwrite."""

    def write(self, key: str, body: Body) -> Entry:
        before = self.contents().get(key)
        entry = super().write(key, body)
        if self._writes % 10 == 0 and before is not None:
            return self.force(key, before)
        return entry


class Closing(Liar):
    closed = 0

    def close(self) -> None:
        self.closed += 1
        self.check()

    def check(self) -> None:
        pass


@caught_by("close_may_be_repeated")
class ClosesOnlyOnce(Closing):
    def check(self) -> None:
        assert self.closed == 1 or not self.contents()


@caught_by("an_unused_store_can_be_closed")
class ClosesWhatItNeverOpened(Closing):
    def check(self) -> None:
        assert self.contents(), "there is no connection"


# Ranges


class Ranged(Liar):
    """Gives a range by a rule of its own."""

    def part(self, data: bytes, start: int, length: int) -> bytes:
        return data[start : start + length]

    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        stored = self._pinned(key, version)
        return given(stored.entry, self.part(stored.data, start, length))


@caught_by("a_range_gives_exactly_its_bytes", "ranges_put_together_are_the_object")
class OneByteTooMany(Ranged):
    def part(self, data: bytes, start: int, length: int) -> bytes:
        return data[start : start + length + 1]


@caught_by("a_range_gives_exactly_its_bytes")
class NothingMeansAll(Ranged):
    def part(self, data: bytes, start: int, length: int) -> bytes:
        return data[start : start + length] if length else data[start:]


@caught_by("a_range_gives_exactly_its_bytes", "a_range_of_an_empty_object_is_empty")
class RefusesTheEnd(Ranged):
    def part(self, data: bytes, start: int, length: int) -> bytes:
        if start >= len(data):
            raise InvalidKey("416 Range Not Satisfiable")
        return data[start : start + length]


@caught_by("the_entry_of_a_range_is_the_whole_objects")
class EntryOfThePart(Liar):
    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        with super().read_range(key, start, length, version=version) as reading:
            data, entry = reading.read(), reading.entry
        return given(BasicEntry(key=key, size=len(data), version=entry.version), data)


@caught_by(
    "a_range_of_a_past_version_never_gives_other_bytes", "a_range_of_an_unknown_version_is_refused"
)
class RangeOfAnyVersion(Liar):
    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        return super().read_range(key, start, length)


@caught_by("a_range_of_what_is_absent_is_not_found")
class NoBytesOfNothing(Liar):
    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        try:
            return super().read_range(key, start, length, version=version)
        except NotFound:
            if length:
                raise
            return given(BasicEntry(key=key, size=0, version="-"), b"")
