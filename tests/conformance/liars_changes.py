"""Lies about changes: conditions that do not hold, moves of something else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from urllib.parse import quote, unquote
from uuid import uuid4

import msgspec

from buckia import digests
from buckia.errors import InvalidKey, NotFound, StorageError, VersionMismatch
from buckia.model import BasicEntry
from buckia.protocols import ABSENT, Body, Entry, Expected
from tests.conformance.liar import Liar, caught_by, pause, taken

replace = msgspec.structs.replace


@caught_by(
    "a_write_over_nothing_never_overwrites",
    "a_write_over_another_version_is_refused",
    "a_write_over_a_version_that_is_gone_is_refused",
)
class IgnoresConditions(Liar):
    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        return self.write(key, body)


@caught_by(
    "racing_creators_have_one_winner",
    "racing_replacers_have_one_winner",
    "a_chain_of_racing_edits_loses_none",
)
class LooksBeforeItWrites(Liar):
    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        self._admit(key, expect)
        pause()
        return self.write(key, body)


@caught_by("a_write_over_a_version_that_is_gone_is_refused")
class GoneIsNotFound(Liar):
    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        if expect is not ABSENT:
            self.stat(key)
        return super().write_if(key, body, expect=expect)


@caught_by("a_large_write_honours_its_condition")
class PartsWithoutCondition(Liar):
    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        if body.size > 2**20:
            return self.write(key, body)
        return super().write_if(key, body, expect=expect)


@caught_by("a_write_over_nothing_never_overwrites_an_empty_object")
class EmptyCountsAsNothing(Liar):
    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        if expect is ABSENT and not self.contents().get(key):
            return self.write(key, body)
        return super().write_if(key, body, expect=expect)


@caught_by(
    "a_write_over_the_expected_version_replaces", "a_refused_write_leaves_the_next_one_possible"
)
class ReplacesNothing(Liar):
    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        if expect is not ABSENT:
            raise VersionMismatch("412 Precondition Failed", key=key)
        return super().write_if(key, body, expect=expect)


@caught_by("a_write_over_nothing_creates")
class CreatesAnotherKey(Liar):
    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        entry = super().write_if(key.replace("/", "%2F"), body, expect=expect)
        return replace(entry, key=key) if isinstance(entry, BasicEntry) else entry


@caught_by("a_refused_write_leaves_the_next_one_possible")
class RefusalsHoldTheLock(Liar):
    locked = False

    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        if self.locked:
            raise StorageError("locked", key=key)
        self.locked = True
        entry = super().write_if(key, body, expect=expect)
        self.locked = False
        return entry


@caught_by("a_conditional_body_that_breaks_leaves_what_was_there")
class ConditionalWritesTakeAnyBody(Liar):
    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        self._admit(key, expect)
        return self.force(key, taken(body))


@caught_by("a_conditional_write_refuses_impossible_keys", "a_copy_refuses_impossible_keys")
class AdmitsAnyKey(Liar):
    def _admit(self, key: str, expect: Expected | None) -> None:
        if expect is not None:
            self._check(key, expect)


@caught_by("another_version_is_not_deleted")
class DeletesAnyVersion(Liar):
    def delete_if(self, key: str, *, expect: str) -> None:
        self.delete(key)


@caught_by("deleting_an_absent_key_conditionally_is_fine")
class DeletingTheAbsentIsAMismatch(Liar):
    def delete_if(self, key: str, *, expect: str) -> None:
        if key not in self.contents():
            raise VersionMismatch("412 Precondition Failed", key=key)
        super().delete_if(key, expect=expect)


@caught_by("the_expected_version_is_deleted")
class DeletesNoVersion(Liar):
    def delete_if(self, key: str, *, expect: str) -> None:
        pass


@caught_by("a_conditional_delete_takes_one_object_only")
class DeletesBelow(Liar):
    def delete_if(self, key: str, *, expect: str) -> None:
        super().delete_if(key, expect=expect)
        for name in self.contents():
            if name.startswith(key):
                self.delete(name)


@caught_by("a_racing_edit_and_deletion_never_lose_the_edit")
class LooksBeforeItDeletes(Liar):
    def delete_if(self, key: str, *, expect: str) -> None:
        try:
            self._check(key, expect)
        finally:
            pause()
        self.delete(key)


# Moves


class Moving(Liar):
    """Moves by a rule of its own."""

    def shift(self, source: str, target: str) -> Entry:
        """Without any question."""
        with self._lock:
            stored = self._found(source)
            self._shelf.remove(source)
            return self._put(target, stored)


@caught_by("a_move_never_takes_a_name_that_is_held")
class MovesOverAnything(Moving):
    def move(self, source: str, target: str, *, source_version: str) -> Entry:
        self._pinned(source, source_version)
        return self.shift(source, target)


@caught_by("a_move_is_of_the_version_that_was_seen")
class MovesAnyVersion(Moving):
    def move(self, source: str, target: str, *, source_version: str) -> Entry:
        return super().move(source, target, source_version=self.stat(source).version)


@caught_by("a_move_of_what_is_absent_is_not_found")
class MovesNothing(Moving):
    def move(self, source: str, target: str, *, source_version: str) -> Entry:
        if source not in self.contents():
            raise VersionMismatch("not there", key=source)
        return super().move(source, target, source_version=source_version)


@caught_by("a_move_gives_the_object_another_name", "racing_moves_of_one_object_have_one_winner")
class MoveIsACopy(Moving):
    def move(self, source: str, target: str, *, source_version: str) -> Entry:
        return self.copy_if(source, target, source_version=source_version, expect=ABSENT)


@caught_by("racing_moves_to_one_name_have_one_winner")
class LooksBeforeItMoves(Moving):
    def move(self, source: str, target: str, *, source_version: str) -> Entry:
        self._admit(target, ABSENT)
        pause()
        return self.shift(source, target)


@caught_by("a_move_leaves_all_that_lies_around")
class MovesByPrefix(Moving):
    def move(self, source: str, target: str, *, source_version: str) -> Entry:
        moved = super().move(source, target, source_version=source_version)
        for name in self.contents():
            if name.startswith(source):
                self.shift(name, target + name[len(source) :])
        return moved


@caught_by("a_move_keeps_the_time_where_traits_say_so", "a_move_keeps_what_came_with_the_object")
class MovesBytesOnly(Moving):
    def move(self, source: str, target: str, *, source_version: str) -> Entry:
        super().move(source, target, source_version=source_version)
        return self.force(target, self.contents()[target])


@caught_by("awkward_keys_can_be_moved")
class MovesWithoutQuoting(Moving):
    def move(self, source: str, target: str, *, source_version: str) -> Entry:
        return super().move(source, unquote(target), source_version=source_version)


@caught_by("the_digests_of_what_moved_are_right")
class DigestsOfTheNewName(Moving):
    def move(self, source: str, target: str, *, source_version: str) -> Entry:
        super().move(source, target, source_version=source_version)
        digest = digests.of(target.encode(), "sha256")
        return self.force(target, self.contents()[target], digests={"sha256": digest})


# Digests, deletions in bulk, addresses, identities


class Digesting(Liar):
    def digest(self, key: str, algorithm: str, *, version: str | None = None) -> str:
        return super().digest(key, algorithm, version=version)


@caught_by("a_digest_is_that_of_the_bytes")
class DigestInCapitals(Digesting):
    def digest(self, key: str, algorithm: str, *, version: str | None = None) -> str:
        return super().digest(key, algorithm, version=version).upper()


@caught_by("a_digest_follows_an_overwrite")
class DigestsAreRemembered(Digesting):
    def __init__(self) -> None:
        super().__init__()
        self.known: dict[tuple[str, str], str] = {}

    def digest(self, key: str, algorithm: str, *, version: str | None = None) -> str:
        digest = super().digest(key, algorithm, version=version)
        return self.known.setdefault((key, algorithm), digest)


@caught_by("a_digest_is_of_the_version_that_was_seen")
class DigestOfAnyVersion(Digesting):
    def digest(self, key: str, algorithm: str, *, version: str | None = None) -> str:
        return super().digest(key, algorithm)


@caught_by("a_digest_of_what_is_absent_is_not_found")
class DigestOfNothing(Digesting):
    def digest(self, key: str, algorithm: str, *, version: str | None = None) -> str:
        if key not in self.contents():
            return digests.of(b"", algorithm)
        return super().digest(key, algorithm, version=version)


@caught_by("an_unknown_algorithm_is_refused_in_our_words")
class AnyAlgorithm(Digesting):
    def digest(self, key: str, algorithm: str, *, version: str | None = None) -> str:
        return digests.of(self._pinned(key, version).data, algorithm)


@caught_by("digests_told_together_are_each_of_its_own_bytes")
class LeavesOutWhoWasAskedFor(Liar):
    def digests_together(
        self, versions: Sequence[tuple[str, str]], algorithms: Collection[str]
    ) -> Sequence[Mapping[str, str] | None]:
        return super().digests_together(versions[1:], algorithms)


@caught_by("digests_told_together_are_each_of_its_own_bytes")
class TellsAnothersDigests(Liar):
    def digests_together(
        self, versions: Sequence[tuple[str, str]], algorithms: Collection[str]
    ) -> Sequence[Mapping[str, str] | None]:
        return super().digests_together(versions, algorithms)[::-1]


@caught_by("only_the_version_that_was_seen_has_a_digest_together")
class TellsDigestsOfAnyVersion(Liar):
    def digests_together(
        self, versions: Sequence[tuple[str, str]], algorithms: Collection[str]
    ) -> Sequence[Mapping[str, str] | None]:
        now = [
            (key, self.stored(key).entry.version) for key, _ in versions if key in self.contents()
        ]
        told = iter(super().digests_together(now, algorithms))
        return [next(told) if key in self.contents() else None for key, _ in versions]


@caught_by("who_asks_for_nothing_together_is_told_nothing")
class ExpectsToBeAsked(Liar):
    def digests_together(
        self, versions: Sequence[tuple[str, str]], algorithms: Collection[str]
    ) -> Sequence[Mapping[str, str] | None]:
        assert versions
        return super().digests_together(versions, algorithms)


@caught_by("more_than_a_thousand_objects_are_deleted_at_once")
class AThousandAtMost(Liar):
    def delete_many(self, keys: Sequence[str]) -> Mapping[str, Exception]:
        return super().delete_many(keys[:1_000])


@caught_by("missing_keys_in_a_list_are_fine")
class ReportsTheMissing(Liar):
    def delete_many(self, keys: Sequence[str]) -> Mapping[str, Exception]:
        missing = {
            key: NotFound("not there", key=key) for key in keys if key not in self.contents()
        }
        return {**missing, **super().delete_many(keys)}


@caught_by("an_empty_list_deletes_nothing")
class NoListIsAll(Liar):
    def delete_many(self, keys: Sequence[str]) -> Mapping[str, Exception]:
        return super().delete_many(keys or list(self.contents()))


@caught_by("deletes_in_bulk_spare_all_that_begins_alike")
class BulkByPrefix(Liar):
    def delete_many(self, keys: Sequence[str]) -> Mapping[str, Exception]:
        return super().delete_many([n for n in self.contents() if n.startswith(tuple(keys))])


@caught_by("awkward_keys_are_deleted_in_bulk")
class BulkWithoutQuoting(Liar):
    def delete_many(self, keys: Sequence[str]) -> Mapping[str, Exception]:
        return super().delete_many([key.replace("&", "&amp;") for key in keys])


@caught_by("an_address_names_its_object")
class AddressWithoutQuoting(Liar):
    def url(self, key: str, *, expires: timedelta | None = None) -> str:
        return f"https://example.com/{key}"


@caught_by("two_objects_have_two_addresses")
class AddressQuotedOnceAtMost(Liar):
    def url(self, key: str, *, expires: timedelta | None = None) -> str:
        return f"https://example.com/{quote(unquote(key))}"


@caught_by("an_address_that_expires_is_given_or_refused")
class AddressForEver(Liar):
    def url(self, key: str, *, expires: timedelta | None = None) -> str:
        return super().url(key)


@caught_by("an_address_of_an_impossible_key_is_no_riddle")
class AddressInRiddles(Liar):
    def url(self, key: str, *, expires: timedelta | None = None) -> str:
        try:
            return super().url(key, expires=expires)
        except InvalidKey as error:
            raise UnicodeError(key) from error


@caught_by("an_identity_stays_once_it_is_given")
class NewIdentityEachTime(Liar):
    def identity(self, *, create: bool = False) -> str | None:
        return uuid4().hex if create else None


@caught_by("asking_for_an_identity_gives_none")
class AskingGivesAnIdentity(Liar):
    def identity(self, *, create: bool = False) -> str | None:
        self.force(".buckia-id", b"name tag")
        return super().identity(create=True)


@caught_by("an_identity_is_no_object_of_the_users")
class IdentityAmongTheObjects(Liar):
    def identity(self, *, create: bool = False) -> str | None:
        if create:
            self.force("identity.txt", b"name tag")
        return super().identity(create=create)


@caught_by("racing_creators_agree_on_one_identity")
class EveryRacerItsOwnIdentity(Liar):
    def identity(self, *, create: bool = False) -> str | None:
        if create and self._identity is None:
            pause()
            self._identity = uuid4().hex
        return self._identity
