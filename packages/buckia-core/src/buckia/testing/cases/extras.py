"""Digests where the bytes lie, deletions by the thousand, addresses, and who a bucket is."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import pytest

from buckia import digests, keys
from buckia.errors import InvalidKey, NotFound, StorageError, VersionMismatch
from buckia.protocols import (
    DeletesMany,
    Digests,
    DigestsTogether,
    GivesUrls,
    Identifies,
    Storage,
)
from buckia.testing.cases.names import AWKWARD, cases_of
from buckia.testing.kit import Kit
from buckia.testing.steps import coexisting, content, fill, holds, names, offered, put, together

_BOTH = ("md5", "sha256")


class RemoteDigests(Kit):
    @pytest.mark.parametrize("size", [0, 5, 300_000])
    def test_a_digest_is_that_of_the_bytes(self, storage: Storage, size: int) -> None:
        """It proves that nothing needs to be transferred."""
        data = content(size)
        put(storage, "file", data)
        computed = self._all(storage, "file")
        right = {
            name: hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in computed
        }
        assert computed == right
        assert computed, "not one of our algorithms can be computed"

    def test_a_digest_follows_an_overwrite(self, storage: Storage) -> None:
        """A digest from an earlier upload proves something about bytes that are gone."""
        put(storage, "file", b"old bytes")
        old = self._all(storage, "file")
        put(storage, "file", b"new bytes")
        new = self._all(storage, "file")
        assert not set(old.values()) & set(new.values())

    def test_a_digest_is_of_the_version_that_was_seen(self, storage: Storage) -> None:
        """What is recorded as agreed must be the version that was compared."""
        computing = offered(storage, Digests)
        version = put(storage, "file", b"bytes").version
        algorithm = next(iter(self._all(storage, "file")))
        right = hashlib.new(algorithm, b"bytes", usedforsecurity=False).hexdigest()
        assert computing.digest("file", algorithm, version=version) == right
        with pytest.raises(VersionMismatch):
            computing.digest("file", algorithm, version="never-was")

    def test_a_digest_of_what_is_absent_is_not_found(self, storage: Storage) -> None:
        """Deleted since the plan."""
        computing = offered(storage, Digests)
        put(storage, "file", b"bytes")
        for algorithm in self._all(storage, "file"):
            with pytest.raises(NotFound):
                computing.digest("no/such/file", algorithm)

    def test_an_unknown_algorithm_is_refused_in_our_words(self, storage: Storage) -> None:
        """A digest of another kind than was asked for would never compare equal."""
        computing = offered(storage, Digests)
        put(storage, "file", b"bytes")
        with pytest.raises(StorageError):
            computing.digest("file", "no-such-algorithm")

    def _all(self, storage: Storage, key: str) -> dict[str, str]:
        """Those of our algorithms that the store computes; it refuses the others."""
        computing = offered(storage, Digests)
        computed = {}
        for algorithm in digests.ALGORITHMS:
            try:
                computed[algorithm] = computing.digest(key, algorithm)
            except StorageError:
                continue
        return computed


class DigestsOfMany(Kit):
    def test_digests_told_together_are_each_of_its_own_bytes(self, storage: Storage) -> None:
        """One row too many or too few, and each file would be compared with its neighbour's."""
        crowd = {f"{folder}/{n}": content(n, seed=n) for folder in "ab" for n in (0, 5, 3_000)}
        versions = [(key, put(storage, key, data).version) for key, data in crowd.items()]
        told = offered(storage, DigestsTogether).digests_together(versions, _BOTH)
        right = [{name: digests.of(data, name) for name in _BOTH} for data in crowd.values()]
        assert len(told) == len(right)
        assert [known or mine for known, mine in zip(told, right, strict=True)] == right

    def test_only_the_version_that_was_seen_has_a_digest_together(self, storage: Storage) -> None:
        """What was written since is another version, and what is gone has none."""
        versions = [(key, put(storage, key, b"old bytes").version) for key in ("a", "b", "c")]
        put(storage, "a", b"new bytes")
        storage.delete("b")
        told = offered(storage, DigestsTogether).digests_together(versions, _BOTH)
        assert list(told[:2]) == [None, None]
        assert told[2] in (None, {name: digests.of(b"old bytes", name) for name in _BOTH})

    def test_who_asks_for_nothing_together_is_told_nothing(self, storage: Storage) -> None:
        """Mostly there is nothing to prove."""
        assert not offered(storage, DigestsTogether).digests_together([], _BOTH)


