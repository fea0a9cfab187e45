"""The model of a disk that loses its power loses what it may lose, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from tests.torture.crashes.disk import ALL, Disk
from tests.torture.crashes.power import lose
from tests.torture.effects.effects import Effect, Kind

WORST, BEST = 0.0, 1.0
Found = dict[str, bytes]


def found(root: Path, effects: Sequence[Effect], share: float, seed: int = 1) -> Found:
    """The files of the folder after these effects and the loss of the power."""
    disk = Disk([root])
    for effect in effects:
        disk.apply(effect)
    image = disk.draw(Random(seed), share)
    return {
        path.relative_to(root).as_posix(): image.content[id(file)].data
        for path, file in image.files.items()
    }


def any_of(root: Path, effects: Sequence[Effect]) -> set[str]:
    """Which names there may be, over many losses."""
    return {" ".join(sorted(found(root, effects, 0.5, seed))) for seed in range(200)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "d").mkdir()
    (tmp_path / "old").write_bytes(b"old bytes")
    return tmp_path


def made(root: Path, name: str, data: bytes) -> list[Effect]:
    path = str(root / name)
    return [Effect(Kind.CREATE, path, number=0o600), Effect(Kind.WRITE, path, data=data)]


def flushed(path: Path) -> Effect:
    return Effect(Kind.SYNC, str(path))


def test_what_is_flushed_with_its_folder_is_there_and_the_rest_may_not_be(root: Path) -> None:
    new = made(root, "new", b"new")
    held = {"old": b"old bytes"}
    assert found(root, new, WORST) == held
    assert found(root, new, BEST) == {**held, "new": b"new"}
    assert found(root, [*new, flushed(root)], WORST) == {**held, "new": b""}
    both = [*new, flushed(root / "new"), flushed(root)]
    assert found(root, both, WORST) == {**held, "new": b"new"}


def test_of_a_write_without_a_flush_any_piece_may_be_missing(root: Path) -> None:
    effects = [*made(root, "new", b"x" * 2048), flushed(root)]
    seen = {found(root, effects, 0.5, seed)["new"] for seed in range(200)}
    assert bytes(2048) in seen
    assert b"x" * 2048 in seen
    assert any(one.startswith(bytes(512)) and b"x" in one for one in seen)
    assert {len(one) for one in seen} == {0, 2048}


def test_a_rename_across_folders_is_undone_done_or_half_done_and_loses_nothing(root: Path) -> None:
    rename = Effect(Kind.RENAME, str(root / "old"), str(root / "d/new"))
    assert any_of(root, [rename]) == {"old", "d/new", "d/new old"}
    assert any_of(root, [rename, flushed(root / "d")]) == {"d/new", "d/new old"}
    assert any_of(root, [rename, flushed(root)]) == {"d/new"}


def test_a_folder_does_not_go_before_what_was_moved_out_of_it(root: Path) -> None:
    (root / "d/kept").write_bytes(b"kept")
    effects = [
        Effect(Kind.RENAME, str(root / "d/kept"), str(root / "kept")),
        Effect(Kind.RMDIR, str(root / "d")),
    ]
    assert all("kept" in names for names in any_of(root, effects))


def test_an_exchange_is_done_or_not_done(root: Path) -> None:
    (root / "d/other").write_bytes(b"other")
    exchange = Effect(Kind.RENAME, str(root / "old"), str(root / "d/other"), number=2)
    seen = {tuple(found(root, [exchange], 0.5, seed).items()) for seed in range(100)}
    assert {dict(one)["old"] for one in seen} == {b"old bytes", b"other"}
    assert all(len(set(dict(one).values())) == 2 for one in seen)


@pytest.mark.parametrize("share", [WORST, 0.5, BEST])
def test_folders_are_made_to_look_like_what_was_found(root: Path, share: float) -> None:
    disk = Disk([root])
    (root / "old").rename(root / "d/new")
    (root / "d/new").write_bytes(b"others")
    disk.apply(Effect(Kind.RENAME, str(root / "old"), str(root / "d/new")))
    disk.apply(Effect(Kind.TRUNCATE, str(root / "d/new")))
    disk.apply(Effect(Kind.WRITE, str(root / "d/new"), data=b"others"))
    image = disk.draw(Random(3), share)
    lose(disk, image, root.parent / "holding")
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == {
        path: image.content[id(file)].data for path, file in image.files.items()
    }


def test_a_flush_of_the_file_system_keeps_all_that_is_in_it(root: Path) -> None:
    below = [Effect(Kind.MKDIR, str(root / "d2"), number=0o700), *made(root, "d2/new", b"x")]
    every = Effect(Kind.SYNC, str(root), number=ALL)
    assert found(root, [*below, every], WORST)["d2/new"] == b"x"
    assert "d2/new" not in found(root, below, WORST)
