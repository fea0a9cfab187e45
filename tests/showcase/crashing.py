"""Resets and updates that are killed, while an app has the database open; run as a script.

    python -m tests.showcase.crashing FOLDER SCENE STRIDE FIRST
    python -m tests.showcase.crashing FOLDER SCENE seeds SEED...

The first way kills before every STRIDE-th operation from FIRST on, the second after times drawn by
lot. After each kill the database is sound and as before or as the demo has it, and all that
somebody wrote is in its place or in the trash. Then the user goes on writing, and what was killed
is run again, or a sync in its place: it ends where an undisturbed run would have ended.

Prints as JSON how many kills there were.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from random import Random

from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from tests.databases.crashing import App, Rows, rows_of, write
from tests.histories.crashing import Stopwatch, kill_after, kill_at
from tests.histories.killing import script

MOST = 2500
Tree = dict[str, bytes]
Kill = Callable[[Callable[[], object]], bool]
"""Does the work in a child that dies of it, perhaps; whether it did."""
BEFORE: Rows = {0: "agreed 0", 1: "mine", 100: "demo old", 101: "demo gone"}
DEMO: Rows = {7: "demo team", 100: "demo new", 102: "demo more"}
UPDATED: Rows = {0: "agreed 0", 1: "mine", 100: "demo new", 102: "demo more"}
FILES: Tree = {"a": b"mine a", "pics/both": b"mine both", "pics/gone": b"mine gone"}
NEW: Tree = {"pics/both": b"demo both", "pics/more": b"demo more", "a/b": b"demo a/b"}
OTHERS: Tree = {"pics/both": b"of another device", "theirs": b"new there"}
"""What another device has written to the bucket meanwhile."""
LATE = "late"
SCENES: Mapping[str, tuple[str, str]] = {
    "reset": ("reset", "reset"),
    "reset-sync": ("reset", "sync"),
    "update": ("update", "update"),
    "update-sync": ("update", "sync"),
}
"""What is killed, and what is run then."""


class Stage:
    """A user's folder in step with a bucket, and what the demo team and others wrote since."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self.root, self.bucket = folder / "here", folder / "bucket"
        self.user, self.theirs = self.root / "ID", self.bucket / "ID"
        self.demo = self.bucket / "demo"
        self.database = self.user / "App.sqlite"
        for place, files, rows in ((self.user, FILES, BEFORE), (self.demo, NEW, DEMO)):
            put(place, files)
            write(place / "App.sqlite", rows)
        self.config = BucketConfig(
            provider="local",
            bucket_name="bucket",
            folders=["ID"],
            options={"root": str(folder)},
            delete_orphaned=True,
            demo={"folder": "demo", "database": "App.sqlite", "rows": {"ids": [100, 199]}},
        )
        self.run("sync")
        self.published = tree(self.demo)

    def run(self, what: str) -> None:
        with BuckiaClient(self.config, local_path=self.root) as client:
            if what == "sync":
                result = client.sync()
                assert not result.failed, result.failed
            elif what == "reset":
                sent = client.app_reset().sent
                assert sent.exit_code == 0, sent
            else:
                client.app_update_demo()

    def begin(self) -> None:
        put(self.theirs, OTHERS)

    def is_begun(self) -> bool:
        return any(self.root.glob(".buckia.state/pairs/*/reset.json"))

    def kept(self) -> list[Path]:
        found = self.root.glob(".buckia.state/trash/*/*/*")
        return [path for path in found if path.with_name(path.name + ".json").exists()]

    def check_nothing_lost(self, more: Tree) -> None:
        there = [path.read_bytes() for path in (*self.kept(), *files_of(self.root, self.bucket))]
        for name, content in {**FILES, **more}.items():
            assert content in there, f"{name} is lost"
        for name, content in OTHERS.items():
            assert content in there, f"{name} of another device is lost"
        databases = [rows_of(path) for path in self.kept() if path.stat().st_size > 4000]
        assert BEFORE in (rows_of(self.database), *databases), "the database is lost"
        assert tree(self.demo) == self.published, "the demo was written to"

    def check_killed(self, after: Rows) -> None:
        found = rows_of(self.database)
        assert found in (BEFORE, after), found
        if found == BEFORE:
            for name, content in FILES.items():
                assert (self.user / name).read_bytes() == content, f"{name} went too early"

    def go_on(self) -> None:
        """The user writes after the kill and before what comes next."""
        put(self.user, {LATE: b"written late"})

    def check_ended(self, rows: Rows, files: Tree) -> None:
        for place in (self.user, self.theirs):
            found = tree(place)
            found.pop(LATE, None)
            assert found == files, (place, sorted(found))
            there = rows_of(place / "App.sqlite")
            assert there == rows, (place, there)
        with BuckiaClient(self.config, local_path=self.root) as client:
            status = client.status()
            assert not list(status.actions), status.actions
        assert not self.is_begun(), "the journal is left"


