"""What people do to files: the steps of a history, and histories made of them by a seed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path
from random import Random

import msgspec

from tests.histories import oracle
from tests.histories.oracle import Rules
from tests.histories.world import BUCKET, SENTINEL, World, files_below

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND

NAMES = (
    *("a", "b.txt", "A", "a.tar.gz", ".hidden", "d/x", "d/y.jpg", "d/e/z", "d.txt", "a!"),
    *(
        "e/f/g/h/i/j/k/deep.txt",
        "caf\u00e9.txt",
        "cafe\u0301.txt",
        "\u4e2d \U0001f600",
        "d/caf\u00e9/x",
    ),
    *("a b", "100%", "[a]*?.txt", "'\"$HOME&", "\ufb01", "#~", f"{'long' * 55}.txt"),
)
"""Few, so that the same one is met again; some are folders of others, some differ by little."""


class Edit(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that somebody does in one place; one that cannot be done there is left out."""

    place: str
    act: str
    key: str = ""
    nth: int = 0
    """Which of the files that are there, where no key is named."""
    text: str = ""
    times: int = 1
    """How often the text stands there."""
    at: int = 0
    """Tenths of a second after the start of time: what the file's own time becomes."""
    anew: bool = False
    """As a new file that takes the old one's name, or into the old one."""

    @property
    def data(self) -> bytes:
        return self.text.encode() * self.times


class Sync(msgspec.Struct, frozen=True):
    device: str
    rules: Rules
    workers: int = 4


Step = Edit | Sync
History = list[Step]


def edit(world: World, step: Edit) -> None:
    """Do it, as far as it can be done."""
    folder = world.place(step.place)
    ACTS[step.act](folder, step)


def _put(path: Path, data: bytes, step: Edit) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path
    if step.anew and path.exists():
        target = path.with_name(".new")
    target.write_bytes(data)
    mtime = START + step.at * (SECOND // 10)
    os.utime(target, ns=(mtime, mtime))
    if target != path:
        target.replace(path)


def _free(folder: Path, key: str) -> bool:
    """Whether a file of this key can be there: no folder has its name, no file its folder's."""
    path = folder / key
    above = [parent for parent in path.parents if parent != folder and folder in parent.parents]
    return not path.is_dir() and not any(parent.is_file() for parent in above)


def _is_known(path: Path) -> bool:
    """Neither the sentinel nor what a killed sync left, which nobody would edit."""
    return path.name != SENTINEL and not any(part.startswith(".buckia-") for part in path.parts)


def _nth(folder: Path, step: Edit) -> Path | None:
    found = sorted(path for path in files_below(folder) if _is_known(path))
    return found[step.nth % len(found)] if found else None


def write(folder: Path, step: Edit) -> None:
    if _free(folder, step.key):
        _put(folder / step.key, step.data, step)


def overwrite(folder: Path, step: Edit) -> None:
    if path := _nth(folder, step):
        _put(path, step.data, step)


def append(folder: Path, step: Edit) -> None:
    if path := _nth(folder, step):
        _put(path, path.read_bytes() + step.data, step)


def touch(folder: Path, step: Edit) -> None:
    if path := _nth(folder, step):
        _put(path, path.read_bytes(), step)


def sneak(folder: Path, step: Edit) -> None:
    """Other bytes of the same length, under the same time."""
    path = _nth(folder, step)
    if path and (data := path.read_bytes()):
        told = path.stat()
        path.write_bytes(bytes([data[0] ^ 0x20]) + data[1:])
        os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))


def delete(folder: Path, step: Edit) -> None:
    """With all folders that become empty, or without."""
    if path := _nth(folder, step):
        path.unlink()
        if step.anew:
            _prune(path.parent, folder)


def drop(folder: Path, step: Edit) -> None:
    """Delete the file of this very key, and the folders that become empty."""
    path = folder / step.key
    if path.is_file():
        path.unlink()
        _prune(path.parent, folder)


def _prune(path: Path, folder: Path) -> None:
    while path != folder and not any(path.iterdir()):
        path.rmdir()
        path = path.parent


def rename(folder: Path, step: Edit) -> None:
    path = _nth(folder, step)
    if path and _free(folder, step.key) and path not in (folder / step.key).parents:
        (folder / step.key).parent.mkdir(parents=True, exist_ok=True)
        path.replace(folder / step.key)
        if path.parent != folder:
            _prune(path.parent, folder)


