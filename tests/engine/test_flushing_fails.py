"""What a disk could not write is not agreed on, though it says so only once."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from buckia.client import BuckiaClient
from buckia.errors import StorageError
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from buckia.stores.local import flushing
from tests.grounds import FolderGround, config

KEYS = {f"folder/{number}": b"%d" % number for number in range(9)}


class Disk:
    """Flushes all at once; the `nth` flush fails, and the next ones know nothing of that.

    `looked` is called just before it does.
    """

    def __init__(self) -> None:
        self.flushes = 0
        self.nth = 0
        self.looked: Callable[[], object] = lambda: None

    def flush(self, _handle: int) -> None:
        self.flushes += 1
        if self.flushes == self.nth:
            self.looked()
            raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(flushing, "_flush", lambda: made.flush)
    monkeypatch.setattr(flushing, "_is_known", lambda _handle: True)
    return made


@pytest.fixture
def ground(tmp_path: Path) -> FolderGround:
    return FolderGround(tmp_path)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
def sync(ground: FolderGround, here: Path) -> Callable[[], object]:
    def run() -> object:
        with BuckiaClient(config(ground, retries=1), local_path=here) as client:
            return client.sync()

    return run


def rows(here: Path) -> set[str]:
    """The keys of the base."""
    found: set[str] = set()
    for path in (here / ".buckia.state").glob("pairs/*/base.sqlite"):
        with Database.look(path) as database:
            found |= {row.key for block in SqliteManifest(database).scan() for row in block}
    return found


def put(folder: Path) -> None:
    for key, content in KEYS.items():
        (folder / key).parent.mkdir(exist_ok=True)
        (folder / key).write_bytes(content)


def test_small_files_share_a_flush_on_both_sides(
    ground: FolderGround, here: Path, disk: Disk, sync: Callable[[], object]
) -> None:
    put(here)
    sync()
    # Once for the bytes and once for the names of each share, and not for each file.
    assert 2 <= disk.flushes < 2 * len(KEYS)
    assert ground.objects() == KEYS
    assert rows(here) == set(KEYS)


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("way", ["up", "down"])
def test_what_could_not_be_flushed_is_not_agreed_on(
    ground: FolderGround,
    here: Path,
    disk: Disk,
    sync: Callable[[], object],
    way: str,
    nth: int,
) -> None:
    put(here if way == "up" else ground.folder)
    disk.nth = nth
    before: list[set[str]] = []
    disk.looked = lambda: before.append(rows(here))
    with pytest.raises(StorageError):
        sync()
    # After a power cut the files may be empty; a row would make that an edit, and send it on.
    assert [rows(here)] == before
    disk.nth = 0
    sync()
    assert ground.objects() == KEYS
    assert rows(here) == set(KEYS)
