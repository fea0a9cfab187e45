"""A move that is killed before any of its steps goes on when it is run again, and loses nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from buckia.keys import NOTES
from buckia.state.manifest import SqliteManifest
from buckia.stores.local.plugin import FOLDER_ONLY
from buckia.stores.local.store import LocalStore
from buckia.testing.faults import Call, Fault
from tests.engine import provider
from tests.people.tiers import ID, NOTE, Tiers

FILES = {".buckia-user": "{}", "a.txt": "a", "d/z": "z"}
OLD = 1_600_000_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes"),
    # The child does nothing but move, whatever threads its parent has.
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


class Fuse:
    """Kills its process before the nth step of a move, the first being 1."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.seen = 0

    def burn(self) -> None:
        self.seen += 1
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def faults(self, call: Call) -> Sequence[Fault]:
        self.burn()
        return ()

    def light(self, tiers: Tiers, patch: pytest.MonkeyPatch) -> None:
        """Requests to both buckets and whatever is written down are its steps."""
        tiers.common.store.plan = tiers.premium.store.plan = self  # type: ignore[assignment]
        for name in ("record", "set_meta"):
            self._watch(SqliteManifest, name, patch)
        for name in ("rename", "replace", "unlink", "link"):
            # Inside of what a bucket does, which is a folder here.
            self._watch(os, name, patch)

    def _watch(self, place: object, name: str, patch: pytest.MonkeyPatch) -> None:
        real: Callable[..., Any] = getattr(place, name)

        def watched(*given: Any, **how: Any) -> Any:
            self.burn()
            return real(*given, **how)

        patch.setattr(place, name, watched)


class World:
    """Two buckets that are folders, and the state of who moves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for name in ("common", "premium"):
            (folder / name).mkdir()
        for key, data in FILES.items():
            self.put("common", key, data)

    def put(self, bucket: str, key: str, data: str) -> None:
        path = self.folder / bucket / ID / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(data)
        os.utime(path, (OLD, OLD))

    def drop(self, bucket: str, key: str) -> None:
        (self.folder / bucket / ID / key).unlink(missing_ok=True)

    def files(self, bucket: str) -> dict[str, str]:
        root = self.folder / bucket / ID
        return {
            path.relative_to(root).as_posix(): path.read_text()
            for path in root.rglob("*")
            if path.is_file() and path.name != NOTE
        }

    def unfinished(self) -> list[str]:
        found = self.folder.glob(f"[cp]*/{ID}/**/.buckia-*")
        return [path.name for path in found if path.name not in NOTES]

    def has_note(self, bucket: str) -> bool:
        return (self.folder / bucket / ID / NOTE).exists()

    def tiers(self) -> Tiers:
        stores = [
            LocalStore(self.folder / name, tag="me", lacks=FOLDER_ONLY)
            for name in ("common", "premium")
        ]
        tiers = Tiers(self.folder / "work", *stores)
        # The names by which the state knows them must be the same in every process.
        for tier, name in ((tiers.common, "common"), (tiers.premium, "premium")):
            tier.name = f"{name}-{self.folder.name}"
            provider.stores[tier.name] = tier.store
        tiers.workers = 1
        return tiers

    def move(self, *, back: bool = False) -> Any:
        return self.tiers().move(back=back)

    def killed(self, steps: int, *, back: bool = False) -> bool:
        """Move in a process that dies before that step; whether it came to that."""
        child = os.fork()
        if not child:
            with pytest.MonkeyPatch.context() as patch:
                try:
                    tiers = self.tiers()
                    Fuse(steps).light(tiers, patch)
                    tiers.move(back=back)
                finally:
                    os._exit(0)
        return os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


@pytest.mark.parametrize("back", [False, True], ids=["there", "back"])
def test_a_kill_before_any_step_is_made_good_by_the_next_run(tmp_path: Path, back: bool) -> None:
    for steps in count(1):
        world = World(tmp_path / f"{steps}")
        if back:
            world.move()
        was_killed = world.killed(steps, back=back)
        result = world.move(back=back)
        assert result.left == (), steps
        old, new = ("premium", "common") if back else ("common", "premium")
        assert (world.files(new), world.files(old)) == (FILES, {}), steps
        assert (world.has_note(old), world.has_note(new)) == (True, False), steps
        assert world.unfinished() == [], steps
        if not was_killed:
            break
    assert steps > 6 * len(FILES), "or nothing was killed"


def edited(world: World) -> None:
    world.put("common", "a.txt", "edited")


def added(world: World) -> None:
    world.put("common", "c.txt", "edited")


DEEDS = (edited, added)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_what_is_written_to_the_old_folder_after_a_kill_is_not_lost(
    tmp_path: Path, deed: Callable[[World], object]
) -> None:
    for steps in count(1):
        world = World(tmp_path / f"{steps}")
        was_killed = world.killed(steps)
        deed(world)
        result = world.move()
        old, new = world.files("common"), world.files("premium")
        assert set(result.left) == set(old), steps
        assert "edited" in {*old.values(), *new.values()}, steps
        assert {**FILES, **old, **new}.keys() == {**old, **new}.keys(), steps
        if not was_killed:
            break


def test_what_is_deleted_in_the_new_bucket_after_a_kill_does_not_come_back(tmp_path: Path) -> None:
    switched = 0
    for steps in count(1):
        world = World(tmp_path / f"{steps}")
        was_killed = world.killed(steps)
        is_switched = world.has_note("common")
        if is_switched:
            switched += 1
            world.drop("premium", "a.txt")
            world.put("premium", "d/z", "edited there")
        assert world.move().left == ()
        new = world.files("premium")
        assert world.files("common") == {}
        assert ("a.txt" not in new, new["d/z"] == "edited there") == (is_switched, is_switched)
        if not was_killed:
            break
    assert switched > len(FILES)
