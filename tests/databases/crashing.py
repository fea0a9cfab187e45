"""Syncs of a database that are killed, while an app has it open; run as a script.

    python -m tests.databases.crashing FOLDER SCENE STRIDE FIRST
    python -m tests.databases.crashing FOLDER SCENE seeds SEED...

The first way kills before every STRIDE-th operation from FIRST on, the second after times drawn by
lot, and there the app writes meanwhile, and is what is killed, or is killed as well. After each
kill both databases are sound and hold nothing but what somebody committed, and one more sync ends
where an undisturbed one would have ended.

Prints as JSON how many kills there were.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Self

from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.results import SyncResult
from tests.histories.crashing import kill_after, kill_at
from tests.histories.killing import script
from tests.stores.local.crashes import in_child

MOST = 1500
KEY = "App.sqlite"
ROOT = Path(__file__).parents[2]
Rows = dict[int, str]
AGREED: Rows = {number: f"agreed {number}" for number in range(200)}
HERE: Rows = {1: "edited here", 1000: "new here"}
THERE: Rows = {2: "edited there", 2000: "new there"}
SCENES: Mapping[str, tuple[Rows, Rows]] = {
    "upload": (HERE, {}),
    "download": ({}, THERE),
    "merge": (HERE, THERE),
}
"""What was written on each side since both agreed."""
VICTIMS = (("sync",), ("app",), ("sync", "app"))


class App:
    """A process of its own that keeps the database open, with a log, and writes when told."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.databases.app", str(path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def write(self, rows: Rows) -> None:
        self._ask(json.dumps(list(rows.items())))

    def write_on(self) -> None:
        """Commit row after row from 5000 on, until the next question."""
        self._ask("on")

    def written(self) -> int:
        """Stop that; how many there were."""
        return int(self._ask("stop"))

    def die(self) -> None:
        """In the midst of whatever it does."""
        self._process.kill()
        self._process.wait()

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the app ended"
        return answer.strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_how: object) -> None:
        self._process.communicate()


def rows_of(path: Path) -> Rows:
    with closing(sqlite3.connect(path)) as database:
        verdict = database.execute("PRAGMA integrity_check").fetchone()
        assert verdict == ("ok",), (path, verdict)
        return dict(database.execute("SELECT id, word FROM words"))


def write(path: Path, rows: Rows) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS words (id INTEGER PRIMARY KEY, word)")
        database.executemany("REPLACE INTO words VALUES (?, ?)", rows.items())


class Stage:
    """A folder and a bucket that agree on a database, and what was written since."""

    def __init__(self, folder: Path, scene: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self.root, self.bucket = folder / "here", folder / "bucket"
        self.here, self.there = SCENES[scene]
        self.database, self.object = self.root / KEY, self.bucket / KEY
        self.root.mkdir(parents=True)
        self.bucket.mkdir()
        write(self.database, AGREED)
        (self.root / "rest").write_text("rest")
        self.config = BucketConfig(
            provider="local",
            bucket_name="bucket",
            options={"root": str(folder)},
            conflict_resolution="merge",
        )
        assert self.sync().exit_code == 0

    def sync(self) -> SyncResult:
        with BuckiaClient(self.config, local_path=self.root) as client:
            return client.sync()

    def begin(self, app: App) -> None:
        if self.there:
            copy = self.object.with_name("draft")
            copy.write_bytes(self.object.read_bytes())
            write(copy, self.there)
            copy.replace(self.object)
        if self.here:
            app.write(self.here)

    def late(self) -> int:
        """How many rows an app that is dead has committed late."""
        return sum(number >= 5000 for number in rows_of(self.database))

    def check_killed(self, more: int = 0) -> None:
        """Nothing but a state that somebody committed, or that is made of two of them.

        `more` are the rows that the app had begun to commit late, from 5000 on.
        """
        ours, theirs = {**AGREED, **self.here}, {**AGREED, **self.there}
        sound = (AGREED, ours, theirs, {**ours, **self.there})
        for path in (self.database, self.object):
            found = rows_of(path)
            late = sorted(number for number in found if number >= 5000)
            assert late == list(range(5000, 5000 + len(late))), late[-3:]
            assert len(late) <= more
            assert {key: word for key, word in found.items() if key < 5000} in sound, path

    def check_ended(self, more: int = 0) -> None:
        for _ in range(2):
            result = self.sync()
            assert not result.failed, result.failed
        late = dict.fromkeys(range(5000, 5000 + more), "late")
        wanted = {**AGREED, **self.here, **self.there, **late}
        assert rows_of(self.database) == wanted
        assert rows_of(self.object) == wanted
        left = {path.name for path in (*self.root.iterdir(), *self.bucket.iterdir())}
        assert left <= {KEY, f"{KEY}-wal", f"{KEY}-shm", "rest", ".buckia.state", ".buckia-bucket"}


def steps(folder: Path, scene: str, stride: int, first: int) -> int:
    for kills, step in enumerate(range(first, MOST, stride)):
        stage = Stage(folder, scene)
        with App(stage.database) as app:
            stage.begin(app)
            died = kill_at(step, stage.sync)
            try:
                stage.check_killed()
                stage.check_ended()
            except AssertionError as error:
                sys.exit(f"{scene}, killed before operation {step}: {error}")
        if not died:
            return kills
    raise AssertionError(f"the sync has more than {MOST} operations")


def killed(stage: Stage, app: App, victims: Collection[str], seconds: float) -> int:
    """Let a sync run, and kill it or the app or both after so long; how many that were."""
    if victims == ("sync",):
        return kill_after(seconds, stage.sync)
    child = in_child(stage.sync)
    time.sleep(seconds)  # the instant is meant to be any
    app.die()
    if "sync" in victims:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or status == 0, "the sync failed because its app died"
    return 1 + os.WIFSIGNALED(status)


def at_random(folder: Path, scene: str, seeds: list[int]) -> int:
    kills = 0
    for seed in seeds:
        chance = Random(f"{scene} {seed}")
        stage = Stage(folder, scene)
        with App(stage.database) as app:
            stage.begin(app)
            app.write_on()
            victims = chance.choice(VICTIMS)
            kills += killed(stage, app, victims, chance.uniform(0, 0.15))
            more = stage.late() if "app" in victims else app.written()
            try:
                stage.check_killed(more)
                stage.check_ended(more)
            except AssertionError as error:
                sys.exit(f"{scene}, seed {seed}, {' and '.join(victims)} killed: {error}")
    return kills


if __name__ == "__main__":
    script(steps, at_random)
