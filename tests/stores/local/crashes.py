"""Kills a process at every step of an operation, and at random instants; run as a script.

Each operation is done once in a forked child that dies of SIGKILL just before the nth call that
changes anything on the disk, for every n. What is left is then looked at by a fresh store, swept,
and compared with the states that the operation may end in.

    python crashes.py steps|random ABILITIES FOLDER SLOTS [OPERATION...]

Prints how many steps each operation has, or how many versions were written before the kills.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from buckia.body import BytesBody
from buckia.errors import VersionMismatch
from buckia.protocols import ABSENT
from buckia.stores.local import LocalStore, renames, system

OLD = 1_600_000_000_123_456_789
Tree = dict[str, bytes]
Operation = Callable[[LocalStore, str, Path], object]

OLD_BYTES, NEW_BYTES = b"old bytes" * 40, b"new bytes, and more of them" * 40


def body() -> BytesBody:
    return BytesBody(data=NEW_BYTES, mtime_ns=OLD + 1)


def swap_with_slot(store: LocalStore, version: str, slot: Path) -> object:
    return store.stage("f/a", body()).commit(expect=version, slot=slot)


OPERATIONS: dict[str, Operation] = {
    "create": lambda store, _version, _slot: store.write_if("g/b", body(), expect=ABSENT),
    "overwrite": lambda store, _version, _slot: store.write("f/a", body()),
    "replace": lambda store, version, _slot: store.write_if("f/a", body(), expect=version),
    "replace to slot": swap_with_slot,
    "delete": lambda store, version, _slot: store.delete_if("f/a", expect=version),
    "retire": lambda store, version, slot: store.retire("f/a", expect=version, slot=slot),
    "move": lambda store, version, _slot: store.move("f/a", "g/b", source_version=version),
    "copy": lambda store, version, _slot: store.copy("f/a", "g/b", source_version=version),
    "copy over nothing": lambda store, version, _slot: store.copy_if(
        "f/a", "g/b", source_version=version, expect=ABSENT
    ),
}

BEFORE: Tree = {"f/a": OLD_BYTES}
AFTER: dict[str, Tree] = {
    "create": {"f/a": OLD_BYTES, "g/b": NEW_BYTES},
    "overwrite": {"f/a": NEW_BYTES},
    "replace": {"f/a": NEW_BYTES},
    "replace to slot": {"f/a": NEW_BYTES},
    "delete": {},
    "retire": {},
    "move": {"g/b": OLD_BYTES},
    "copy": {"f/a": OLD_BYTES, "g/b": OLD_BYTES},
    "copy over nothing": {"f/a": OLD_BYTES, "g/b": OLD_BYTES},
}
KEEPS = {"replace to slot", "retire"}
"""After these the old bytes must stand in the slot if they do not stand in their place."""


def set_special_rename(special: Callable[[str], Any]) -> None:
    setattr(renames, "special_rename", special)  # noqa: B010 - mypy knows its own type for it


def limit(abilities: str) -> None:
    """Take away what other systems and file systems do not have."""
    missing = {"full": (), "no exchange": ("exchange",)}.get(abilities, ("exchange", "exclusive"))
    set_special_rename(lambda kind: None if kind in missing else system.special_rename(kind))


class Fuse:
    """Kills the process before its nth change of the disk."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def burn(self) -> None:
        self._left -= 1
        if self._left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def burning(*args: Any, **how: Any) -> Any:
            self.burn()
            return call(*args, **how)

        return burning

    def set(self) -> None:
        for name in ("mkdir", "rmdir", "unlink", "rename", "replace", "link", "write", "fsync"):
            setattr(os, name, self.around(getattr(os, name)))
        os.utime = self.around(os.utime)
        os.supports_fd.add(os.utime)
        os.fchmod = self.around(os.fchmod)
        real_open, special = os.open, vars(renames)["special_rename"]

        def burning_open(path: Any, flags: int, *rest: Any, **how: Any) -> int:
            if flags & os.O_CREAT:
                self.burn()
            return real_open(path, flags, *rest, **how)

        def burning_rename(kind: str) -> Any:
            rename = special(kind)
            return None if rename is None else self.around(rename)

        os.open = burning_open
        set_special_rename(burning_rename)


def files(folder: Path) -> Tree:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def prepare(root: Path, slots: Path) -> str:
    """One old file in a fresh root; gives its settled version."""
    for folder in (root, slots):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    store = LocalStore(root, tag="me", probe=root.parent)
    store.write("f/a", BytesBody(data=OLD_BYTES, mtime_ns=OLD))
    entry = store.stat("f/a")
    store.close()
    return entry.version.partition("~")[0]


