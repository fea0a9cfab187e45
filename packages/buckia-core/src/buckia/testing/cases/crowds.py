"""Many threads at once: each call is whole, whatever happens beside it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from buckia.errors import NotFound, StorageError
from buckia.protocols import Entry, Storage
from buckia.testing.kit import Kit
from buckia.testing.steps import (
    Footprint,
    all_of,
    coexisting,
    content,
    get,
    is_still,
    names,
    put,
    raised,
    returned,
    same,
    together,
    watched,
)


class Crowds(Kit):
    def test_many_threads_write_different_keys(self, storage: Storage) -> None:
        """A connection or a buffer that two threads share sends one file's bytes as another's."""

        def worker(number: int) -> Callable[[], None]:
            def work() -> None:
                for turn in range(5):
                    key, data = f"worker-{number}/{turn}", content(2_000 + turn, number)
                    entry = put(storage, key, data)
                    assert (entry.key, entry.size) == (key, len(data))
                    same(get(storage, key), data)

            return work

        for error in raised(together([worker(number) for number in range(self.racers)])):
            raise error
        expected = [f"worker-{number}/{turn}" for number in range(self.racers) for turn in range(5)]
        assert names(storage) == sorted(expected)

    def test_many_threads_write_one_key(self, storage: Storage) -> None:
        """The last one wins, whole; each is told of the bytes that it wrote itself."""
        bodies = [content(20_000 + number, number) for number in range(self.racers)]

        def writer(data: bytes) -> Callable[[], Entry]:
            return lambda: put(storage, "file", data)

        entries = together([writer(data) for data in bodies])
        for error in raised(entries):
            raise error
        assert [entry.size for entry in returned(entries)] == [len(data) for data in bodies]
        final = get(storage, "file")
        assert final in bodies
        winner = returned(entries)[bodies.index(final)]
        assert is_still(storage, "file", winner.version)
        assert names(storage) == ["file"]

    def test_readers_see_whole_objects_while_they_are_overwritten(self, storage: Storage) -> None:
        """No instant without the object, and none with half of it."""
        bodies = [content(30_000 + number, number) for number in range(6)]
        put(storage, "file", bodies[0])

        def write() -> None:
            for data in bodies * 3:
                put(storage, "file", data)

        def look() -> None:
            try:
                reading = storage.read("file")
                data = all_of(reading)
            except NotFound:
                raise
            except StorageError:
                # Noticed that it was overwritten meanwhile, and said so.
                return
            assert data in bodies
            assert reading.entry.size == len(data)

        watched([write], look)
        assert get(storage, "file") == bodies[-1]

    def test_stat_never_misses_an_object_that_is_overwritten(self, storage: Storage) -> None:
        """A replacement by delete and create shows a deletion to whoever looks in between."""
        put(storage, "file", b"0")

        def write() -> None:
            for turn in range(30):
                put(storage, "file", b"x" * (turn % 7 + 1))

        def look() -> None:
            assert 1 <= storage.stat("file").size <= 7

        watched([write], look)

    def test_many_threads_delete_one_key(self, storage: Storage) -> None:
        """All but one find nothing there, which is fine."""
        put(storage, "file", b"bytes")
        put(storage, "other", b"bytes")
        calls = [lambda: storage.delete("file")] * self.racers
        for error in raised(together(calls)):
            raise error
        assert names(storage) == ["other"]

    def test_threads_that_fill_and_empty_folders_do_not_collide(self, storage: Storage) -> None:
        """A folder that one thread empties is the one in which another begins a file."""

        def worker(number: int) -> Callable[[], None]:
            def work() -> None:
                for turn in range(15):
                    key = f"shared/folder/{number}-{turn}"
                    put(storage, key, b"bytes")
                    assert get(storage, key) == b"bytes"
                    storage.delete(key)

            return work

        for error in raised(together([worker(number) for number in range(4)])):
            raise error
        assert names(storage) == []

    def test_many_threads_list_at_once(self, storage: Storage) -> None:
        """A position that two listings share makes both skip, and what is skipped looks deleted."""
        keys = [f"folder-{number % 3}/{number:02}" for number in range(30)]
        for key in keys:
            put(storage, key, b"bytes")

        def look() -> None:
            for _ in range(10):
                assert names(storage) == sorted(keys)

        for error in raised(together([look] * self.racers)):
            raise error

    def test_an_abandoned_reading_leaks_nothing(self, storage: Storage) -> None:
        """Downloads that were broken off must give their connections back."""
        put(storage, "file", content(600_000))

        def abandon() -> None:
            reading = storage.read("file")
            reading.read(10)
            reading.close()
            with storage.read("file") as unread:
                assert unread.entry.size == 600_000

        abandon()
        before = Footprint()
        for _ in range(40):
            abandon()
        assert before.growth() < 20
        same(get(storage, "file"), content(600_000))

    def test_failures_leak_nothing(self, storage: Storage) -> None:
        """A missing object is asked for thousands of times in a run."""

        def fail() -> None:
            with pytest.raises(NotFound):
                storage.stat("missing")
            with pytest.raises(NotFound):
                get(storage, "missing")

        fail()
        before = Footprint()
        for _ in range(40):
            fail()
        assert before.growth() < 20

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_a_random_history_ends_as_a_dict_would(self, storage: Storage, seed: int) -> None:
        """Cases that nobody thought of: after any sequence of calls, what is there is right."""
        random = Random(seed)  # noqa: S311 - it must be the same each time
        keys = coexisting(["a", "a!", "a/b", "a/c/d", "b", "B", "c%20c", "c c"], storage.traits)
        model: dict[str, bytes] = {}
        for turn in range(120):
            key = random.choice(keys)
            deed = random.choice(["write", "write", "write", "delete", "read", "list"])
            if deed == "write":
                model[key] = content(random.randrange(2_000), turn)
                put(storage, key, model[key])
            elif deed == "delete":
                model.pop(key, None)
                storage.delete(key)
            elif deed == "list":
                assert names(storage) == sorted(model)
            elif key in model:
                assert get(storage, key) == model[key]
            else:
                with pytest.raises(NotFound):
                    get(storage, key)
        assert {key: get(storage, key) for key in names(storage)} == model

    def test_close_may_be_repeated(self, storage: Storage) -> None:
        """Error paths close what a context manager closes again."""
        put(storage, "file", b"bytes")
        storage.close()
        storage.close()

    def test_an_unused_store_can_be_closed(self, storage: Storage) -> None:
        """A run that is refused before it begins opened its stores for nothing."""
        storage.close()
        storage.close()
