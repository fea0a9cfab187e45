from __future__ import annotations

import errno
import os
import subprocess
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from buckia.errors import AlreadyRunning
from buckia.state import lock
from buckia.state.lock import PairLock
from buckia.state.seam import StateError

Spawn = Callable[..., AbstractContextManager[subprocess.Popen[str]]]

HOLDS = """
import os, sys
from pathlib import Path
from buckia.state.lock import PairLock
with PairLock(Path(sys.argv[1])):
    os.write(1, b"held\\n")
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pair" / "lock"


def test_a_second_holder_is_refused_and_told_who_holds_it(path: Path, spawn: Spawn) -> None:
    with spawn(HOLDS, path) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(
            AlreadyRunning, match=rf"process {child.pid} on .*, since 2\d\d\d-"
        ) as caught:
            PairLock(path).acquire()
        assert caught.value.exit_code == 7
        assert caught.value.hint
        child.stdin.close()
        assert child.wait(10) == 0
    with PairLock(path):
        assert str(os.getpid()) in path.read_text()


def test_the_lock_dies_with_its_process(path: Path, spawn: Spawn) -> None:
    with spawn(HOLDS, path) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == "held\n"
        child.kill()
        child.wait(10)
    assert str(child.pid) in path.read_text()
    with PairLock(path):
        assert str(child.pid) not in path.read_text()


def test_of_many_threads_one_gets_it(path: Path) -> None:
    barrier = threading.Barrier(8)
    outcomes: list[str] = []

    def work() -> None:
        barrier.wait(10)
        held = PairLock(path)
        try:
            held.acquire()
            outcomes.append("held")
        except AlreadyRunning as error:
            outcomes.append("refused" if "another sync" in error.message else error.message)
        barrier.wait(10)
        held.release()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["held"] + ["refused"] * 7
    with PairLock(path):
        pass


def test_the_same_lock_is_not_held_twice(path: Path) -> None:
    held = PairLock(path)
    with held:
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
            held.acquire()
        with pytest.raises(AlreadyRunning):
            PairLock(path).acquire()
    held.release()
    with held:
        pass


def test_what_fails_inside_lets_go(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), PairLock(path):
        _ = 1 / 0
    with PairLock(path):
        pass


def test_other_pairs_do_not_wait(tmp_path: Path) -> None:
    with PairLock(tmp_path / "one" / "lock"), PairLock(tmp_path / "two" / "lock"):
        pass


def test_a_file_that_was_removed_in_between_guards_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seize, calls = lock._seize, []

    def removed_first(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 1:
            path.unlink()
        seize(handle)

    monkeypatch.setattr(lock, "_seize", removed_first)
    with PairLock(path):
        assert len(calls) == 2
        with pytest.raises(AlreadyRunning):
            PairLock(path).acquire()


def test_a_file_system_without_locks_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_handle: int) -> None:
        raise OSError(37, "No locks available")

    handles = Path("/proc/self/fd")
    before = len(list(handles.iterdir())) if handles.exists() else 0
    monkeypatch.setattr(lock, "_seize", refuse)
    with pytest.raises(StateError, match="cannot lock") as caught:
        PairLock(path).acquire()
    assert "state_dir" in caught.value.hint
    if before:
        assert len(list(handles.iterdir())) == before


def test_a_lock_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StateError, match="could not be written"):
        PairLock(tmp_path / "file" / "lock").acquire()


@pytest.mark.parametrize("call", ["ftruncate", "close"])
def test_a_disk_that_fails_when_the_lock_is_let_go_takes_nothing_from_what_was_done(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    real = getattr(os, call)

    def sick(handle: int, *rest: int) -> None:
        if call == "close":
            real(handle)
        raise OSError(errno.EIO, "the disk")

    held = PairLock(path)
    held.acquire()
    with monkeypatch.context() as patching:
        patching.setattr(os, call, sick)
        held.release()
    with PairLock(path):
        pass
