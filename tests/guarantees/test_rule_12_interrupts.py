"""The first interrupt ends the run in good order, the second at once; nothing is lost by either."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from buckia.client import BuckiaClient
from buckia.testing.faults import Call, Pauses
from tests.guarantees import plugin
from tests.guarantees.processes import Folders
from tests.guarantees.stage import Stage, digest, put, reads, writes

COUNT = 30


def interrupted(stage: Stage, at: int) -> tuple[object, BuckiaClient]:
    """A sync that somebody ends while it does its nth transfer."""
    client = BuckiaClient(stage.config, local_path=stage.root, plugins=plugin.plugins())

    def end(call: Call) -> None:
        if call.nth == at:
            client.interrupt()

    stage.script(writes(Pauses(end)), reads(Pauses(end)))
    with client:
        return client.sync(max_workers=2, delete_orphaned=True), client


@pytest.fixture
def full(stage: Stage) -> Stage:
    for number in range(COUNT):
        stage.put_here(f"up/{number:02}", f"here {number}")
        stage.put_there(f"down/{number:02}", f"there {number}")
    return stage


def test_an_interrupted_run_says_so_and_ends_early(full: Stage) -> None:
    with BuckiaClient(full.config, local_path=full.root, plugins=plugin.plugins()) as client:
        full.script(writes(Pauses(lambda _call: client.interrupt())))
        result = client.sync(max_workers=2)
    assert result.interrupted
    assert result.exit_code == 130
    assert 0 < len(full.there()) + len(full.here()) < 4 * COUNT


@pytest.mark.parametrize("at", [1, 2, 7, 25])
def test_all_that_was_done_is_recorded_and_nothing_else(full: Stage, at: int) -> None:
    interrupted(full, at)
    here, there, rows = full.here(), full.there(), full.rows()
    both = {key: digest(data) for key, data in here.items() if there.get(key) == data}
    assert rows == both


@pytest.mark.parametrize("at", [1, 2, 7, 25])
def test_the_next_run_does_the_rest_and_nothing_twice(full: Stage, at: int) -> None:
    interrupted(full, at)
    done = len(full.rows())
    full.script()
    result = full.sync(delete_orphaned=True)
    assert not result.conflicts
    assert not result.failed
    assert result.uploaded + result.downloaded + done == 2 * COUNT
    assert full.here() == full.there()
    assert len(full.here()) == 2 * COUNT


def test_an_interrupted_run_deletes_nothing_after_the_interrupt(stage: Stage) -> None:
    for number in range(COUNT):
        stage.put_here(f"{number:02}", f"{number}")
    stage.sync()
    stage.drop_here("00", "01")
    stage.drop_there("02", "03")
    stage.put_here("new", "new")
    interrupted(stage, 1)
    assert {"00", "01"} <= stage.there().keys()
    assert {"02", "03"} <= stage.here().keys()


@pytest.fixture
def slow(tmp_path: Path) -> Folders:
    """Two dozen uploads of a fifth of a second each."""
    folders = Folders(tmp_path)
    folders.configure(bandwidth="500KiB/s", max_workers=2)
    for number in range(24):
        put(folders.root / f"{number:02}", b"%d" % number * 100_000)
    return folders


def begun(folders: Folders) -> subprocess.Popen[str]:
    """A sync of which at least one upload is done."""
    process = folders.start("sync", "--json")
    for _ in range(6000):
        done = [key for key in folders.there() if not key.startswith(".buckia-")]
        if done or process.poll() is not None:
            return process
        threading.Event().wait(0.01)
    process.kill()
    raise AssertionError("nothing was uploaded")


def completed(folders: Folders) -> None:
    """The next run does the rest, without a conflict, and nothing lies about."""
    folders.configure()
    done = folders.command("sync", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["buckets"][0]["conflicts"] == []
    held = {key: data for key, data in folders.here().items() if key != ".buckia.json"}
    assert len(held) == 24
    folders.root.joinpath(".buckia.json").unlink()
    folders.agreed(held)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are told in another way there")
@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_ends_the_command_with_130_and_all_that_was_done_recorded(
    slow: Folders, which: signal.Signals
) -> None:
    with begun(slow) as process:
        process.send_signal(which)
        out, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert "Traceback" not in error
    uploaded = json.loads(out)["buckets"][0]["uploaded"]
    assert 0 < uploaded < 24
    assert len(slow.there()) == uploaded
    completed(slow)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are told in another way there")
def test_the_second_signal_ends_it_at_once_and_the_next_run_still_completes_it(
    tmp_path: Path,
) -> None:
    folders = Folders(tmp_path)
    folders.configure(bandwidth="20KiB/s", max_workers=2)
    for number in range(24):
        put(folders.root / f"{number:02}", b"%d" % number * 400_000)
    with folders.start("sync") as process:
        for _ in range(6000):
            if list(folders.bucket.glob("**/.buckia-tmp-*")) or process.poll() is not None:
                break
            threading.Event().wait(0.01)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
    assert process.returncode in {130, -signal.SIGINT}, error
    completed(folders)
