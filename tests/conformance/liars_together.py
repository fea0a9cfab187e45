"""Lies of stores that make many files durable at once."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from buckia.errors import StorageError, VersionMismatch
from buckia.protocols import Body, Entry, Expected
from tests.conformance.disk_like import Waiting
from tests.conformance.liar import DiskLiar, caught_by, pause, taken

replace = msgspec.structs.replace


@caught_by(
    "what_is_staged_together_is_invisible_until_its_commit",
    "what_was_staged_together_and_discarded_leaves_no_trace",
)
class StagesInPlaceForAll(DiskLiar):
    def stage_unsettled(self, key: str, body: Body) -> Waiting:
        staged = super().stage_unsettled(key, body)
        self._put(key, staged.stored)
        return staged


class Together(DiskLiar):
    """Hands out bytes that wait for the others in a way of their own."""

    waiting: ClassVar[type[Waiting]] = Waiting

    def __init__(self) -> None:
        super().__init__()
        self.staged: list[Waiting] = []
        self.committed: list[str] = []

    def stage_unsettled(self, key: str, body: Body) -> Waiting:
        self.staged.append(self.waiting(self, super().stage_unsettled(key, body).stored))
        return self.staged[-1]


class WaitingHere(Waiting):
    """Bytes that their store remembers."""

    @property
    def owner(self) -> Any:
        return self.store

    def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
        self.owner.committed.append(self.stored.entry.key)
        return super().commit(expect=expect, slot=slot)

    def discard(self) -> None:
        with contextlib.suppress(ValueError):
            self.owner.staged.remove(self)


@caught_by("what_is_staged_together_is_invisible_until_its_commit")
class SettlingShows(Together):
    def settle(self) -> None:
        for waiting in self.staged:
            self._put(waiting.stored.entry.key, waiting.stored)


@caught_by(
    "a_commit_of_what_was_staged_together_is_seen_at_once", "all_that_was_settled_reads_back"
)
class SettlingDiscards(Together):
    """Takes what waits for a dead run's."""

    class waiting(WaitingHere):  # noqa: N801 - it overrides an attribute of that name
        def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
            if self not in self.owner.staged:
                raise StorageError("its file is gone", key=self.stored.entry.key)
            return super().commit(expect=expect, slot=slot)

    def settle(self) -> None:
        self.staged.clear()


@caught_by("a_commit_of_what_was_staged_together_is_seen_at_once")
class CommitsWithTheNextFlush(Together):
    class waiting(WaitingHere):  # noqa: N801 - it overrides an attribute of that name
        def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
            self.store._admit(self.stored.entry.key, expect)
            self.owner.queue.append(self)
            return self.stored.entry

    def __init__(self) -> None:
        super().__init__()
        self.queue: list[Waiting] = []

    def settle(self) -> None:
        while self.queue:
            stored = self.queue.pop(0).stored
            self._put(stored.entry.key, stored)


@caught_by("a_commit_of_what_was_staged_together_is_seen_at_once")
class SettlingIsATouch(Together):
    waiting = WaitingHere

    def settle(self) -> None:
        for key in self.committed:
            self._put(key, self.stored(key))


@caught_by("all_that_was_settled_reads_back", "threads_that_stage_together_settle_for_each_other")
class FlushesSixteenAtMost(Together):
    waiting = WaitingHere

    def settle(self) -> None:
        for key in self.committed[16:]:
            self.delete(key)


@caught_by("all_that_was_settled_reads_back")
class ForgetsWhatIsSettled(Together):
    def reopened(self) -> DiskLiar:
        return type(self)()


@caught_by("threads_that_stage_together_settle_for_each_other")
class FlushesWhatItHasSeen(Together):
    """What came while it was busy is dropped with what is done."""

    waiting = WaitingHere

    def settle(self) -> None:
        seen = list(self.committed)
        pause()
        for key in set(self.committed) - set(seen):
            self.delete(key)


@caught_by("settling_may_be_repeated_and_have_nothing_to_do")
class NothingToSettle(Together):
    def settle(self) -> None:
        if not self.staged:
            raise StorageError("there is nothing to flush")


@caught_by("settling_may_be_repeated_and_have_nothing_to_do")
class SettlesOneAtATime(Together):
    busy = False

    def settle(self) -> None:
        if self.busy:
            raise StorageError("somebody else does that")
        self.busy = True
        pause()
        self.busy = False


@caught_by("what_was_staged_together_is_put_over_nothing_else")
class CommitsOverAnythingTogether(Together):
    class waiting(Waiting):  # noqa: N801 - it overrides an attribute of that name
        def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
            return self.store._put(self.stored.entry.key, self.stored)


@caught_by("what_was_staged_together_is_put_over_nothing_else")
class FillsTheSlotTooEarly(Together):
    class waiting(Waiting):  # noqa: N801 - it overrides an attribute of that name
        def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
            if slot is not None:
                slot.write_bytes(b"what gave way")
            return super().commit(expect=expect)


@caught_by("what_was_staged_together_replaces_the_expected_version")
class KeepsNothingOfTheOld(Together):
    class waiting(Waiting):  # noqa: N801 - it overrides an attribute of that name
        def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
            return super().commit(expect=expect)


@caught_by("what_was_staged_together_replaces_the_expected_version")
class OnlyNewFilesTogether(Together):
    class waiting(Waiting):  # noqa: N801 - it overrides an attribute of that name
        def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
            if isinstance(expect, str):
                raise VersionMismatch("taken", key=self.stored.entry.key)
            return super().commit(expect=expect, slot=slot)


@caught_by("what_was_staged_together_keeps_its_time_where_traits_say_so")
class TimeOfTheFlush(Together):
    class waiting(Waiting):  # noqa: N801 - it overrides an attribute of that name
        def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
            now = replace(self.stored.entry, mtime_ns=1_700_000_000_000_000_000)
            self.stored = replace(self.stored, entry=now)
            return super().commit(expect=expect, slot=slot)


@caught_by("a_discard_of_what_was_committed_before_its_flush_is_harmless")
class DiscardsUntilItIsSettled(Together):
    class waiting(WaitingHere):  # noqa: N801 - it overrides an attribute of that name
        def discard(self) -> None:
            if self in self.owner.staged:
                self.store.delete(self.stored.entry.key)

    def settle(self) -> None:
        self.staged.clear()


@caught_by("what_was_staged_together_and_discarded_leaves_no_trace")
class FoldersOfTheDiscardedStayTogether(DiskLiar):
    def stage_unsettled(self, key: str, body: Body) -> Waiting:
        self._shelf._folders.update([key.partition("/")[0]])
        return super().stage_unsettled(key, body)


@caught_by("a_bad_body_is_refused_when_it_is_staged_together")
class StagesAnythingTogether(DiskLiar):
    def stage_unsettled(self, key: str, body: Body) -> Waiting:
        self._admit(key, None)
        return Waiting(self, self._arrived(key, body, taken(body)))


@caught_by("staging_together_refuses_impossible_keys")
class StagesUnderAnyKeyTogether(DiskLiar):
    def stage_unsettled(self, key: str, body: Body) -> Waiting:
        return Waiting(self, self._arrived(key, body, taken(body)))