def move(folder: Path, step: Edit) -> None:
    """A rename of the file of one key, which `text` names, to another."""
    path = folder / step.text
    if path.is_file() and _free(folder, step.key) and path not in (folder / step.key).parents:
        (folder / step.key).parent.mkdir(parents=True, exist_ok=True)
        path.replace(folder / step.key)


def file_to_folder(folder: Path, step: Edit) -> None:
    if path := _nth(folder, step):
        path.unlink()
        _put(path / "inner.txt", step.data, step)


def folder_to_file(folder: Path, step: Edit) -> None:
    found = sorted({path.parent for path in files_below(folder) if _is_known(path)} - {folder})
    if found:
        path = found[step.nth % len(found)]
        shutil.rmtree(path)
        _put(path, step.data, step)


ACTS: dict[str, Callable[[Path, Edit], None]] = {
    act.__name__: act
    for act in (
        *(write, overwrite, append, touch, sneak, delete, drop, rename, move),
        *(file_to_folder, folder_to_file),
    )
}

COMMON = ("write", "write", "write", "overwrite", "append", "touch", "delete", "delete", "rename")
RARE = ("sneak", "file_to_folder", "folder_to_file", "empty")
JOINT = ("twin", "twins_rename", "clash", "clash", "cross")
"""What happens to one key in two places at once."""

POLICIES = (
    None,
    *(oracle.LOCAL_WINS, oracle.REMOTE_WINS, oracle.NEWEST_WINS, oracle.KEEP_BOTH, oracle.ASK),
)
EVERY_RULES = (
    *(Rules(oracle.BOTH, deletes, policy) for deletes, policy in product((True, False), POLICIES)),
    *(Rules(way, deletes) for way, deletes in product((oracle.PUSH, oracle.PULL), (True, False))),
    Rules(oracle.PUSH, delete_orphaned=True, policy=oracle.KEEP_BOTH),
    Rules(oracle.PULL, delete_orphaned=False, policy=oracle.ASK),
)
"""Every setting that means something, and for one-way syncs two that must mean nothing."""


class Author:
    """Makes up a history. The same seed makes up the same."""

    def __init__(self, seed: int, devices: str) -> None:
        self.chance = Random(f"history {seed}")
        self.rules = EVERY_RULES[seed % len(EVERY_RULES)]
        self.devices = devices
        self.names = self.chance.sample(NAMES, 8)
        self._clock = 0

    def history(self, rounds: int) -> History:
        steps: History = []
        for _ in range(rounds):
            for _ in range(self.chance.randint(0, 7)):
                steps += self._edits()
            steps.append(self.sync())
        return steps

    def sync(self) -> Sync:
        rules = self.rules if self.chance.random() < 0.8 else self.chance.choice(EVERY_RULES)
        return Sync(self.chance.choice(self.devices), rules, self.chance.choice((1, 4)))

    def edits(self, count: int) -> list[Edit]:
        return [edit for _ in range(count) for edit in self._edits()]

    def _edits(self) -> Iterable[Edit]:
        places = [*self.devices, BUCKET]
        drawn = self.chance.random()
        if drawn < 0.25:
            return self._joint(self.chance.choice(JOINT))
        act = self.chance.choice(RARE if drawn < 0.4 else COMMON)
        return (self._edit(self.chance.choice(places), act),)

    def _joint(self, act: str) -> Iterable[Edit]:
        """The same file written, renamed or written otherwise in two places, or lost in one."""
        first = {"twins_rename": "move"}.get(act, "write")
        second = {"twins_rename": "move", "cross": "drop"}.get(act, "write")
        places = [self.chance.choice(self.devices), BUCKET]
        self.chance.shuffle(places)
        one, other = self._edit(places[0], first), self._edit(places[1], second)
        if act == "clash":
            return one, msgspec.structs.replace(other, key=one.key)
        return one, msgspec.structs.replace(other, key=one.key, text=one.text, times=one.times)

    def _edit(self, place: str, act: str) -> Edit:
        # Each time is one of its own; some are close to the one before, some lie ahead.
        self._clock += self.chance.choice((7, 100, 1000))
        ahead = 20_000_000_000 if self.chance.random() < 0.05 else 0
        done = Edit(
            place=place,
            act=act,
            key=self.chance.choice(self.names),
            nth=self.chance.randrange(60),
            text=f"{place} {self._clock} ",
            times=self.chance.choice((1, 1, 5, 60)),
            at=self._clock + ahead,
            anew=self.chance.random() < 0.5,
        )
        match act:
            case "move":
                return msgspec.structs.replace(done, text=self.chance.choice(self.names))
            case "empty":
                return msgspec.structs.replace(done, act="write", text="")
            case _:
                return done
