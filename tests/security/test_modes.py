"""Who may read the files that Buckia makes, under every umask."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from buckia import notes
from buckia.cli.app import run
from buckia.cli.terminal import Terminal
from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.stores.local.staging import StagedFile
from tests.guarantees.processes import QUIET
from tests.guarantees.stage import Stage

pytestmark = pytest.mark.skipif(os.name == "nt", reason="permissions are told in another way there")

UMASKS = (0o000, 0o022, 0o077, 0o177)
STATE = ".buckia.state"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@contextmanager
def masking(umask: int) -> Iterator[None]:
    before = os.umask(umask)
    try:
        yield
    finally:
        os.umask(before)


class Pair:
    """A folder, and a bucket that is a folder."""

    def __init__(self, folder: Path, umask: int, **keys: Any) -> None:
        self.here, self.there = folder / "here", folder / "buckets" / "there"
        self.umask = umask
        self.here.mkdir()
        self.there.mkdir(parents=True)
        bucket = {"provider": "local", "bucket_name": "there", "root": "../buckets", **keys}
        self.put(self.here / ".buckia.json", json.dumps({"pair": bucket}), 0o600)

    def put(self, path: Path, text: str, mode: int = 0o644) -> Path:
        path.write_text(text)
        path.chmod(mode)
        return path

    def type(self, *words: str) -> None:
        said = io.StringIO()
        terminal = Terminal(
            stdin=io.StringIO(), stdout=said, stderr=said, environ={}, cwd=self.here
        )
        with masking(self.umask):
            code = run(words, terminal)
        assert code == 0, said.getvalue()

    def type_elsewhere(self, *words: str) -> None:
        """The same in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "buckia", *words],
            cwd=self.here,
            env=QUIET,
            umask=self.umask,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def closed(self, folder: Path) -> int:
        """How many files of the state are there; nobody but the owner may read any of it."""
        paths = [folder, *folder.rglob("*")]
        loose = {path: oct(mode(path)) for path in paths if mode(path) & 0o077}
        assert not loose
        assert all(mode(path) == 0o700 for path in paths if path.is_dir())
        return sum(path.is_file() for path in paths)


@pytest.mark.parametrize("umask", UMASKS, ids=oct)
def test_what_a_life_with_buckia_leaves_behind(umask: int, tmp_path: Path) -> None:
    pair = Pair(tmp_path, umask, delete_orphaned=True, conflict_resolution="keep_both")
    usual = 0o666 & ~umask
    private = pair.put(pair.here / "private", "first", 0o600)
    public = pair.put(pair.here / "public", "first", 0o666)
    gone = pair.put(pair.here / "gone", "first", 0o640)
    both = pair.put(pair.here / "both.txt", "first", 0o600)
    pair.type("sync")
    pair.put(pair.there / "private", "second one")
    pair.put(pair.there / "public", "second one")
    pair.put(pair.there / "new", "second one")
    pair.put(pair.there / "both.txt", "theirs is longer")
    both.write_text("mine is another")
    (pair.there / "gone").unlink()
    pair.type("sync")
    assert not gone.exists()
    assert (mode(private), mode(public)) == (0o600, 0o666), "a replaced file keeps its own"
    assert mode(pair.here / "new") == usual, "a new one is like any program's"
    [copy] = pair.here.glob("both.conflict-*")
    assert (copy.read_text(), mode(copy)) == ("mine is another", 0o600), "of what was private"
    # Single files
    pair.type("restore", "gone")
    assert mode(gone) == 0o640, "it comes back as it was"
    pair.type("restore", "private")
    assert (private.read_text(), mode(private)) == ("first", 0o600)
    pair.type("get", "new", "fetched")
    assert mode(pair.here / "fetched") == usual
    pair.type("get", "new", "private", "--force")
    assert (private.read_text(), mode(private)) == ("second one", 0o600)
    assert pair.closed(pair.here / STATE) > 10


@pytest.mark.parametrize("umask", UMASKS, ids=oct)
@pytest.mark.parametrize("beside", ["../elsewhere/of/buckia", STATE])
def test_a_state_that_was_open_to_all_is_closed(beside: str, umask: int, tmp_path: Path) -> None:
    pair = Pair(tmp_path, umask, state_dir=beside)
    state = pair.here / beside
    trash = state / "trash"
    trash.mkdir(parents=True)
    for folder in (state, trash):
        folder.chmod(0o777)
    pair.put(state / "device", "laptop\n", 0o666)
    pair.put(pair.here / "a", "first", 0o666)
    pair.type("sync")
    pair.put(pair.there / "a", "second one")
    pair.type("sync")
    assert mode(state) == 0o700, "behind it nothing can be reached, whatever its mode"
    inside = [path for path in state.rglob("*") if path not in {trash, state / "device"}]
    assert [path for path in inside if mode(path) & 0o077] == []
    assert any(path.is_relative_to(trash) and path.is_file() for path in inside)


