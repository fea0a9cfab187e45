"""What goes wrong, played for real; `python -m tests.docs.troubles` writes it into docs/errors.md.

Each scene prepares both sides, lets something happen, and returns what a command then said. What
stands in the document is what was said, and what became of both sides.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from buckia.model import Traits
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import At, Pauses, Script, denied, unavailable
from tests.docs import app_troubles
from tests.docs.house import House, Said, Sides, Unable, small_disk

DOCUMENT = Path(__file__).parents[2] / "docs" / "errors.md"
BEGIN, END = "<!-- the table: python -m tests.docs.troubles -->", "<!-- end of the table -->"
HEAD = "| what is wrong | exit | what Buckia says | what it changed |\n| --- | --- | --- | --- |\n"

Scene = Callable[[House], Said]
SCENES: dict[str, Scene] = {}


class Row(NamedTuple):
    title: str
    code: int
    said: str
    changed: str

    def __str__(self) -> str:
        return f"| {self.title} | {self.code} | {self.said} | {self.changed} |"


def scene(title: str) -> Callable[[Scene], Scene]:
    def kept(play: Scene) -> Scene:
        SCENES[title] = play
        return play

    return kept


@scene("an unknown key in the file")
def unknown_key(house: House) -> Said:
    house.configure(delete_orphans=True)
    return house.type("sync")


@scene("a value of the wrong kind")
def wrong_value(house: House) -> Said:
    house.configure(max_workers="many")
    return house.type("sync")


@scene("there is no `.buckia` file")
def no_file(house: House) -> Said:
    (house.here / ".buckia").unlink()
    return house.type("sync")


@scene("a bucket's name is mistyped")
def mistyped_bucket(house: House) -> Said:
    return house.type("sync", "ntoes")


@scene("the provider is not installed")
def missing_provider(house: House) -> Said:
    house.configure(provider="onefile")
    return house.type("sync")


@scene("the secret is nowhere to be found")
def missing_secret(house: House) -> Said:
    house.rent()
    house.environ.clear()
    return house.type("sync")


@scene("the bucket's folder lies in the synced folder")
def bucket_inside(house: House) -> Said:
    house.configure(root=str(house.here))
    return house.type("sync")


@scene("the folder of a local bucket is missing: the disk is not there")
def missing_bucket(house: House) -> Said:
    house.there.rmdir()
    return house.type("sync")


@scene("the credentials are refused")
def refused(house: House) -> Said:
    house.rent(Script(At("scan", denied())))
    house.write(house.here, "shopping.txt")
    return house.type("sync")


@scene("the store does not answer, however often it is asked")
def unreachable(house: House) -> Said:
    house.rent(Script(At("scan", unavailable())))
    house.write(house.here, "shopping.txt")
    return house.type("sync")


@scene("the store refuses one object of several")
def one_refused(house: House) -> Said:
    operations = ("write", "write_if")
    house.rent(Script(*(At(one, denied(), key="shopping.txt") for one in operations)))
    house.write(house.here, "calls.txt", "shopping.txt")
    return house.type("sync")


@scene("a folder here cannot be read")
def unreadable(house: House) -> Said:
    house.write(house.here, "calls.txt", "private/diary.txt")
    house.type("sync")
    house.write(house.here, "shopping.txt")
    folder = house.here / "private"
    return house.type("sync", "--delete-orphaned", shut=folder)


@scene("the disk is full (a file system of 512 KiB)")
def full_disk(house: House) -> Said:
    house.write(house.there, "small.txt")
    house.write(house.there, "video.mp4", text="x" * 2_000_000)
    with small_disk(house.here, "512k"):
        house.configure()
        # One after the other: else what is written down of the small one may find the disk full.
        said = house.type("sync", "--max-workers", "1")
        # What is on this disk goes with it.
        shutil.copytree(house.here, house.folder / "kept")
    shutil.copytree(house.folder / "kept", house.here, dirs_exist_ok=True)
    return said


@scene("more files would be deleted than `max_delete` allows")
def too_many(house: House) -> Said:
    names = [f"{number:02}.txt" for number in range(1, 21)]
    house.write(house.here, *names)
    house.type("sync")
    for name in names[:12]:
        (house.here / name).unlink()
    return house.type("sync", "--delete-orphaned")


@scene("all files here are gone")
def emptied_here(house: House) -> Said:
    house.write(house.here, "calls.txt", "shopping.txt")
    house.type("sync")
    for name in ("calls.txt", "shopping.txt"):
        (house.here / name).unlink()
    return house.type("sync")


@scene("the bucket is suddenly empty")
def emptied_there(house: House) -> Said:
    house.write(house.here, "calls.txt", "shopping.txt")
    house.type("sync")
    for name in ("calls.txt", "shopping.txt"):
        (house.there / name).unlink()
    return house.type("sync")


@scene("a synced folder is gone: moved, or on a disk that is not there")
def vanished_root(house: House) -> Said:
    house.configure(paths=["letters"])
    house.write(house.here, "letters/ann.txt")
    house.type("sync")
    shutil.rmtree(house.here / "letters")
    return house.type("sync")


@scene("another bucket or disk stands in the place of the last one")
def another_bucket(house: House) -> Said:
    house.write(house.here, "calls.txt")
    house.type("sync")
    house.there.rename(house.nas / "the real one")
    house.write(house.there, "holiday.jpg")
    return house.type("sync")


@scene("the file names another bucket than last time")
def another_name(house: House) -> Said:
    house.write(house.here, "calls.txt")
    house.type("sync")
    (house.nas / "old-notes").mkdir()
    house.configure(bucket_name="old-notes")
    return house.type("sync")


@scene("a conflict waits for a person (`conflict_resolution: ask`)")
def conflict(house: House) -> Said:
    house.configure(conflict_resolution="ask")
    house.write(house.here, "shopping.txt")
    house.type("sync")
    house.write(house.here, "calls.txt")
    house.write(house.here, "shopping.txt", text="Bread, milk\n")
    house.write(house.there, "shopping.txt", text="Bread, tea\n")
    return house.type("sync")


@scene("a hostile name in the bucket")
def hostile(house: House) -> Said:
    house.rent()
    house.offer("../../.ssh/authorized_keys", "shopping.txt")
    return house.type("sync")


@scene("two names that are one in a bucket where case does not count")
def colliding(house: House) -> Said:
    house.rent(store=MemoryStore(traits=Traits(folds_case=True, keeps_mtime=True)))
    house.write(house.here, "Shopping.txt", text="Bread\n")
    house.write(house.here, "shopping.txt", text="Milk\n")
    house.write(house.here, "calls.txt")
    if len(house.contents()[0]) < 3:
        raise Unable("case does not count on this file system")
    return house.type("sync")


SCENES |= app_troubles.SCENES


@scene("another sync of the same pair is running")
def two_at_once(house: House) -> Said:
    second: list[Said] = []
    meanwhile = Pauses(lambda _call: second.append(house.type("sync")))
    house.rent(Script(At("scan", meanwhile, nth=1)))
    house.type("sync")
    return second[0]


@scene("the state was written by a newer Buckia")
def newer_state(house: House) -> Said:
    house.write(house.here, "calls.txt")
    house.type("sync")
    with sqlite3.connect(_base(house)) as base:
        base.execute("PRAGMA user_version = 99")
    base.close()
    house.write(house.here, "shopping.txt")
    return house.type("sync")


@scene("the state is damaged")
def damaged_state(house: House) -> Said:
    house.write(house.here, "calls.txt")
    house.type("sync")
    _base(house).write_bytes(b"no database")
    house.write(house.here, "shopping.txt")
    return house.type("sync")


def _base(house: House) -> Path:
    (found,) = house.here.glob(".buckia.state/pairs/*/base.sqlite")
    return found


def played(title: str, folder: Path) -> Row:
    """Play a scene; raises `Unable` where this system cannot."""
    house = House(folder)
    with patch("buckia.engine.limits.FIRST_PAUSE", 0.0):
        said = SCENES[title](house)
    return Row(title, said.code, _cell(said.lines), _changed(said.before, house.contents()))


def _cell(lines: list[str]) -> str:
    """Lines of output in one cell of a table."""
    shown = (line.strip().replace("|", "\\|").replace("<", "&lt;") for line in lines)
    return "<br>".join(shown)


def _changed(before: Sides, after: Sides) -> str:
    (here, there), (new_here, new_there) = before, after
    found = {
        "came": sorted(key for key in new_here if new_here[key] != here.get(key)),
        "was sent": sorted(key for key in new_there if new_there[key] != there.get(key)),
        "is gone here": sorted(here.keys() - new_here.keys()),
        "is gone there": sorted(there.keys() - new_there.keys()),
    }
    return ", ".join(f"`{key}` {what}" for what, keys in found.items() for key in keys) or "nothing"


def rows(document: str) -> dict[str, str]:
    """The rows of the table, by the scene's title."""
    table = document.partition(BEGIN)[2].partition(END)[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines[2:]}


def main() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    known, lines = rows(text), []
    for title in SCENES:
        with tempfile.TemporaryDirectory() as folder:
            try:
                lines.append(str(played(title, Path(folder))))
            except Unable as error:
                sys.stderr.write(f"kept as it was: {title}: {error}\n")
                lines.append(known[title])
    head, tail = text.partition(BEGIN)[0], text.partition(END)[2]
    table = HEAD + "\n".join(lines) + "\n"
    DOCUMENT.write_text(f"{head}{BEGIN}\n\n{table}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
