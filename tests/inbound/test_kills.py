"""A kill at any instant, and what was begun is completed by the next call, exactly once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buckia.inbound.permission import Permission
from tests.inbound.world import World, note

TABLES = (
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, times INTEGER)",
    "CREATE TABLE told (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT)",
    # What is applied twice is told twice.
    "CREATE TRIGGER i AFTER INSERT ON notes BEGIN INSERT INTO told (what) VALUES ('insert'); END",
    "CREATE TRIGGER u AFTER UPDATE ON notes BEGIN INSERT INTO told (what) VALUES ('update'); END",
    "CREATE TRIGGER d AFTER DELETE ON notes BEGIN INSERT INTO told (what) VALUES ('delete'); END",
    "INSERT INTO notes VALUES (1, 'one', 0)",
)
PERMISSION = Permission({"notes": ("id", "text")})
FILES = (
    [note(1, "a", "update"), note(2)],
    [note(9, action="update")],
    [note(2, action="delete"), note(2, "again")],
    [note(2, "taken")],
    [note(3), note(1, action="delete")],
)

pytestmark = [
    # What a kill leaves to the system is written, synced or not.
    pytest.mark.usefixtures("quick_disk"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes"),
    # The child does nothing but apply, whatever threads its parent has.
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


def made(folder: Path, journal: str = "delete") -> World:
    world = World(folder, TABLES)
    world.run(f"PRAGMA journal_mode={journal}")
    return world


def in_fork(work: Callable[[], object]) -> int:
    """How a child ended that did the work: 0, or the signal that killed it."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


class Fuse:
    """Kills its process at the nth step, the first being 1."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.seen: list[str] = []

    def __call__(self, word: str) -> None:
        self.seen.append(word)
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def ended(world: World) -> dict[str, Any]:
    """All that has to be the same whatever happened on the way."""
    return {
        "rows": world.rows(ours=True),
        "quarantine": world.quarantined(),
        "inbound": sorted(path.name for path in world.inbound.iterdir()),
    }


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_kill_between_any_two_steps_is_completed_by_the_next_call(
    tmp_path: Path, journal: str
) -> None:
    undisturbed = made(tmp_path / "undisturbed", journal)
    for number, changes in enumerate(FILES):
        undisturbed.send(*changes, number=number)
    fuse = Fuse(0)
    whole = undisturbed.apply(PERMISSION, step=fuse)
    assert len(whole.applied) == 3
    assert len(whole.quarantined) == 2
    assert set(fuse.seen) == {
        *("begin", "row", "record", "commit", "committed"),
        *("describe", "place", "set aside"),
    }
    for steps in range(1, len(fuse.seen) + 1):
        world = made(tmp_path / str(steps), journal)
        for number, changes in enumerate(FILES):
            world.send(*changes, number=number)
        killed = in_fork(lambda: world.apply(PERMISSION, step=Fuse(steps)))  # noqa: B023 - it ends in this turn
        assert killed == signal.SIGKILL
        result = world.apply(PERMISSION)
        assert (result.done, result.stopped) == (whole.done, None)
        assert ended(world) == ended(undisturbed)


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_kill_at_any_instant_is_completed_by_the_next_call(tmp_path: Path, journal: str) -> None:
    undisturbed, world = made(tmp_path / "undisturbed", journal), made(tmp_path / "world", journal)
    for number, changes in enumerate(FILES * 8):
        undisturbed.send(*changes, number=number)
        world.send(*changes, number=number)
    whole = undisturbed.apply(PERMISSION)

    def disturbed(seconds: float) -> None:
        # The system ends the process, wherever it is.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        world.apply(PERMISSION)

    kills = 0
    for turn in count(1):
        if not in_fork(lambda: disturbed(turn / 2000)):  # noqa: B023 - it ends in this turn
            break
        kills += 1
    assert kills > 2
    assert world.apply(PERMISSION).done == whole.done
    assert ended(world) == ended(undisturbed)


keys = st.integers(1, 4)
texts = st.sampled_from(["a", "b"])
changes = st.builds(note, keys, texts, st.sampled_from(["insert", "update", "delete"]))
files = st.lists(changes, min_size=1, max_size=3)


@settings(deadline=None, max_examples=60)
@given(data=st.data(), sent=st.lists(files, min_size=1, max_size=6))
def test_random_files_with_kills_and_calls_in_between_end_like_one_pass(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, sent: list[list[dict[str, Any]]]
) -> None:
    folder = tmp_path_factory.mktemp("kills")
    undisturbed, world = made(folder / "undisturbed"), made(folder / "world")
    done: set[str] = set()
    for number, found in enumerate(sent):
        undisturbed.send(*found, number=number)
        world.send(*found, number=number)
        if data.draw(st.booleans(), label="killed"):
            fuse = Fuse(data.draw(st.integers(1, 12), label="steps"))
            in_fork(lambda: world.apply(PERMISSION, step=fuse))  # noqa: B023 - it ends in this turn
        if data.draw(st.booleans(), label="called"):
            result = world.apply(PERMISSION)
            done.update(result.done)
            if data.draw(st.booleans(), label="deleted"):
                for name in result.done:
                    (world.inbound / name).unlink()
    whole = undisturbed.apply(PERMISSION)
    done.update(world.apply(PERMISSION).done)
    assert done == set(whole.done)
    assert ended(world) | {"inbound": []} == ended(undisturbed) | {"inbound": []}
    assert set(done) >= {path.name for path in world.inbound.iterdir()}