def recover(root: Path) -> Tree:
    """What a next run finds, lists and sweeps."""
    store = LocalStore(root, tag="me", probe=root.parent)
    for _block in store.survey():
        pass
    store.sweep()
    listed = [entry.key for page in store.scan() for entry in page]
    store.close()
    left = files(root)
    assert sorted(left) == listed, f"something of ours is left: {sorted(left)}"
    return left


def judge(name: str, abilities: str, left: Tree, slots: Tree) -> None:
    allowed = [BEFORE, AFTER[name]]
    if abilities != "full" and name == "replace to slot":
        allowed.append({})  # without an exchange the name is free for a moment
    if abilities == "no special renames" and name == "move":
        allowed.append(AFTER["copy"])  # a second name comes before the first one goes
    assert left in allowed, f"left {sorted(left)}"
    if name in KEEPS and left != BEFORE:
        assert OLD_BYTES in slots.values(), "the old bytes are gone"


def in_child(work: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 - a forked child must not go on
            os.write(2, repr(error).encode())
            os._exit(1)
    return child


def steps(name: str, abilities: str, root: Path, slots: Path) -> int:
    """Die at each step in turn, until the operation comes through; returns how many there are."""
    for step in range(200):
        version = prepare(root, slots)

        def work(version: str = version, step: int = step) -> None:
            store = LocalStore(root, tag="me", probe=root.parent)
            Fuse(step).set()
            OPERATIONS[name](store, version, slots / "slot")

        _, status = os.waitpid(in_child(work), 0)
        try:
            judge(name, abilities, recover(root), files(slots))
        except AssertionError as error:
            raise AssertionError(f"killed before step {step}: {error}") from error
        if not os.WIFSIGNALED(status):
            assert status == 0
            assert recover(root) == AFTER[name]
            return step
    raise AssertionError("an operation has fewer steps")


def forever(name: str, root: Path, slots: Path, said: int) -> None:
    """Write version after version, saying each before and after, until killed."""
    store = LocalStore(root, tag="me", probe=root.parent)
    for number in range(1_000_000):
        data = b"%d:%d" % (os.getpid(), number)
        os.write(said, b"%s\n" % data)
        seen = store.stat("f/a")
        slot = slots / data.decode().replace(":", "-")
        try:
            store.stage("f/a", BytesBody(data=data)).commit(expect=seen.version, slot=slot)
        except VersionMismatch:
            continue
        os.write(said, b"%s done\n" % data)
        if name == "retire":
            seen = store.stat("f/a")
            store.retire("f/a", expect=seen.version, slot=Path(f"{slot}-retired"))
            store.write_if("f/a", BytesBody(data=b"filler"), expect=ABSENT)


def at_random(name: str, abilities: str, root: Path, slots: Path) -> int:
    """Kill a busy writer again and again: every version that was written is somewhere."""
    chance = random.Random(os.getpid())
    prepare(root, slots)
    written: set[bytes] = {OLD_BYTES}
    for turn in range(8):
        reading, saying = os.pipe()
        child = in_child(lambda said=saying: forever(name, root, slots, said))  # type: ignore[misc]
        os.close(saying)
        heard = os.read(reading, 1)
        while turn % 2 and b"done" not in heard:
            heard += os.read(reading, 1)
        time.sleep(chance.uniform(0, 0.03))  # the instant is meant to be any
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while chunk := os.read(reading, 1 << 16):
            heard += chunk
        os.close(reading)
        lines = heard.split(b"\n")
        written |= {line.removesuffix(b" done") for line in lines if line.endswith(b" done")}
        left = recover(root)
        everywhere = set(left.values()) | set(files(slots).values())
        assert written <= everywhere, f"lost {written - everywhere}"
        assert set(left) <= {"f/a"}, f"left {sorted(left)}"
        if not left:
            assert name == "retire" or abilities != "full", "the name may not be free"
            LocalStore(root, tag="me").write("f/a", BytesBody(data=b"filler"))
    return len(written)


def main() -> None:
    mode, abilities, folder, slots, *names = sys.argv[1:]
    system.special_rename("exclusive")
    limit(abilities)
    run = steps if mode == "steps" else at_random
    counts = {}
    for name in names or OPERATIONS:
        try:
            counts[name] = run(name, abilities, Path(folder) / "root", Path(slots) / "slots")
        except AssertionError as error:
            sys.exit(f"{name}: {error}")
    print(json.dumps(counts))  # noqa: T201 - a script


if __name__ == "__main__":
    main()
