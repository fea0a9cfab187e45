from __future__ import annotations

import os
import threading
import tracemalloc
from collections import defaultdict
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buckia.model import Agreed, Forgotten, SideName, Skipped
from buckia.state import scratch
from buckia.state.seam import StateError
from buckia.state.spill import CHUNK, FoldIndex, Spill


class Copy(msgspec.Struct, frozen=True, tag=True):
    key: str
    side: SideName
    digests: dict[str, str]


class Delete(msgspec.Struct, frozen=True, tag=True):
    key: str
    size: int | None = None


def row(number: int) -> Agreed:
    return Agreed(f"images/2024/IMG_{number:08d}.jpg", f"l{number}", f"r{number}", number, "")


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, CHUNK, CHUNK + 1, 5 * CHUNK + 7])
def test_items_come_back_in_order_and_as_often_as_asked(tmp_path: Path, count: int) -> None:
    with Spill[Agreed](Agreed, tmp_path, limit=100) as spill:
        spill.extend(row(n) for n in range(count))
        assert len(spill) == count
        assert bool(spill) == bool(count)
        for _ in range(2):
            assert list(spill) == [row(n) for n in range(count)]


def test_little_stays_in_memory_and_makes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buckia.state.spill.Scratch", None)
    with Spill[Agreed](Agreed, tmp_path / "nowhere") as spill:
        spill.extend(row(n) for n in range(50_000))
        assert len(list(spill)) == 50_000


def test_items_of_several_kinds_come_back_as_they_were(tmp_path: Path) -> None:
    items = [
        Copy(f"{n}", SideName.RIGHT, {"md5": "x"}) if n % 3 else Delete(f"{n}", n or None)
        for n in range(3 * CHUNK)
    ]
    with Spill[Copy | Delete](Copy | Delete, tmp_path, limit=5) as spill:
        spill.extend(items)
        assert list(spill) == items


def test_a_name_that_is_not_unicode_comes_back_as_it_was(tmp_path: Path) -> None:
    items = [Skipped(f"{n}\udcff", "the name is not valid Unicode") for n in range(2 * CHUNK)]
    with Spill[Skipped](Skipped, tmp_path, limit=5) as spill:
        spill.extend(items)
        assert list(spill) == items


def test_an_iteration_gives_what_was_there_when_it_began(tmp_path: Path) -> None:
    with Spill[Agreed](Agreed, tmp_path, limit=5) as spill:
        spill.extend(row(n) for n in range(CHUNK + 5))
        running = iter(spill)
        seen = [next(running)]
        spill.extend(row(n) for n in range(3 * CHUNK))
        seen += running
        assert seen == [row(n) for n in range(CHUNK + 5)]


def test_many_threads_append_and_nothing_is_lost(tmp_path: Path) -> None:
    with Spill[Forgotten](Forgotten, tmp_path, limit=100) as spill:

        def work(thread: int) -> None:
            for n in range(2000):
                spill.append(Forgotten(f"{thread}-{n}"))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(spill) == 16_000
        assert len({item.key for item in spill}) == 16_000


def test_250_000_items_take_little_memory_to_keep_and_to_read(tmp_path: Path) -> None:
    count = 250_000
    with Spill[Agreed](Agreed, tmp_path, limit=10_000) as spill:
        tracemalloc.start()
        spill.extend(row(n) for n in range(count))
        assert len(spill) == count
        assert sum(item.size for item in spill) == sum(range(count))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    # Ten thousand take some four megabytes, all of them a hundred.
    assert peak < 15_000_000


def test_the_scratch_file_is_private_and_gone_after_closing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed: list[int] = []
    unlink = Path.unlink

    def seen(path: Path, missing_ok: bool = False) -> None:
        if path.exists():
            removed.append(path.stat().st_mode & 0o777)
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", seen)
    previous = os.umask(0)
    try:
        with Spill[Agreed](Agreed, tmp_path, limit=5) as spill:
            spill.extend(row(n) for n in range(CHUNK + 5))
    finally:
        os.umask(previous)
    assert removed == [0o600]
    assert list(tmp_path.iterdir()) == []
    spill.close()
    assert list(spill) == []


def test_without_a_folder_the_scratch_file_goes_to_the_systems_place() -> None:
    with Spill[Agreed](Agreed, limit=5) as spill:
        spill.extend(row(n) for n in range(CHUNK + 5))
        assert len(list(spill)) == CHUNK + 5


def test_a_scratch_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with (
        Spill[Agreed](Agreed, tmp_path / "nowhere", limit=5) as spill,
        pytest.raises(StateError, match="could not be written"),
    ):
        spill.extend(row(n) for n in range(CHUNK + 5))


def test_leftovers_of_killed_runs_are_swept(tmp_path: Path) -> None:
    (tmp_path / "scratch-abc.sqlite").write_bytes(b"left")
    (tmp_path / "base.sqlite").write_bytes(b"kept")
    scratch.sweep(tmp_path)
    scratch.sweep(tmp_path / "nowhere")
    assert [path.name for path in tmp_path.iterdir()] == ["base.sqlite"]


# Names that collide


def collisions(pairs: list[tuple[str, str]], limit: int) -> list[tuple[str, list[str]]]:
    with FoldIndex(limit=limit) as index:
        for folded, key in pairs:
            index.add(folded, key)
        found = list(index.collisions())
        assert list(index.collisions()) == found
    return found


names = st.text("aAbB\x00é", max_size=2)


@pytest.mark.parametrize("limit", [2, 1000])
@settings(max_examples=30, deadline=None)
@given(keys=st.lists(names))
def test_exactly_the_names_that_collide_are_found(limit: int, keys: list[str]) -> None:
    groups = defaultdict(set)
    for key in keys:
        groups[key.casefold()].add(key)
    expected = sorted((name, sorted(group)) for name, group in groups.items() if len(group) > 1)
    assert collisions([(key.casefold(), key) for key in keys], limit) == expected


def test_many_collisions_come_in_order_and_in_full() -> None:
    names = [f"{n:05d}{end}" for n in range(CHUNK) for end in ("", " ", "  ")]
    found = collisions([(name, name + end) for end in "ab" for name in names], 500)
    assert found == [(name, [name + "a", name + "b"]) for name in names]


def test_100_000_names_take_little_memory() -> None:
    tracemalloc.start()
    with FoldIndex(limit=5000) as index:
        for n in range(100_000):
            index.add(f"folder/name-{n:06d}", f"Folder/Name-{n:06d}")
        index.add("folder/name-000500", "folder/name-000500")
        found = list(index.collisions())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == [("folder/name-000500", ["Folder/Name-000500", "folder/name-000500"])]
    assert peak < 5_000_000
