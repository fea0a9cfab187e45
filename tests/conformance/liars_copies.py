"""Lies about copies: other bytes, other names, and conditions on the target that do not hold."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

import msgspec

from buckia.errors import VersionMismatch
from buckia.protocols import ABSENT, Entry, Expected
from tests.conformance.liar import Liar, caught_by, pause

replace = msgspec.structs.replace
WAYS = {"Copy": "CopiesConditionally", "CopyIf": "CopiesInside"}
"""Each way to copy, and what a store lacks that has only this one."""


def caught_either_way(*cases: str) -> Callable[[type[Liar]], type[Liar]]:
    """As `caught_by`, for a lie of both `copy` and `copy_if`: two liars, each with one of them."""

    def mark(liar: type[Liar]) -> type[Liar]:
        for way, lacking in WAYS.items():
            told = {
                "__module__": liar.__module__,
                "shape": replace(liar.shape, lacks=frozenset({lacking})),
            }
            caught_by(*cases)(type(f"{liar.__name__}By{way}", (liar,), told))
        return liar

    return mark


# By `copy` as well as by `copy_if`, which are one in the store below.


@caught_either_way("a_copy_is_of_the_version_that_was_seen")
class CopiesAnyVersion(Liar):
    def _copy(self, source: str, target: str, version: str, expect: Expected | None) -> Entry:
        return super()._copy(source, target, self.stat(source).version, expect)


@caught_either_way("a_copy_is_of_the_version_that_was_seen")
class CopiesAnyVersionToFreeNames(Liar):
    def _copy(self, source: str, target: str, version: str, expect: Expected | None) -> Entry:
        wanted = version if target in self.contents() else self.stat(source).version
        return super()._copy(source, target, wanted, expect)


@caught_either_way("awkward_keys_can_be_copied")
class CopiesWithoutQuoting(Liar):
    def _copy(self, source: str, target: str, version: str, expect: Expected | None) -> Entry:
        return super()._copy(unquote(source), target, version, expect)


@caught_either_way("a_copy_of_what_is_absent_is_not_found")
class CopiesNothing(Liar):
    def _copy(self, source: str, target: str, version: str, expect: Expected | None) -> Entry:
        if source not in self.contents():
            return self.force(target, b"")
        return super()._copy(source, target, version, expect)


@caught_either_way("a_copy_has_the_bytes_and_leaves_its_source")
class CopyIsAMove(Liar):
    def _copy(self, source: str, target: str, version: str, expect: Expected | None) -> Entry:
        entry = super()._copy(source, target, version, expect)
        self.delete(source)
        return entry


@caught_either_way("a_large_object_can_be_copied")
class CopiesTheFirstPart(Liar):
    def _copy(self, source: str, target: str, version: str, expect: Expected | None) -> Entry:
        super()._copy(source, target, version, expect)
        return self.force(target, self.contents()[source][: 2**20])


@caught_either_way(
    "a_copy_keeps_what_came_with_the_object", "a_copy_keeps_the_time_where_traits_say_so"
)
class CopiesBytesOnly(Liar):
    def _copy(self, source: str, target: str, version: str, expect: Expected | None) -> Entry:
        super()._copy(source, target, version, expect)
        return self.force(target, self.contents()[source])


@caught_either_way("the_digests_of_a_copy_are_right")
class DigestsOfWhatWasThere(Liar):
    def _copy(self, source: str, target: str, version: str, expect: Expected | None) -> Entry:
        before = self._shelf.get(target)
        made = super()._copy(source, target, version, expect)
        if before is None:
            return made
        return self.force(target, self.contents()[target], digests=before.entry.digests)


@caught_either_way("a_copy_refuses_impossible_keys")
class CopiesToAnyKey(Liar):
    def _copy(self, source: str, target: str, version: str, expect: Expected | None) -> Entry:
        stored = self._pinned(source, version)
        if expect is not None:
            self._check(target, expect)
        return self._put(target, stored)


# By one of them.


@caught_by("a_copy_without_a_condition_overwrites")
class CopiesNeverOverwrite(Liar):
    def copy(self, source: str, target: str, *, source_version: str) -> Entry:
        return self.copy_if(source, target, source_version=source_version, expect=ABSENT)


@caught_by(
    "a_copy_over_nothing_never_overwrites",
    "a_copy_over_another_version_is_refused",
    "a_copy_over_a_version_that_is_gone_is_refused",
)
class CopiesOverAnything(Liar):
    def copy_if(self, source: str, target: str, *, source_version: str, expect: Expected) -> Entry:
        return self.copy(source, target, source_version=source_version)


@caught_by("racing_copies_to_one_name_have_one_winner")
class LooksBeforeItCopies(Liar):
    def copy_if(self, source: str, target: str, *, source_version: str, expect: Expected) -> Entry:
        self._admit(target, expect)
        pause()
        return self.copy(source, target, source_version=source_version)


@caught_by("a_copy_over_a_version_that_is_gone_is_refused")
class GoneTargetIsNotFound(Liar):
    def copy_if(self, source: str, target: str, *, source_version: str, expect: Expected) -> Entry:
        if expect is not ABSENT:
            self.stat(target)
        return super().copy_if(source, target, source_version=source_version, expect=expect)


@caught_by("a_copy_over_nothing_never_overwrites_an_empty_object")
class EmptyTargetCountsAsNothing(Liar):
    def copy_if(self, source: str, target: str, *, source_version: str, expect: Expected) -> Entry:
        if expect is ABSENT and not self.contents().get(target):
            return self.copy(source, target, source_version=source_version)
        return super().copy_if(source, target, source_version=source_version, expect=expect)


@caught_by("a_copy_over_the_expected_version_replaces")
class CopiesOverNothingOnly(Liar):
    def copy_if(self, source: str, target: str, *, source_version: str, expect: Expected) -> Entry:
        if expect is not ABSENT:
            raise VersionMismatch("412 Precondition Failed", key=target)
        return super().copy_if(source, target, source_version=source_version, expect=expect)


@caught_by("a_large_copy_honours_its_condition")
class CopiesPartsWithoutCondition(Liar):
    def copy_if(self, source: str, target: str, *, source_version: str, expect: Expected) -> Entry:
        if self.stat(source).size > 2**20:
            return self.copy(source, target, source_version=source_version)
        return super().copy_if(source, target, source_version=source_version, expect=expect)
