"""A write is whole or it never was: bodies break off, lie, or are not what was promised."""

from __future__ import annotations

import hashlib

import pytest

from buckia.errors import Corrupted, StorageError
from buckia.protocols import Storage
from buckia.testing.bodies import OddBody
from buckia.testing.kit import Kit
from buckia.testing.steps import content, get, is_absent, is_still, names, put, same

OLD = b"the old object"
TRACELESS = pytest.mark.parametrize("existing", [True, False], ids=["over an object", "anew"])


class LostDisk(Exception):
    """What a body raises here: no store knows it, so none can expect it."""


class Uploads(Kit):
    @TRACELESS
    def test_a_body_that_breaks_leaves_what_was_there(
        self, storage: Storage, existing: bool
    ) -> None:
        """The source of an upload vanishes half-way: a pulled USB disk, a lost connection."""
        broken = OddBody(content(150_000), size=300_000, error=LostDisk("gone"))
        self._refused(storage, broken, existing=existing)

    @TRACELESS
    def test_a_large_body_that_breaks_leaves_what_was_there(
        self, storage: Storage, existing: bool
    ) -> None:
        """Parts that arrived must not be put together, nor lie about as an object."""
        broken = OddBody(content(self.large * 3 // 4), size=self.large, error=LostDisk("gone"))
        self._refused(storage, broken, existing=existing)

    @TRACELESS
    def test_a_body_that_cannot_begin_leaves_what_was_there(
        self, storage: Storage, existing: bool
    ) -> None:
        """A file that was removed since the scan must not become an empty object."""
        self._refused(storage, OddBody(b"", size=10, error=LostDisk("gone")), existing=existing)

    @TRACELESS
    @pytest.mark.parametrize("size", [3, 299_999])
    def test_a_body_shorter_than_its_size_leaves_what_was_there(
        self, storage: Storage, existing: bool, size: int
    ) -> None:
        """A file that shrank while it was read is no version that anybody ever had."""
        self._refused(storage, OddBody(content(size), size=size + 1), existing=existing)

    @TRACELESS
    @pytest.mark.parametrize("size", [0, 3, 300_000])
    def test_a_body_longer_than_its_size_leaves_what_was_there(
        self, storage: Storage, existing: bool, size: int
    ) -> None:
        """A file that grew while it was read would be stored without its end."""
        self._refused(storage, OddBody(content(size + 1), size=size), existing=existing)

    @TRACELESS
    def test_a_body_with_a_wrong_digest_is_refused(self, storage: Storage, existing: bool) -> None:
        """A store that believes a digest without looking lists it for bytes it is not of."""
        for algorithm in sorted({"sha256", *storage.traits.digests} & hashlib.algorithms_available):
            wrong = hashlib.new(algorithm, b"other bytes", usedforsecurity=False).hexdigest()
            body = OddBody(b"these bytes", digests={algorithm: wrong})
            self._refused(storage, body, existing=existing, error=Corrupted)

    def test_a_body_with_a_right_digest_is_taken(self, storage: Storage) -> None:
        """Comparing with the wrong spelling, or with the wrong bytes, would stop every upload."""
        data = content(70_000)
        digests = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        }
        storage.write("file", OddBody(data, digests=digests))
        same(get(storage, "file"), data)

    def test_an_interrupted_write_leaves_what_was_there(self, storage: Storage) -> None:
        """Ctrl-C is no `Exception`; a clean-up that waits for one never runs."""
        put(storage, "file", OLD)
        body = OddBody(content(150_000), size=300_000, error=KeyboardInterrupt())
        with pytest.raises((KeyboardInterrupt, StorageError)):
            storage.write("file", body)
        assert names(storage) == ["file"]
        assert get(storage, "file") == OLD

    def test_a_broken_body_reports_its_own_error_or_one_of_ours(self, storage: Storage) -> None:
        """A source's failure must not turn into a vendor's riddle on its way through the store."""
        error = LostDisk("gone")
        with pytest.raises((LostDisk, StorageError)) as caught:
            storage.write("file", OddBody(content(1_000), size=300_000, error=error))
        assert caught.value is error or isinstance(caught.value, StorageError)

    def test_a_failed_write_can_be_tried_again(self, storage: Storage) -> None:
        """The same body, once its source is back; nothing of the first try may be in the way."""
        body = OddBody(content(300_000), size=300_000, error=LostDisk("gone"))
        body.data = content(300_000)[:150_000]
        with pytest.raises((LostDisk, StorageError)):
            storage.write("file", body)
        body.data, body.error = content(300_000), None
        assert storage.write("file", body).size == 300_000
        same(get(storage, "file"), content(300_000))

    @pytest.mark.parametrize("outcome", ["written", "broken", "too short", "too long"])
    def test_the_source_of_a_body_is_closed(self, storage: Storage, outcome: str) -> None:
        """Every source is a file handle or a connection, and there are thousands in a run."""
        body = {
            "written": OddBody(content(1_000)),
            "broken": OddBody(content(1_000), size=2_000, error=LostDisk("gone")),
            "too short": OddBody(content(1_000), size=2_000),
            "too long": OddBody(content(2_000), size=1_000),
        }[outcome]
        if outcome == "written":
            storage.write("file", body)
        else:
            with pytest.raises((LostDisk, StorageError)):
                storage.write("file", body)
        assert body.opened >= 1
        assert body.closed == body.opened

    def _refused(
        self,
        storage: Storage,
        body: OddBody,
        *,
        existing: bool,
        error: type[StorageError] = StorageError,
    ) -> None:
        """The write fails, and there is nothing that was not there before."""
        if existing:
            version = put(storage, "folder/file", OLD).version
        with pytest.raises((LostDisk, error)):
            storage.write("folder/file", body)
        if existing:
            assert get(storage, "folder/file") == OLD
            assert is_still(storage, "folder/file", version)
        else:
            assert is_absent(storage, "folder/file")
        assert names(storage) == (["folder/file"] if existing else [])
