"""Small files are flushed together: before they are visible, and before that is written down."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from buckia.model import Agreed, Intent
from buckia.protocols import Body
from buckia.state.manifest import SqliteManifest
from buckia.stores.local import LocalStore, flushing
from buckia.stores.local.plugin import FOLDER_ONLY
from buckia.stores.local.staging import StagedFile
from tests.engine import provider
from tests.engine.bench import Bench, files, put

KEYS = [f"{folder}/{number}" for folder in "ab" for number in range(7)]
WORKERS = 8
"""Of which a quarter is written down, and so flushed, at a time."""


class Log:
    """What became of which key, in order; `flush` stands between."""

    def __init__(self, root: Path) -> None:
        self.lines: list[str] = []
        self.root = root

    def flush(self, handle: int) -> None:
        """As the system's own does it, for the folder that is written to."""
        assert os.path.samestat(os.fstat(handle), self.root.stat())
        self.lines.append("flush")

    def at(self, line: str) -> int:
        assert self.lines.count(line) == 1, (line, self.lines)
        return self.lines.index(line)

    def is_flushed_between(self, one: str, other: str) -> bool:
        return "flush" in self.lines[self.at(one) : self.at(other)]


class Pair:
    """Two folders, with nothing in front of the one that is the bucket."""

    def __init__(self, folder: Path, *, uploads: bool) -> None:
        self.bench = Bench(folder)
        self.there = folder / "there"
        self.there.mkdir()
        bucket = LocalStore(self.there, tag="bench", lacks=FOLDER_ONLY)
        provider.stores[self.bench.name] = bucket
        self.log = Log(self.there if uploads else self.bench.root)
        self.source = self.bench.root if uploads else self.there

    def fill(self) -> None:
        for key in KEYS:
            put(self.source / key, f"new {key}")

    def sync(self) -> None:
        result = self.bench.sync(max_workers=WORKERS)
        assert result.exit_code == 0, result.failed


def told(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the log is written, on a system that can flush all of a file system."""
    stage, commit, note = LocalStore.stage_unsettled, StagedFile.commit, SqliteManifest.note

    def staged(self: LocalStore, key: str, body: Body) -> StagedFile:
        found = stage(self, key, body)
        log.lines.append(f"{key} is staged")
        return found

    def committed(self: StagedFile, **how: Any) -> Any:
        log.lines.append(f"{self._key} is committed")
        return commit(self, **how)

    def noted(self: SqliteManifest, intents: Iterable[Any], changes: Iterable[Any]) -> None:
        wishes, rows = list(intents), list(changes)
        log.lines += [f"{one.key} is wished" for one in wishes if isinstance(one, Intent)]
        log.lines += [f"{one.key} is agreed" for one in rows if isinstance(one, Agreed)]
        note(self, wishes, rows)

    monkeypatch.setattr(LocalStore, "stage_unsettled", staged)
    monkeypatch.setattr(StagedFile, "commit", committed)
    monkeypatch.setattr(SqliteManifest, "note", noted)
    monkeypatch.setattr(flushing, "_flush", lambda: log.flush)
    monkeypatch.setattr(flushing, "_is_known", lambda _handle: True)


@pytest.fixture(params=["uploads", "downloads"])
def pair(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    made = Pair(tmp_path, uploads=request.param == "uploads")
    made.fill()
    made.bench.between = lambda: told(made.log, monkeypatch)
    return made


def test_files_are_on_the_disk_before_they_are_visible(pair: Pair) -> None:
    pair.sync()
    assert files(pair.bench.root).keys() == set(KEYS)
    assert files(pair.there).keys() == {".buckia-bucket", *KEYS}
    for key in KEYS:
        assert pair.log.is_flushed_between(f"{key} is staged", f"{key} is committed")


def test_names_are_on_the_disk_before_their_agreement_is_written_down(pair: Pair) -> None:
    pair.sync()
    for key in KEYS:
        assert pair.log.is_flushed_between(f"{key} is committed", f"{key} is agreed")


def test_what_is_meant_to_be_is_written_down_before_it_is_visible(pair: Pair) -> None:
    pair.sync()
    for key in KEYS:
        assert pair.log.at(f"{key} is wished") < pair.log.at(f"{key} is committed")


def test_one_flush_is_for_many(pair: Pair) -> None:
    pair.sync()
    assert 0 < pair.log.lines.count("flush") <= len(KEYS) + 4