class ManyDeletes(Kit):
    def test_more_than_a_thousand_objects_are_deleted_at_once(self, storage: Storage) -> None:
        """Services take a thousand at a time, and the rest of the list is easily dropped."""
        deleting = offered(storage, DeletesMany)
        crowd = sorted(f"crowd/{number}" for number in range(self.many))
        fill(storage, [*crowd, "crowd", "crowd0"] if storage.traits.flat else [*crowd, "crowd0"])
        assert deleting.delete_many(crowd) == {}
        assert names(storage) == (["crowd", "crowd0"] if storage.traits.flat else ["crowd0"])

    def test_missing_keys_in_a_list_are_fine(self, storage: Storage) -> None:
        """Deleting is idempotent, also in bulk."""
        deleting = offered(storage, DeletesMany)
        put(storage, "here", b"bytes")
        put(storage, "stays", b"bytes")
        assert deleting.delete_many(["gone", "here", "no/such/file", "here"]) == {}
        assert names(storage) == ["stays"]

    def test_an_empty_list_deletes_nothing(self, storage: Storage) -> None:
        """Services refuse an empty list, or take it for all."""
        deleting = offered(storage, DeletesMany)
        put(storage, "file", b"bytes")
        assert deleting.delete_many([]) == {}
        assert names(storage) == ["file"]

    def test_deletes_in_bulk_spare_all_that_begins_alike(self, storage: Storage) -> None:
        """A folder's name takes nothing along, and a prefix is no pattern."""
        deleting = offered(storage, DeletesMany)
        for key in ("a/b", "ab", "b", "b!", "bb"):
            put(storage, key, b"bytes")
        # A store may call `a` impossible here, but must not delete what is below.
        deleting.delete_many(["a", "b", "a/"])
        assert names(storage) == ["a/b", "ab", "b!", "bb"]

    def test_awkward_keys_are_deleted_in_bulk(self, storage: Storage) -> None:
        """The list travels as XML or JSON, with rules of its own for quoting."""
        deleting = offered(storage, DeletesMany)
        awkward = coexisting(list(AWKWARD.values()), storage.traits)
        for key in awkward:
            put(storage, key, b"bytes")
        put(storage, "zz-stays", b"bytes")
        assert deleting.delete_many(awkward) == {}
        assert names(storage) == ["zz-stays"]


class Urls(Kit):
    @cases_of(AWKWARD)
    def test_an_address_names_its_object(self, storage: Storage, key: str) -> None:
        """A `#` or `?` that is not quoted leads to another object."""
        addresses = offered(storage, GivesUrls)
        holds(storage, key)
        put(storage, key, b"bytes")
        parts = urlsplit(addresses.url(key))
        found = self.visited(parts.geturl())
        assert parts.scheme
        assert found == b"bytes" or (found is None and unquote(parts.path).endswith(f"/{key}"))
        assert not parts.fragment
        assert parts.geturl().isascii()
        assert " " not in parts.geturl()

    def test_two_objects_have_two_addresses(self, storage: Storage) -> None:
        """Names that are quoted into one would show one file as the other."""
        addresses = offered(storage, GivesUrls)
        tricky = coexisting(["a b", "a+b", "a%20b", "a%2520b", "c/d", "c%2Fd"], storage.traits)
        for key in tricky:
            put(storage, key, b"bytes")
        assert len({addresses.url(key) for key in tricky}) == len(tricky)

    def test_an_address_that_expires_is_given_or_refused(self, storage: Storage) -> None:
        """An address for ever where one for an hour was asked for is a leak."""
        addresses = offered(storage, GivesUrls)
        put(storage, "file", b"bytes")
        plain = addresses.url("file")
        try:
            signed = addresses.url("file", expires=timedelta(hours=1))
        except StorageError:
            return
        assert signed != plain
        assert unquote(urlsplit(signed).path).endswith("/file")

    def test_an_address_of_an_impossible_key_is_no_riddle(self, storage: Storage) -> None:
        """Quoting fails in words of its own."""
        addresses = offered(storage, GivesUrls)
        with pytest.raises((InvalidKey, NotFound)):
            addresses.url("half\ud800")


class Identities(Kit):
    def test_an_identity_stays_once_it_is_given(self, storage: Storage) -> None:
        """Another name at the next run looks like another bucket, and stops it."""
        identifying = offered(storage, Identifies)
        identity = identifying.identity(create=True)
        assert identity
        assert identifying.identity(create=True) == identity
        put(storage, "file", b"bytes")
        storage.delete("file")
        assert identifying.identity() == identity

    def test_asking_for_an_identity_gives_none(self, storage: Storage) -> None:
        """A dry run writes nothing, not even a name tag."""
        identifying = offered(storage, Identifies)
        first = identifying.identity()
        assert identifying.identity() == first
        assert names(storage) == []
        created = identifying.identity(create=True)
        assert first in (None, created)

    def test_an_identity_is_no_object_of_the_users(self, storage: Storage) -> None:
        """Where it is kept in the bucket it must not travel to the other side."""
        offered(storage, Identifies).identity(create=True)
        assert [key for key in names(storage) if not keys.is_ours(key)] == []

    def test_racing_creators_agree_on_one_identity(self, storage: Storage) -> None:
        """Two devices meet a new bucket at the same time."""
        identifying = offered(storage, Identifies)
        given = together([lambda: identifying.identity(create=True)] * self.racers)
        assert len(set(given)) == 1, given

    def test_an_identity_outlives_the_storage(self, storage: Storage) -> None:
        """It is compared in the next run."""
        identity = offered(storage, Identifies).identity(create=True)
        storage.close()
        again = self.reopen()
        if again is None:
            pytest.skip("the kit's subclass offers no way to reopen the store")
        try:
            assert offered(again, Identifies).identity() == identity
        finally:
            again.close()
