"""No half file is ever visible."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from buckia.body import BytesBody, ChunkReading, chunks
from buckia.engine.execute.desk import QUICK
from buckia.protocols import Body, Reading
from buckia.state.manifest import SqliteManifest
from buckia.stores.local import flushing
from buckia.stores.local.staging import StagedFile
from buckia.stores.local.store import LocalStore
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import Breaks, Corrupts, Fault, Faulty, Script, Truncates
from tests.guarantees import plugin
from tests.guarantees.processes import Folders
from tests.guarantees.stage import OLD, SECOND, Stage, below, digest, files, put, reads, writes

BIG = bytes(range(256)) * 4096
OLDER = b"the old bytes"


class Watched(MemoryStore):
    """Gives bytes piece by piece, and lets somebody look around after each."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__()
        self.look = look

    def read(self, key: str, *, version: str | None = None) -> Reading:
        return self._slowly(super().read(key, version=version))

    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        return self._slowly(super().read_range(key, start, length, version=version))

    def _slowly(self, reading: Reading) -> Reading:
        def pieces() -> Iterator[bytes]:
            for piece in chunks(reading):
                for start in range(0, len(piece), 50_000):
                    self.look()
                    yield piece[start : start + 50_000]
            self.look()

        return ChunkReading(reading.entry, pieces(), reading.close)


@pytest.mark.parametrize("before", [None, OLDER])
def test_while_a_file_is_fetched_its_name_shows_the_old_bytes_or_nothing(
    tmp_path: Path, before: bytes | None
) -> None:
    seen: set[bytes | None] = set()
    target = tmp_path / "here" / "d" / "big"
    stage = Stage(
        tmp_path, Watched(lambda: seen.add(target.read_bytes() if target.exists() else None))
    )
    if before is not None:
        stage.put_here("d/big", before)
        stage.sync()
        seen.clear()
    stage.put_there("d/big", BIG)
    stage.sync()
    assert seen == {before}
    assert stage.here() == {"d/big": BIG}


DAMAGE = [Truncates(100), Truncates(0), Breaks(300_000), Corrupts(5), Corrupts(len(BIG) - 1)]


@pytest.mark.parametrize("fault", DAMAGE, ids=repr)
@pytest.mark.parametrize("before", [None, OLDER])
def test_bytes_that_came_damaged_never_get_the_name(
    stage: Stage, fault: Fault, before: bytes | None
) -> None:
    if before is not None:
        stage.put_here("big", before)
        stage.sync()
    stage.put_there("big", BIG)
    stage.script(reads(fault))
    result = stage.sync()
    assert [one.path for one in result.failed] == ["big"]
    assert stage.here() == ({} if before is None else {"big": before})
    stage.script()
    assert not stage.sync().failed
    assert stage.here() == {"big": BIG}


@pytest.mark.parametrize("fault", DAMAGE, ids=repr)
def test_bytes_that_came_damaged_once_are_fetched_again(stage: Stage, fault: Fault) -> None:
    stage.put_there("big", BIG)
    stage.script(reads(fault, nth=1))
    assert not stage.sync().failed
    assert stage.here() == {"big": BIG}
    assert stage.rows() == {"big": digest(BIG)}


