"""Objects of which short sums are known: they are those of the bytes, and of no other version."""

from __future__ import annotations

import pytest

from buckia import digests, pieces
from buckia.errors import NotFound, VersionMismatch
from buckia.pieces import Pieces, TellsPieces
from buckia.protocols import ReadsRanges, Storage
from buckia.testing.kit import Kit
from buckia.testing.steps import content, offered, put


class TellingPieces(Kit):
    def test_the_sums_that_are_told_are_those_of_the_bytes(self, storage: Storage) -> None:
        """Pieces that seem equal and are not cost a transfer; those that seem to differ, too."""
        data = content(self.large)
        told = _told(storage, "file", data)
        assert told.total == len(data)
        assert told.sums == digests.of(data, pieces.algorithm(told.size))

    def test_sums_are_told_beside_a_digest_of_the_whole(self, storage: Storage) -> None:
        """They prove nothing themselves, so what is made by them could not be trusted."""
        data = content(self.large)
        told = _told(storage, "file", data)
        version = storage.stat("file").version
        ranges = offered(storage, ReadsRanges)
        with ranges.read_range("file", 0, told.size, version=version) as reading:
            assert digests.computable(reading.entry.digests)

    def test_the_sums_of_a_past_version_are_not_told(self, storage: Storage) -> None:
        """Ranges of one version by the sums of another make a file that nobody ever had."""
        old = put(storage, "file", content(self.large, 1)).version
        _told(storage, "file", content(self.large, 2))
        with pytest.raises(VersionMismatch):
            offered(storage, TellsPieces).pieces("file", version=old)

    def test_the_sums_of_what_is_absent_are_not_found(self, storage: Storage) -> None:
        """Deleted since the plan; the caller plans again."""
        version = put(storage, "file", content(self.large)).version
        _told(storage, "other", content(self.large))
        storage.delete("file")
        with pytest.raises(NotFound):
            offered(storage, TellsPieces).pieces("file", version=version)


def _told(storage: Storage, key: str, data: bytes) -> Pieces:
    """Written and asked for; a case is skipped where none are kept of this size."""
    version = put(storage, key, data).version
    told = offered(storage, TellsPieces).pieces(key, version=version)
    if told is None:
        pytest.skip("no sums are kept of an object of this size")
    return told
