"""A `buckia sync` with changes of others that is killed before each operation; run as a script.

    python -m tests.inbound.killing FOLDER STRIDE FIRST

Kills with SIGKILL just before the nth effect on the disk, those of SQLite among them: for every
STRIDE-th n from FIRST on, until a sync comes through. Where effects cannot be counted on this
machine, Python's own calls and the commits to databases are. After each kill one more sync must end
where an undisturbed one would have ended, and leave nothing to do.

Each sync runs the command line in a fork of this process, which has everything imported already.
Prints as JSON how many kills there were.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from buckia.cli.app import run
from buckia.cli.terminal import Terminal
from tests.docs import pretend
from tests.histories.crashing import burn_at_commits
from tests.inbound.devices import INBOUND, Bucket
from tests.inbound.test_kills import FILES, TABLES
from tests.inbound.world import World
from tests.stores.local.crashes import Fuse, in_child
from tests.torture.crashes.seam import insist_on
from tests.torture.effects.effects import Effects, is_preloaded

MOST = 3000
PERMISSION = {"notes": ["id", "text"]}


class Case:
    """An app's folder that is in step with a bucket, into which others have put files since."""

    def __init__(self, folder: Path, *, journal: str, delete_orphaned: bool) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self.bucket = Bucket(folder)
        self.here = World(folder / "here", TABLES, inbound=False)
        self.here.run(f"PRAGMA journal_mode={journal}")
        inbound = {**INBOUND, "tables": PERMISSION}
        config = {
            "provider": "local",
            "bucket_name": "bucket",
            "root": str(folder),
            "delete_orphaned": delete_orphaned,
            "inbound": inbound,
        }
        file = self.here.folder / ".buckia.json"
        file.write_text(json.dumps({"app": config}))
        file.chmod(0o600)
        self.sync(0)
        for number, changes in enumerate(FILES):
            self.bucket.send(*changes, number=number)

    def sync(self, *codes: int, before: Callable[[], None] = lambda: None) -> bool:
        """Type `buckia sync` in the folder; whether it was killed."""

        def typed() -> None:
            before()
            said = io.StringIO()
            terminal = Terminal(
                stdin=io.StringIO(),
                stdout=said,
                stderr=said,
                environ={"TERM": "dumb"},
                cwd=self.here.folder,
                entry_points=pretend.shipped,
                keyring=lambda: None,
            )
            code = run(["sync"], terminal)
            assert code in codes, said.getvalue()

        _, status = os.waitpid(in_child(typed), 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return True
        assert status == 0
        return False

    def die_at(self, step: int) -> None:
        """Let this process die before its nth effect, the first being 0."""
        if is_preloaded():
            Effects(self.here.folder, self.bucket.folder).kill(step + 1, "before")
            return
        fuse = Fuse(step)
        fuse.set()
        burn_at_commits(fuse)

    def ended(self) -> dict[str, Any]:
        """All that has to be the same whatever happened on the way."""
        quarantine = World(self.here.folder, (), inbound=False)
        quarantine.quarantine = self.here.folder / ".buckia.state/quarantine"
        return {
            "here": self.here.rows(ours=True),
            "there": self.bucket.world().rows(ours=True),
            "quarantine": quarantine.quarantined(),
            # An emptied folder may stay, as after any deletion that was cut off.
            "files": [_files(self.here.folder), _files(self.bucket.folder)],
        }

    def insist(self, whole: dict[str, Any]) -> None:
        found = self.ended()
        others = {name: (found[name], whole[name]) for name in whole if found[name] != whole[name]}
        assert not others, others


def _files(folder: Path) -> list[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if path.parts[0] != ".buckia.state")


def steps(folder: Path, stride: int, first: int) -> int:
    kills = 0
    for journal, delete_orphaned in (("wal", False), ("delete", True)):
        how: dict[str, Any] = {"journal": journal, "delete_orphaned": delete_orphaned}
        undisturbed = Case(folder / "undisturbed", **how)
        undisturbed.sync(1)
        whole = undisturbed.ended()
        assert whole["here"]["buckia_applied"] == whole["there"]["buckia_applied"]
        assert len(whole["here"]["buckia_applied"]) == 3
        assert whole["files"] == [[".buckia.json", "App.sqlite"], [".buckia-bucket", "App.sqlite"]]
        for step in range(first, MOST, stride):
            case = Case(folder / "case", **how)

            if not case.sync(1, before=lambda c=case, n=step: c.die_at(n)):  # type: ignore[misc]  # both are given
                break
            kills += 1
            try:
                case.sync(0, 1)
                case.insist(whole)
                case.sync(0)
                case.insist(whole)
            except AssertionError as error:
                raise AssertionError(f"killed before operation {step}, {how}: {error}") from error
        else:
            raise AssertionError(f"the sync has more than {MOST} operations")
    return kills


if __name__ == "__main__":
    insist_on("tests.inbound.killing")
    _, place, each, begin = sys.argv
    print(json.dumps({"kills": steps(Path(place), int(each), int(begin))}))  # noqa: T201 - a script
