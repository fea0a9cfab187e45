"""Lies of stores of files: staging, retiring, sweeping, surveying."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import msgspec

from buckia.errors import NotFound, StorageError, VersionMismatch
from buckia.model import Gap
from buckia.protocols import Body, Entry, Expected
from tests.conformance.disk_like import Block, Waiting
from tests.conformance.liar import DiskLiar, caught_by, pause, taken

replace = msgspec.structs.replace


@caught_by("what_is_staged_is_invisible", "a_commit_over_something_else_changes_nothing")
class StagesInPlace(DiskLiar):
    def stage(self, key: str, body: Body) -> Waiting:
        staged = super().stage(key, body)
        self._put(key, staged.stored)
        return staged


class Committing(DiskLiar):
    """Hands out bytes that wait in a way of their own."""

    waiting: ClassVar[type[Waiting]] = Waiting

    def stage(self, key: str, body: Body) -> Waiting:
        return self.waiting(self, super().stage(key, body).stored)


@caught_by("a_commit_over_something_else_changes_nothing")
class CommitsOverAnything(Committing):
    class waiting(Waiting):  # noqa: N801 - it overrides an attribute of that name
        def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
            return self.store._put(self.stored.entry.key, self.stored)


@caught_by("racing_commits_have_one_winner")
class LooksBeforeItCommits(Committing):
    class waiting(Waiting):  # noqa: N801 - it overrides an attribute of that name
        def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
            self.store._admit(self.stored.entry.key, expect)
            pause()
            return self.store._put(self.stored.entry.key, self.stored)


@caught_by("a_commit_moves_the_old_object_to_its_slot")
class LeavesTheSlotEmpty(Committing):
    class waiting(Waiting):  # noqa: N801 - it overrides an attribute of that name
        def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
            return super().commit(expect=expect)


@caught_by("a_commit_over_the_expected_version_replaces")
class CommitsOnlyOverNothing(Committing):
    class waiting(Waiting):  # noqa: N801 - it overrides an attribute of that name
        def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
            if isinstance(expect, str):
                raise VersionMismatch("taken", key=self.stored.entry.key)
            return super().commit(expect=expect, slot=slot)


@caught_by("a_commit_makes_it_visible_whole")
class CommitsHalf(Committing):
    class waiting(Waiting):  # noqa: N801 - it overrides an attribute of that name
        def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
            data = self.stored.data
            self.stored = replace(self.stored, data=data[: len(data) // 2])
            return super().commit(expect=expect, slot=slot)


@caught_by("a_commit_keeps_the_time_where_traits_say_so")
class CommitsWithoutTime(Committing):
    class waiting(Waiting):  # noqa: N801 - it overrides an attribute of that name
        def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
            self.stored = replace(self.stored, entry=replace(self.stored.entry, mtime_ns=None))
            return super().commit(expect=expect, slot=slot)


@caught_by("a_discard_after_a_commit_is_harmless")
class DiscardsWhatWasCommitted(Committing):
    class waiting(Waiting):  # noqa: N801 - it overrides an attribute of that name
        def discard(self) -> None:
            self.store.delete(self.stored.entry.key)


@caught_by("what_is_discarded_leaves_no_trace")
class DiscardsOnce(Committing):
    class waiting(Waiting):  # noqa: N801 - it overrides an attribute of that name
        discarded = False

        def discard(self) -> None:
            if self.discarded:
                raise StorageError("there is no such file")
            self.discarded = True


@caught_by("what_is_discarded_leaves_no_trace")
class FoldersOfTheDiscardedStay(DiskLiar):
    def stage(self, key: str, body: Body) -> Waiting:
        self._shelf._folders.update([key.partition("/")[0]])
        return super().stage(key, body)


@caught_by("a_bad_body_is_refused_when_it_is_staged")
class StagesAnything(DiskLiar):
    def stage(self, key: str, body: Body) -> Waiting:
        self._admit(key, None)
        data = b""
        with contextlib.suppress(StorageError):
            data = taken(body)
        return Waiting(self, self._arrived(key, body, data))


@caught_by("staging_refuses_impossible_keys")
class StagesUnderAnyKey(DiskLiar):
    def stage(self, key: str, body: Body) -> Waiting:
        return Waiting(self, self._arrived(key, body, taken(body)))


@caught_by("a_retired_object_is_in_its_slot_and_nowhere_else")
class RetiresACopy(DiskLiar):
    def retire(self, key: str, *, expect: str, slot: Path) -> None:
        slot.write_bytes(self.stored(key).data)


@caught_by("another_version_is_not_retired")
class RetiresAnyVersion(DiskLiar):
    def retire(self, key: str, *, expect: str, slot: Path) -> None:
        super().retire(key, expect=self.stat(key).version, slot=slot)


@caught_by("another_version_is_not_retired")
class LooksIntoTheSlotTooLate(DiskLiar):
    def retire(self, key: str, *, expect: str, slot: Path) -> None:
        slot.write_bytes(self.stored(key).data)
        super().retire(key, expect=expect, slot=slot)


@caught_by("what_is_absent_cannot_be_retired")
class RetiresFolders(DiskLiar):
    def retire(self, key: str, *, expect: str, slot: Path) -> None:
        try:
            super().retire(key, expect=expect, slot=slot)
        except NotFound:
            for name in self.contents():
                if name.startswith(key + "/"):
                    self.delete(name)
            raise


@caught_by("a_sweep_leaves_every_object")
class SweepsByName(DiskLiar):
    def sweep(self, prefix: str = "") -> int:
        old = [name for name in self.contents() if name.endswith((".tmp", "~"))]
        for name in old:
            self.delete(name)
        return len(old)


@caught_by("a_sweep_of_an_empty_store_finds_nothing")
class SweepsWhatIsNotThere(DiskLiar):
    def sweep(self, prefix: str = "") -> int:
        return 0 if self.contents() else 1


@caught_by("a_survey_of_a_sound_store_is_its_listing")
class SurveySeesGaps(DiskLiar):
    def survey(self, prefix: str = "") -> Iterator[Block]:
        for block in super().survey(prefix):
            yield replace(block, gaps=(Gap(key="a/", reason="unreadable"),))


@caught_by("a_survey_prefix_is_a_plain_string_prefix")
class SurveyIsOfAFolder(DiskLiar):
    def survey(self, prefix: str = "") -> Iterator[Block]:
        return super().survey(prefix if not prefix or prefix.endswith("/") else prefix + "/")