def put(folder: Path, files: Tree) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def files_of(*folders: Path) -> list[Path]:
    return [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and ".buckia" not in str(path.relative_to(folder))
    ]


def tree(folder: Path) -> Tree:
    """All but the database and what SQLite keeps beside it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files_of(folder)
        if not path.name.startswith("App.sqlite")
    }


SYNCED: Tree = {**FILES, **OTHERS}
"""What an ordinary sync comes to: the user's and the other device's changes meet in none."""


def expected(scene: str, *, is_begun: bool, is_applied: bool) -> tuple[Rows, Tree]:
    what, then = SCENES[scene]
    if what == "reset":
        return (DEMO, NEW) if then == "reset" or is_begun else (BEFORE, SYNCED)
    more = {key: value for key, value in NEW.items() if key == "pics/more"}
    if then == "update" or is_applied:
        return UPDATED, {**SYNCED, **more}
    return BEFORE, SYNCED


def play(stage: Stage, scene: str, kill: Kill) -> bool:
    what, then = SCENES[scene]
    stage.begin()
    with App(stage.database) as app:
        # Once it answers, it has written what it writes when it starts.
        app.write({})
        died = kill(lambda: stage.run(what))
        after = DEMO if what == "reset" else UPDATED
        stage.check_killed(after)
        stage.check_nothing_lost({})
        is_applied = rows_of(stage.database) == after
        is_begun = stage.is_begun() or is_applied
        stage.go_on()
        stage.run(then)
        if what == "update":
            # Rows and files travel with the next sync; that of pictures may have been cut off.
            stage.run("update" if then == "update" else "sync")
            stage.run("sync")
        stage.check_nothing_lost({LATE: b"written late"})
        rows, files = expected(scene, is_begun=is_begun, is_applied=is_applied)
        if what == "update" and then == "sync" and not is_applied:
            # Pictures that came before the kill are the user's now, and harm nobody.
            more = stage.user / "pics/more"
            files = {**files, **({"pics/more": NEW["pics/more"]} if more.exists() else {})}
        stage.check_ended(rows, files)
    return died


def steps(folder: Path, scene: str, stride: int, first: int) -> int:
    for kills, step in enumerate(range(first, MOST, stride)):
        stage = Stage(folder)
        try:
            died = play(stage, scene, partial(kill_at, step))
        except Exception as error:  # noqa: BLE001 - where it was killed is what one wants to know
            sys.exit(f"{scene}, killed before operation {step}: {error!r}")
        if not died:
            return kills
    raise AssertionError(f"{scene} has more than {MOST} operations")


def at_random(folder: Path, scene: str, seeds: list[int]) -> int:
    kills, usual = 0, Stopwatch()
    play(Stage(folder), scene, usual)
    for seed in seeds:
        stage = Stage(folder)
        seconds = Random(f"{scene} {seed}").uniform(0, usual.seconds)
        try:
            kills += play(stage, scene, partial(kill_after, seconds))
        except Exception as error:  # noqa: BLE001 - which seed it was is what one wants to know
            sys.exit(f"{scene}, seed {seed}: {error!r}")
    return kills


if __name__ == "__main__":
    script(steps, at_random)
