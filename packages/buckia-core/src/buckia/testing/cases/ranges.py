"""A part of an object, exactly; downloads go on with them where they broke off."""

from __future__ import annotations

import pytest

from buckia.errors import NotFound, VersionMismatch
from buckia.protocols import ReadsRanges, Storage
from buckia.testing.kit import Kit
from buckia.testing.steps import all_of, content, is_still, offered, put, same

SIZE = 600_000
RANGES = {
    "the start": (0, 100),
    "one byte": (12_345, 1),
    "the middle": (300_000, 1_000),
    "over a chunk's end": (262_100, 200),
    "all": (0, SIZE),
    "the end": (SIZE - 100, 100),
    "the last byte": (SIZE - 1, 1),
    "beyond the end": (SIZE - 10, 1_000),
    "from the end on": (SIZE, 10),
    "behind the end": (SIZE + 500, 10),
    "more than all": (0, SIZE * 10),
    "nothing": (100, 0),
    "nothing at the start": (0, 0),
}


class Ranges(Kit):
    @pytest.mark.parametrize(("start", "length"), RANGES.values(), ids=RANGES.keys())
    def test_a_range_gives_exactly_its_bytes(
        self, storage: Storage, start: int, length: int
    ) -> None:
        """One byte too many or too few, and the pieces of a download do not fit."""
        ranges = offered(storage, ReadsRanges)
        data = content(SIZE)
        put(storage, "file", data)
        same(all_of(ranges.read_range("file", start, length)), data[start : start + length])

    def test_ranges_put_together_are_the_object(self, storage: Storage) -> None:
        """A download in parts is the same file as one in a single piece."""
        ranges = offered(storage, ReadsRanges)
        data = content(100_003)
        put(storage, "file", data)
        parts = [
            all_of(ranges.read_range("file", start, 9_999)) for start in range(0, 100_003, 9_999)
        ]
        same(b"".join(parts), data)

    def test_the_entry_of_a_range_is_the_whole_objects(self, storage: Storage) -> None:
        """Size and version are compared with what the listing said."""
        ranges = offered(storage, ReadsRanges)
        put(storage, "file", content(1_000))
        with ranges.read_range("file", 10, 20) as reading:
            assert reading.entry.key == "file"
            assert reading.entry.size == 1_000
            assert is_still(storage, "file", reading.entry.version)
            assert len(reading.read()) == 20

    def test_a_range_of_the_present_version_is_given(self, storage: Storage) -> None:
        """All parts of a download name the version that was planned."""
        ranges = offered(storage, ReadsRanges)
        version = put(storage, "file", content(1_000)).version
        part = all_of(ranges.read_range("file", 500, 10, version=version))
        same(part, content(1_000)[500:510])

    def test_a_range_of_a_past_version_never_gives_other_bytes(self, storage: Storage) -> None:
        """Parts of two versions make a file that nobody ever had."""
        ranges = offered(storage, ReadsRanges)
        old = put(storage, "file", content(1_000, 1)).version
        put(storage, "file", content(1_000, 2))
        try:
            part = all_of(ranges.read_range("file", 500, 10, version=old))
        except VersionMismatch:
            return
        # A store that keeps versions may still have it.
        same(part, content(1_000, 1)[500:510])

    def test_a_range_of_an_unknown_version_is_refused(self, storage: Storage) -> None:
        """A store that ignores the version gives whatever is there now."""
        ranges = offered(storage, ReadsRanges)
        put(storage, "file", content(1_000))
        with pytest.raises(VersionMismatch):
            all_of(ranges.read_range("file", 0, 10, version="never-was"))

    def test_a_range_of_an_empty_object_is_empty(self, storage: Storage) -> None:
        """Services answer this one with an error of its own."""
        ranges = offered(storage, ReadsRanges)
        put(storage, "empty", b"")
        assert all_of(ranges.read_range("empty", 0, 10)) == b""
        assert all_of(ranges.read_range("empty", 5, 10)) == b""

    def test_a_range_of_what_is_absent_is_not_found(self, storage: Storage) -> None:
        """Deleted since the plan; the caller plans again."""
        ranges = offered(storage, ReadsRanges)
        for length in (0, 10):
            with pytest.raises(NotFound):
                all_of(ranges.read_range("no/such/file", 0, length))