class Disk:
    """What a power cut would leave of a folder: files by their number, and names in folders."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bytes: set[int] = set()
        self.names: set[Path] = set()

    def fsync(self, handle: int) -> None:
        told = os.fstat(handle)
        self.bytes.add(told.st_ino)
        for folder in (self.root, *below(self.root)):
            if folder.is_dir() and os.path.samestat(folder.stat(), told):
                self.names.update(folder.iterdir())

    def syncfs(self, _handle: int) -> None:
        found = set(below(self.root))
        self.names |= found
        self.bytes |= {path.stat().st_ino for path in found if path.is_file()}

    def holds(self, path: Path) -> bool:
        return path in self.names and (path.is_dir() or path.stat().st_ino in self.bytes)


@pytest.mark.parametrize("shared", [True, False], ids=["one flush for all", "one for each"])
@pytest.mark.parametrize("size", [QUICK, QUICK + 1], ids=["with others", "by itself"])
def test_a_fetched_file_and_its_folder_are_on_the_disk_before_they_are_recorded(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, size: int, shared: bool
) -> None:
    stage.put_there("d/big", bytes(size), mtime_ns=OLD + SECOND // 2)
    disk, target = Disk(stage.root), stage.root / "d" / "big"
    recorded: list[bool] = []
    real, note = os.fsync, SqliteManifest.note

    def fsync(handle: int) -> None:
        disk.fsync(handle)
        real(handle)

    def noted(self: SqliteManifest, intents: Iterable[Any], changes: Iterable[Any]) -> None:
        found = list(changes)
        if found:
            recorded.append(disk.holds(target) and disk.holds(target.parent))
        note(self, intents, found)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(flushing, "_flush", lambda: disk.syncfs if shared else None)
    monkeypatch.setattr(SqliteManifest, "note", noted)
    stage.sync()
    assert recorded == [True]
    assert target.stat().st_mtime_ns == OLD + SECOND // 2


class Spied(LocalStore):
    """A folder that is a bucket; somebody looks into it while bytes arrive."""

    look: Callable[[], None]

    def write_if(self, key: str, body: Body, *, expect: object) -> object:  # type: ignore[override]
        return super().write_if(key, _Spying(body, self.look), expect=expect)  # type: ignore[arg-type]

    def stage_unsettled(self, key: str, body: Body) -> StagedFile:
        return super().stage_unsettled(key, _Spying(body, self.look))  # type: ignore[arg-type]


class _Spying:
    def __init__(self, body: Body, look: Callable[[], None]) -> None:
        self._body = body
        self._look = look
        self.path = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._body, name)

    def open(self) -> object:
        source = self._body.open()

        def pieces() -> Iterator[bytes]:
            for piece in chunks(source):
                self._look()
                yield piece

        entry = MemoryStore().write("-", BytesBody(data=b""))
        return ChunkReading(entry, pieces(), source.close)


def bucket_of(stage: Stage, folder: Path) -> Spied:
    folder.mkdir()
    put(folder / "big", OLDER)
    store = Spied(folder, tag="spied", lacks=frozenset({"Retires", "Stages", "Surveys"}))
    store.look = lambda: None
    stage.store = Faulty(store)
    plugin.stores[stage.name] = stage.store
    return store


def test_while_a_file_is_sent_the_bucket_shows_the_old_bytes_or_nothing(
    stage: Stage, tmp_path: Path
) -> None:
    folder = tmp_path / "bucket"
    store = bucket_of(stage, folder)
    stage.sync()
    stage.put_here("big", BIG)
    stage.put_here("new", BIG)
    seen: set[bytes | None] = set()

    def look() -> None:
        for name in ("big", "new"):
            path = folder / name
            seen.add(path.read_bytes() if path.exists() else None)

    store.look = look
    assert not stage.sync(max_workers=1).failed
    assert seen <= {OLDER, BIG, None}
    assert OLDER in seen
    assert files(folder) | {".buckia-bucket": b""} == {
        ".buckia-bucket": b"",
        "big": BIG,
        "new": BIG,
    }


@pytest.mark.parametrize("fault", [Breaks(1000), Corrupts(7)], ids=repr)
def test_an_upload_that_breaks_leaves_the_bucket_as_it_was_and_nothing_lying_about(
    stage: Stage, tmp_path: Path, fault: Fault
) -> None:
    folder = tmp_path / "bucket"
    bucket_of(stage, folder)
    stage.sync()
    stage.put_here("big", BIG)
    stage.put_here("new", BIG)
    stage.store.plan = Script(*writes(fault))
    assert {one.path for one in stage.sync().failed} == {"big", "new"}
    left = files(folder)
    left.pop(".buckia-bucket", None)
    assert left == {"big": OLDER}


def test_what_a_killed_download_left_is_swept_and_never_synced(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    put(folders.bucket / "big", BIG)
    folders.killed(kill="read")
    assert all(name.startswith(".buckia-tmp-") for name in folders.here()), folders.here().keys()
    assert folders.sync()["exit_code"] == 0
    folders.agreed({"big": BIG})
