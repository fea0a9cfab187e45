"""One sync of a pair at a time, any number of pairs at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Self

import pytest

from buckia.errors import AlreadyRunning
from buckia.state.lock import PairLock
from buckia.testing.faults import CALM, At, Call, Pauses
from tests.guarantees import plugin
from tests.guarantees.processes import Folders
from tests.guarantees.stage import Stage, put

PATIENCE = 30


class Held:
    """A sync that waits in the middle until it is let go."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.waits, self.go = threading.Event(), threading.Event()
        self.errors: list[BaseException] = []
        stage.script(At("scan", Pauses(self._wait)))
        self._thread = threading.Thread(target=self._run)

    def _wait(self, _call: Call) -> None:
        self.waits.set()
        self.go.wait(PATIENCE)

    def _run(self) -> None:
        try:
            self.stage.sync()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            self.errors.append(error)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self.waits.wait(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self.go.set()
        self._thread.join(PATIENCE)


def test_a_second_sync_of_the_pair_is_refused_and_changes_nothing(stage: Stage) -> None:
    stage.put_here("a", "a")
    with Held(stage) as held:
        with pytest.raises(AlreadyRunning) as caught:
            stage.sync()
        assert caught.value.exit_code == 7
        assert stage.there() == {}
    assert held.errors == []
    assert stage.there() == {"a": b"a"}


def test_a_sync_that_finds_the_lock_taken_does_nothing(stage: Stage) -> None:
    stage.put_here("a", "a")
    stage.sync()
    stage.put_here("b", "b")
    (lock,) = stage.state.glob("pairs/*/lock")
    with PairLock(lock), pytest.raises(AlreadyRunning):
        stage.sync()
    assert stage.there() == {"a": b"a"}
    stage.sync()
    assert stage.there() == {"a": b"a", "b": b"b"}


def test_after_the_first_has_ended_the_second_runs(stage: Stage) -> None:
    stage.put_here("a", "a")
    with Held(stage):
        pass
    stage.script()
    assert stage.sync().unchanged == 1


def test_a_status_may_be_asked_for_meanwhile(stage: Stage) -> None:
    stage.put_here("a", "a")
    with Held(stage) as held:
        held.stage.store.plan = CALM
        assert [step.path for step in stage.status().actions] == ["a"]


def test_other_pairs_run_meanwhile(tmp_path: Path) -> None:
    one, other = Stage(tmp_path / "one"), Stage(tmp_path / "other")
    one.put_here("a", "a")
    other.put_here("b", "b")
    with Held(one):
        other.sync()
        assert other.there() == {"b": b"b"}
        assert one.there() == {}


def test_two_buckets_of_one_folder_are_two_pairs(tmp_path: Path) -> None:
    one, other = Stage(tmp_path), Stage(tmp_path)
    one.put_here("a", "a")
    with Held(one):
        other.sync()
        assert other.there() == {"a": b"a"}


def test_two_devices_may_sync_one_bucket_at_once(tmp_path: Path) -> None:
    one, other = Stage(tmp_path / "one"), Stage(tmp_path / "other")
    other.store = one.store
    plugin.stores[other.name] = one.store
    one.put_here("a", "a")
    other.put_here("b", "b")
    with Held(one):
        one.store.plan = CALM
        other.sync()
    other.sync()
    assert one.there() == {"a": b"a", "b": b"b"}
    assert other.here() == {"a": b"a", "b": b"b"}


def test_the_lock_of_a_killed_process_does_not_outlive_it(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    put(folders.root / "a", "a")
    folders.killed(kill="commit")
    assert folders.sync()["exit_code"] == 0
    folders.agreed({"a": b"a"})


def test_the_command_line_ends_with_seven(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    folders.configure(bandwidth="20KiB/s")
    put(folders.root / "a", b"a" * 1_000_000)
    with folders.start("sync", "--json") as first:
        try:
            wait_for_lock(folders)
            second = folders.command("sync")
            assert second.returncode == 7, second.stderr
        finally:
            first.kill()


def wait_for_lock(folders: Folders) -> None:
    """Until the running sync has said in its lock who it is."""
    for _ in range(3000):
        for lock in folders.state.glob("pairs/*/lock"):
            if lock.read_text():
                return
        threading.Event().wait(0.01)
    raise AssertionError("nobody took the lock")
