"""Processes that are killed while they write: what they said was kept is kept, and whole."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from buckia.model import SideName
from buckia.state.cache import DigestCache
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from buckia.state.trash import Trash

Spawn = Callable[..., AbstractContextManager[subprocess.Popen[str]]]

WRITES_THE_BASE = """
import os, sys, threading
from pathlib import Path
from buckia.model import Agreed, Intent, SideName
from buckia.state.cache import DigestCache, Known
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest

def tell(word):
    os.write(1, word.encode() + b"\\n")

database = Database.open(Path(sys.argv[1]))
assert database.notices == (), database.notices
manifest, cache = SqliteManifest(database), DigestCache(database)
tell("open")

def work(thread):
    n = 0
    while True:
        name = f"{sys.argv[2]}.{thread}.{n}"
        manifest.intend([Intent(name, SideName.LEFT, "")])
        tell("intended " + name)
        if n % 3:
            keys = [name, name + "/a", name + "/b"]
            manifest.record([Agreed(k, name, name, n, "md5:" + "ab" * 16) for k in keys])
            tell("recorded " + name)
        cache.put_many([Known(name + f"/{k}", "1", {"md5": "ab" * 16}) for k in range(400)])
        n += 1

for thread in range(4):
    threading.Thread(target=work, args=(thread,)).start()
"""


# How many of its words a process gets to say before it is killed: it dies while it begins, too.
SPEECHES = (0, 300, 1, 30, 0, 2, 300, 30)


def killed(spawn: Spawn, script: str, speech: int, *words: object) -> list[str]:
    """Run the script, kill it at some instant after so many words, and return what it had said."""
    with spawn(script, *words) as child:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(speech)]
        # Between two of its words, too, and while it begins.
        time.sleep(random.random() * 0.02)
        child.kill()
        said += child.stdout.readlines()
    # A kill can cut the last word short.
    return [line.strip() for line in said if line.endswith("\n")]


def test_what_a_killed_process_called_durable_is_there(base: Path, spawn: Spawn) -> None:
    said: set[str] = set()
    for turn, speech in enumerate(SPEECHES):
        said |= set(killed(spawn, WRITES_THE_BASE, speech, base, turn))
        with Database.open(base) as database:
            assert database.notices == ()
            check(database, said)
    assert sum(word.startswith("recorded") for word in said) > 20


def check(database: Database, said: set[str]) -> None:
    manifest = SqliteManifest(database)
    DigestCache(database)
    rows = {row.key: row for block in manifest.scan() for row in block}
    intended = {intent.key for intent in manifest.intents()}
    for word in said:
        kind, _, name = word.partition(" ")
        assert kind != "recorded" or name in rows
        assert kind != "intended" or name in intended or name in rows
    # All of a record, or none of it: the intent is gone exactly when its rows are there.
    assert not intended & rows.keys()
    for key, row in rows.items():
        assert {row.left, row.left + "/a", row.left + "/b"} <= rows.keys(), key


FILLS_THE_TRASH = """
import os, sys, threading
from pathlib import Path
from buckia.model import SideName
from buckia.state.trash import Trash

trash, place = Trash(Path(sys.argv[1])), Path(sys.argv[2])

def fetched(thread):
    n = 0
    while True:
        n += 1
        data = f"{sys.argv[3]}.{thread}.{n} ".encode() * 30_000
        slot = trash.slot("fetched", side=SideName.RIGHT, reason="replaced", size=len(data))
        slot.fill(data[at : at + 50_000] for at in range(0, len(data), 50_000))
        os.write(1, f"fetched {slot.path}\\n".encode())

def moved(thread):
    n = 0
    while True:
        n += 1
        old = place / f"{sys.argv[3]}.{thread}.{n}"
        old.write_bytes(b"old " * 1000)
        old.chmod(0o640)
        slot = trash.slot("moved", side=SideName.LEFT, reason="replaced", size=4000)
        old.rename(slot.path)
        slot.settle()
        os.write(1, f"moved {slot.path}\\n".encode())

for thread in range(2):
    threading.Thread(target=fetched, args=(thread,)).start()
    threading.Thread(target=moved, args=(thread,)).start()
"""


def test_what_a_killed_process_put_into_the_trash_is_there_and_whole(
    tmp_path: Path, spawn: Spawn
) -> None:
    place = tmp_path / "root"
    place.mkdir()
    said: set[str] = set()
    for turn, speech in enumerate(SPEECHES[:6]):
        said |= set(killed(spawn, FILLS_THE_TRASH, speech, tmp_path / "trash", place, turn))
    items = {str(item.path): item for item in Trash(tmp_path / "trash").items()}
    assert {word.split(" ", 1)[1] for word in said} <= items.keys()
    assert len(items) > 10
    for item in items.values():
        data = item.path.read_bytes()
        assert len(data) == item.size
        if item.side is SideName.LEFT:
            assert data == b"old " * 1000
            assert item.mode == 0o640
        else:
            assert len(set(data.split())) == 1
            assert item.mode is None


HOLDS_A_SCRATCH = """
import os, sys
from pathlib import Path
from buckia.state.spill import Spill
spill = Spill(str, Path(sys.argv[1]), limit=10)
spill.extend(map(str, range(100_000)))
os.write(1, b"spilled\\n")
sys.stdin.read()
"""


@pytest.mark.skipif("sys.platform == 'win32'", reason="open files keep their names there")
def test_a_killed_process_leaves_no_scratch_file(tmp_path: Path, spawn: Spawn) -> None:
    with spawn(HOLDS_A_SCRATCH, tmp_path) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "spilled\n"
        child.kill()
    assert list(tmp_path.iterdir()) == []
