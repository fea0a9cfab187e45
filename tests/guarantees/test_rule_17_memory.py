"""Memory does not grow with the size of a file, nor with the number of files that are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from buckia.errors import Unavailable
from buckia.state.scratch import Scratch
from buckia.state.spill import Spill
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import At, Breaks, Pauses
from tests.guarantees.processes import Folders
from tests.guarantees.stage import OLD, Stage, put

MIB = 1 << 20
SLACK = 8 * MIB
"""What two runs of the same work differ by; eight thousand files held in memory are more."""
CACHE = 8 * MIB
"""What the database of the state may hold in memory, however large it grows."""


def peak(folders: Folders, **how: object) -> int:
    told = folders.sync(**how)
    assert told["exit_code"] == 0
    assert told["failed"] == []
    if told["peak"] is None:
        pytest.skip("this system does not tell how much memory a process had")
    found: int = told["peak"]
    return found


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


@pytest.fixture
def little(tmp_path: Path) -> int:
    """The memory of a sync that does one of each kind, of hardly any size."""
    folders = Folders(tmp_path / "little")
    put(folders.root / "up", "up")
    put(folders.bucket / "down", "down")
    return peak(folders)


def large(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for number in range(size // MIB):
            file.write(b"%8d" % number * (MIB // 8))


@pytest.mark.slow
def test_a_large_upload_and_a_large_download_take_no_more_memory_than_small_ones(
    folders: Folders, little: int
) -> None:
    large(folders.root / "up", 128 * MIB)
    large(folders.bucket / "down", 128 * MIB)
    assert peak(folders) < little + 24 * MIB
    assert (folders.root / "down").stat().st_size == 128 * MIB


@pytest.mark.slow
def test_a_large_version_goes_into_the_trash_without_being_held_in_memory(
    folders: Folders, little: int
) -> None:
    put(folders.root / "a", "first")
    folders.sync()
    put(folders.root / "a", "mine")
    large(folders.bucket / "a", 128 * MIB)
    assert peak(folders, conflict_resolution="local_wins") < little + 24 * MIB
    (kept,) = folders.trash()
    assert len(kept[1]) == 128 * MIB


def same(folders: Folders, count: int) -> None:
    """Both sides hold the same many files."""
    for number in range(count):
        for side in (folders.root, folders.bucket):
            path = side / f"folder {number // 200}" / f"a file with a name of some length {number}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"%d" % number)


@pytest.mark.slow
def test_files_that_are_the_same_take_no_memory(tmp_path: Path) -> None:
    few, many = Folders(tmp_path / "few"), Folders(tmp_path / "many")
    same(few, 1_000)
    same(many, 9_000)
    first = peak(few), peak(many)
    assert first[1] < first[0] + CACHE + SLACK, "while they are adopted"
    again = peak(few), peak(many)
    assert again[1] < again[0] + SLACK, "while nothing is to be done"


def test_nothing_is_written_before_the_listing_is_complete(tmp_path: Path) -> None:
    stage = Stage(tmp_path, MemoryStore(page_size=10))
    for number in range(50):
        stage.put_here(f"here/{number:02}", f"{number}")
        stage.put_there(f"there/{number:02}", f"{number}")
    seen: list[tuple[int, int]] = []

    def look(_call: object) -> None:
        seen.append((len(stage.here()), len(stage.there())))

    listings = ("scan", "scan_between")
    breaks = [At("scan", Breaks(99)), At("scan_between", Breaks(0))]
    stage.script([*breaks, *(At(operation, Pauses(look)) for operation in listings)])
    with pytest.raises(Unavailable):
        stage.sync()
    assert (len(stage.here()), len(stage.there())) == (50, 50)
    assert set(seen) == {(50, 50)}


def busy(folder: Path) -> Stage:
    """Hundreds of differences of every kind."""
    stage = Stage(folder)
    for number in range(300):
        stage.put_here(f"{number:03}", f"agreed {number}")
    stage.sync()
    for number in range(0, 300, 10):
        stage.put_here(f"{number:03}", f"here {number}")
        stage.put_there(f"{number + 1:03}", f"there {number}")
        stage.drop_here(f"{number + 2:03}")
        stage.drop_there(f"{number + 3:03}")
        (stage.root / f"{number + 4:03}").rename(stage.root / f"{number:03} renamed")
        stage.put_here(f"{number + 5:03}", f"both {number}, here", OLD)
        stage.put_there(f"{number + 5:03}", f"both {number}, there")
        stage.put_here(f"{number:03} new", f"new {number}")
    return stage


def test_a_plan_that_does_not_fit_into_memory_is_the_same_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"delete_orphaned": True, "conflict_resolution": "local_wins", "max_delete": "100%"}
    roomy = busy(tmp_path / "roomy")
    wanted = [(step.path, step.action, step.reason) for step in roomy.sync(**settings).actions]
    narrow = busy(tmp_path / "narrow")
    spilled: list[Path | None] = []
    real = Scratch.__init__

    def made(self: Scratch, folder: Path | None, table: str) -> None:
        spilled.append(folder)
        real(self, folder, table)

    monkeypatch.setattr(Scratch, "__init__", made)
    monkeypatch.setattr(Spill.__init__, "__kwdefaults__", {"limit": 20})
    monkeypatch.setattr("buckia.state.spill.CHUNK", 10)
    result = narrow.sync(**settings)
    assert spilled, "or nothing here would be tested"
    assert [(step.path, step.action, step.reason) for step in result.actions] == wanted
    assert not result.failed
    assert narrow.here() == narrow.there() == roomy.here()
    assert not narrow.sync(**settings).actions
