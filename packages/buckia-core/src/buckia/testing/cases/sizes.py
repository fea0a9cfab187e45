"""What goes in comes out: from nothing at all to what must be sent in parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from buckia.body import CHUNK, FileBody, StoredBody
from buckia.protocols import Storage
from buckia.testing.bodies import OddBody
from buckia.testing.kit import Kit
from buckia.testing.steps import body, content, get, names, put, same

SIZES = (0, 1, 2, 1_023, 65_536, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 7)


class Sizes(Kit):
    @pytest.mark.parametrize("size", SIZES)
    def test_an_object_of_any_size_comes_back_byte_for_byte(
        self, storage: Storage, size: int
    ) -> None:
        """Sizes at which buffers and chunks begin and end are where bytes get lost."""
        data = content(size)
        put(storage, "file.bin", data)
        same(get(storage, "file.bin"), data)

    def test_a_large_object_comes_back_byte_for_byte(self, storage: Storage) -> None:
        """Beyond some size a service wants parts, and their order and last one must be right."""
        data = content(self.large)
        entry = put(storage, "clip.mp4", data)
        assert entry.size == len(data)
        same(get(storage, "clip.mp4"), data)

    def test_every_byte_value_survives(self, storage: Storage) -> None:
        """A text mode or a charset anywhere on the way changes bytes."""
        data = bytes(range(256)) * 2 + b"\r\n\n\r\x00\x1a\xff\xfe"
        put(storage, "bytes", data)
        same(get(storage, "bytes"), data)

    def test_a_reading_can_be_read_in_small_pieces(self, storage: Storage) -> None:
        """Bodies are read by size, and a piece may be shorter than asked but never lost."""
        data = content(10_000)
        put(storage, "file", data)
        taken = bytearray()
        with storage.read("file") as reading:
            while piece := reading.read(7 + len(taken) % 701):
                taken += piece
        same(bytes(taken), data)

    def test_a_reading_never_gives_more_than_was_asked(self, storage: Storage) -> None:
        """A caller that limits memory or bandwidth counts on the size it names."""
        put(storage, "file", content(5_000))
        with storage.read("file") as reading:
            while piece := reading.read(100):
                assert len(piece) <= 100

    def test_a_reading_goes_on_where_it_was_left(self, storage: Storage) -> None:
        """Reading a head and then iterating over the rest is how formats are recognised."""
        data = content(300_000)
        put(storage, "file", data)
        with storage.read("file") as reading:
            head = reading.read(10)
            rest = b"".join(reading)
        same(head + rest, data)

    def test_a_reading_at_its_end_gives_nothing_more(self, storage: Storage) -> None:
        """Loops end at the empty piece; a store that starts over never lets them end."""
        put(storage, "file", b"abc")
        with storage.read("file") as reading:
            assert reading.read() == b"abc"
            assert reading.read() == b""
            assert reading.read(5) == b""
            assert list(reading) == []

    def test_a_reading_may_be_closed_twice(self, storage: Storage) -> None:
        """Error paths close what a context manager closes again."""
        put(storage, "file", content(1_000))
        reading = storage.read("file")
        reading.read(10)
        reading.close()
        reading.close()
        assert len(get(storage, "file")) == 1_000

    def test_two_readings_of_one_object_do_not_disturb_each_other(self, storage: Storage) -> None:
        """Two threads download the same object for two roots."""
        data = content(700_000)
        put(storage, "file", data)
        with storage.read("file") as one, storage.read("file") as other:
            first = one.read(1_000)
            same(b"".join(other), data)
            same(first + b"".join(one), data)

    @pytest.mark.parametrize("size", [0, 3, 5_000])
    def test_an_overwrite_replaces_the_whole_object(self, storage: Storage, size: int) -> None:
        """Bytes of the longer old object behind the new ones would be a mixture of two files."""
        put(storage, "file", content(400_000, 1))
        put(storage, "file", content(size, 2))
        same(get(storage, "file"), content(size, 2))
        assert storage.stat("file").size == size

    def test_two_objects_do_not_mix(self, storage: Storage) -> None:
        """A buffer that is shared between writes shows the last one everywhere."""
        put(storage, "one", b"1" * 1_000)
        put(storage, "two", b"2" * 1_000)
        put(storage, "folder/one", b"3" * 1_000)
        found = [get(storage, key)[:1] for key in ("one", "two", "folder/one")]
        assert found == [b"1", b"2", b"3"]

    def test_a_body_that_is_a_file_arrives(self, storage: Storage, tmp_path: Path) -> None:
        """A provider may hand the file to its SDK, which must not leave its last block behind."""
        file = tmp_path / "upload.bin"
        data = content(600_001)
        file.write_bytes(data)
        entry = storage.write("upload.bin", FileBody(path=file, size=len(data)))
        assert entry.size == len(data)
        same(get(storage, "upload.bin"), data)
        same(file.read_bytes(), data)

    def test_a_body_may_give_short_pieces(self, storage: Storage) -> None:
        """A socket gives less than was asked for long before its end."""
        data = content(3_001)
        storage.write("file", OddBody(data, step=13))
        same(get(storage, "file"), data)

    def test_a_body_can_be_written_twice(self, storage: Storage) -> None:
        """A retry, or a second target, opens the same body again."""
        twice = body(content(100_000))
        storage.write("one", twice)
        storage.write("two", twice)
        same(get(storage, "one"), get(storage, "two"), twice.data)

    def test_an_object_can_be_written_while_another_is_read(self, storage: Storage) -> None:
        """Between two buckets a download is the upload's body; they may even be one bucket."""
        data = content(500_000)
        entry = put(storage, "from", data)
        storage.write("to", StoredBody(storage=storage, key="from", entry=entry))
        same(get(storage, "to"), data)
        assert names(storage) == ["from", "to"]