@pytest.mark.parametrize("umask", UMASKS, ids=oct)
def test_a_state_that_is_made_elsewhere_is_private_with_the_folders_above(
    umask: int, tmp_path: Path
) -> None:
    pair = Pair(tmp_path, umask, state_dir="../elsewhere/of/buckia")
    pair.put(pair.here / "a", "first")
    pair.type_elsewhere("sync")
    assert pair.closed(tmp_path / "elsewhere") > 3


@pytest.mark.parametrize("umask", UMASKS, ids=oct)
def test_configuration_and_log_are_for_their_owner_only(umask: int, tmp_path: Path) -> None:
    pair = Pair(tmp_path, umask)
    (pair.here / ".buckia.json").unlink()
    words = ("--provider", "local", "--bucket-name", "there", "--root", "../buckets", "--yes")
    pair.type("init", *words, "--log-file", "log")
    assert (mode(pair.here / ".buckia"), mode(pair.here / "log")) == (0o600, 0o600)
    pair.type("init", *words, "--force")
    assert mode(pair.here / ".buckia") == 0o600


@pytest.mark.parametrize("umask", UMASKS, ids=oct)
def test_notes_of_providers_are_private_also_where_they_are_the_first_of_the_state(
    umask: int, tmp_path: Path
) -> None:
    state = tmp_path / STATE
    with masking(umask):
        notes.write(state / "notes" / "far" / "habits.json", b"1")
        notes.write(state / "notes" / "far" / "habits.json", b"2")
        notes.append(state / "notes" / "near" / "purge-1", b"3")
        notes.append(state / "notes" / "near" / "purge-1", b"4")
    found = {path.relative_to(state).as_posix(): mode(path) for path in state.rglob("*")}
    assert mode(state) == 0o700
    assert found == {
        "notes": 0o700,
        "notes/far": 0o700,
        "notes/far/habits.json": 0o600,
        "notes/near": 0o700,
        "notes/near/purge-1": 0o600,
    }
    assert (state / "notes/near/purge-1").read_bytes() == b"34"


# While it is being written


def test_a_file_on_its_way_is_never_open_to_more_people_than_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at at the very moment at which it gets its mode: until then it is the owner's."""
    stage = Stage(tmp_path, conflict_resolution="remote_wins")
    stage.put_here("private", "first")
    (stage.root / "private").chmod(0o600)
    stage.sync()
    seen: list[tuple[int, int]] = []
    real = StagedFile._set_mode

    def watched(self: StagedFile, old: os.stat_result | None) -> None:
        before = stat.S_IMODE(os.fstat(self.draft.handle).st_mode)
        real(self, old)
        seen.append((before, stat.S_IMODE(os.fstat(self.draft.handle).st_mode)))

    monkeypatch.setattr(StagedFile, "_set_mode", watched)
    with masking(0):
        stage.put_there("private", "second")
        stage.put_there("new", "new")
        stage.sync()
    assert sorted(seen) == [(0o600, 0o600), (0o600, 0o666)]


def test_a_version_that_comes_back_is_never_open_to_more_people_than_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, delete_orphaned=True, max_delete=10)
    stage.put_here("private", "first")
    stage.put_here("other", "first")
    (stage.root / "private").chmod(0o600)
    stage.sync()
    stage.drop_there("private")
    stage.sync()
    seen: list[int] = []
    real = StagedFile.commit

    def watched(self: StagedFile, **how: Any) -> Any:
        made = real(self, **how)
        seen.append(mode(stage.root / "private"))
        return made

    monkeypatch.setattr(StagedFile, "commit", watched)
    with masking(0), stage.client() as client:
        client.restore("private")
    assert seen == [0o600]


def test_a_fetched_file_is_private_while_it_replaces_a_private_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = tmp_path / "buckets" / "there"
    bucket.mkdir(parents=True)
    (bucket / "a").write_text("from there")
    target = tmp_path / "a"
    target.write_text("from here")
    target.chmod(0o600)
    seen: list[int] = []

    def drafts(*_event: object) -> None:
        seen.extend(mode(path) for path in tmp_path.glob(".buckia-tmp*"))

    config = BucketConfig(
        provider="local", bucket_name="there", options={"root": str(tmp_path / "buckets")}
    )
    with masking(0), BuckiaClient(config, local_path=tmp_path / "x", on_event=drafts) as client:
        client.download_file("a", target, force=True)
    assert set(seen) == {0o600}
    assert (target.read_text(), mode(target)) == ("from there", 0o600)


def test_a_moved_version_is_behind_a_closed_door_before_it_is_closed_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that all could write is in the trash with its old mode for a moment."""
    from buckia.state.slot import Slot

    stage = Stage(tmp_path)
    stage.put_here("a", "first")
    (stage.root / "a").chmod(0o666)
    stage.sync()
    stage.put_there("a", "second")
    seen: list[list[int]] = []
    real = Slot.settle

    def watched(self: Slot) -> None:
        above = [self.path, *self.path.parents]
        seen.append([mode(path) for path in above[: above.index(stage.state) + 1]])
        real(self)
        assert mode(self.path) == 0o600

    monkeypatch.setattr(Slot, "settle", watched)
    with masking(0):
        stage.sync()
    assert seen == [[0o666, 0o700, 0o700, 0o700, 0o700]]
