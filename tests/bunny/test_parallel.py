"""As many requests are under way as there may be, and never more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future
from pathlib import Path

import pytest

from buckia import BucketConfig, BuckiaClient, SyncResult
from buckia.model import BasicEntry
from buckia_bunny import walking
from buckia_bunny.testing import FakeBunny
from buckia_bunny.walking import AHEAD, HELD, Listed, pages
from tests.bunny.gates import Crowd, Gate

LATENCY = 0.01
"""Long enough for one too many to be seen beside the others."""
Sync = Callable[..., SyncResult]


@pytest.fixture
def sync(fake: FakeBunny, tmp_path: Path) -> Sync:
    """Syncs a folder of that name; other words are keys of its configuration."""

    def synced(
        folder: str, *, options: Mapping[str, int] | None = None, workers: int
    ) -> SyncResult:
        config = BucketConfig(
            provider="bunny",
            bucket_name=fake.zone,
            endpoint_url=fake.endpoint,
            credentials={"storage_api_key": fake.password},
            options=options or {},
            max_workers=workers,
            max_delete="100%",
            delete_orphaned=True,
        )
        (tmp_path / folder).mkdir(exist_ok=True)
        with BuckiaClient(config, local_path=tmp_path / folder) as client:
            result = client.sync()
        result.raise_for_failures()
        return result

    fake.latency = LATENCY
    return synced


def fill(folder: Path, count: int) -> None:
    folder.mkdir()
    for n in range(count):
        (folder / f"f{n:03}").write_text(f"text {n}")


@pytest.mark.parametrize("workers", [3, 16])
def test_uploads_and_downloads_are_as_many_at_once_as_configured(
    fake: FakeBunny, tmp_path: Path, sync: Sync, workers: int
) -> None:
    count = 4 * workers + 1
    fill(tmp_path / "one", count)
    for kind, folder in (("put", "one"), ("get", "two")):
        fake.forget()
        fake.faults = (Gate(on=kind, through=Crowd(workers)),)
        result = sync(folder, workers=workers)
        assert result.uploaded + result.downloaded == count
        assert fake.most["transfer"] == workers, kind


@pytest.mark.parametrize(("workers", "lanes", "most"), [(16, 4, 4), (16, 16, 16), (3, 16, 3)])
def test_deletions_are_as_many_at_once_as_configured_and_as_there_are_workers(
    fake: FakeBunny, tmp_path: Path, sync: Sync, workers: int, lanes: int, most: int
) -> None:
    fill(tmp_path / "one", 50)
    sync("one", workers=16)
    for path in list((tmp_path / "one").glob("f*"))[1:]:
        path.unlink()
    fake.forget()
    fake.faults = (Gate(on="delete", through=Crowd(most)),)
    assert sync("one", workers=workers, options={"deletes": lanes}).deleted_remote == 49
    assert fake.most["delete"] == most


@pytest.mark.parametrize("lanes", [1, 5])
def test_folders_are_listed_as_many_at_once_as_configured(
    fake: FakeBunny, sync: Sync, lanes: int
) -> None:
    for n in range(30):
        fake.tree.put(f"d{n:02}/e/f", b"text %d" % n)
    fake.faults = (Gate(on="list", key="d*", through=Crowd(lanes)),)
    assert sync("one", workers=16, options={"listings": lanes}).downloaded == 30
    assert fake.most["list"] == lanes
    assert all(seen.status == 200 for seen in fake.requests if seen.kind == "list")


def test_rows_of_folders_one_below_the_other_are_listed_side_by_side(
    fake: FakeBunny, tmp_path: Path, sync: Sync
) -> None:
    """Row after row would take five times as long."""
    depth = 6
    for row in range(5):
        fake.tree.put("/".join(f"{row}{n}" for n in range(depth)) + "/f", b"text %d" % row)
    fake.faults = tuple(Gate(on="list", key=f"*{n}/", through=Crowd(5)) for n in range(depth))
    fake.forget()
    assert sync("one", workers=16).downloaded == 5
    assert fake.most["list"] == 5


class Row:
    """Folders side by side, of which the first is listed only when nothing else is under way.

    Stands in the place of a pool of threads and of the waiting for them.
    """

    def __init__(self, folders: int, files: int) -> None:
        self._folders = [f"d{n:05}/" for n in range(folders)]
        self._files = files
        self._first: Future[Listed] = Future()
        self.listed = 0
        self.ahead = 0
        """Folders that had been listed before the first one was."""

    def look(self, folder: str) -> Listed:
        if not folder:
            return Listed((), self._folders)
        self.listed += 1
        names = (f"{folder}f{n:05}" for n in range(self._files))
        return Listed([BasicEntry(key=name, size=1, version="v") for name in names], ())

    def submit(self, look: walking.List, folder: str) -> Future[Listed]:
        if folder == self._folders[0]:
            return self._first
        done: Future[Listed] = Future()
        done.set_result(look(folder))
        return done

    def shutdown(self, *, cancel_futures: bool) -> None:
        assert cancel_futures

    def wait(self, begun: Collection[Future[Listed]], *, return_when: str) -> None:
        assert return_when == FIRST_COMPLETED
        if not any(one.done() for one in begun):
            self.ahead = self.listed
            self._first.set_result(self.look(self._folders[0]))


@pytest.mark.parametrize(("files", "room"), [(1, AHEAD), (100, HELD // 100), (HELD * 2, 1)])
def test_what_is_listed_before_it_is_needed_is_much_and_has_a_bound(
    monkeypatch: pytest.MonkeyPatch, files: int, room: int
) -> None:
    width = 5
    row = Row(2 * room + 20, files)
    monkeypatch.setattr(walking, "ThreadPoolExecutor", lambda *_words, **_more: row)
    monkeypatch.setattr(walking, "wait", row.wait)
    count = sum(map(len, pages(row.look, "", width=width)))
    assert count == (2 * room + 20) * files
    under_way = 2 * width
    assert room <= row.ahead < room + under_way
