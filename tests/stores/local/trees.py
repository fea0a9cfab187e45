"""Trees that are rearranged while stores look away, and what a store makes of them.

All is below one folder: the root of a store in `root`, and what is nobody's business in `outside`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from buckia.body import BytesBody
from buckia.errors import StorageError
from buckia.protocols import ABSENT
from buckia.stores.local import LocalStore
from buckia.stores.local.folders import Folder
from buckia.stores.local.kept import Kept

OLD = 1_600_000_000_123_456_789
"""A time of long ago: nothing depends on how quick a test is."""


class Forgetful(Kept):
    """Keeps no folder: each key is walked to."""

    def lent(self, *_found: object, **_how: object) -> None:
        return None

    def keep(self, root: object, segments: object, folder: Folder, **_how: object) -> Folder:
        return folder


def planted(base: Path) -> Path:
    """`root/a/b/x` and `root/a/y`, and files of the same names outside."""
    for top in ("root", "outside"):
        for key in ("a/b/x", "a/y", "b/x", "x", "secret"):
            put(base / top / key, f"{top} {key}")
    return base


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, ns=(OLD, OLD))


def looks(base: Path) -> dict[str, str]:
    """All names below a folder: what files hold, where links lead, and empty text for folders."""
    found = {}
    for path in sorted(base.rglob("*")):
        if path.is_symlink():
            text = "-> " + str(path.readlink()).replace(str(base), "")
        elif path.is_file():
            text = path.read_text()
        else:
            text = ""
        found[path.relative_to(base).as_posix()] = text
    return found


def handles() -> int:
    """How many this process has open, where the system tells."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@contextmanager
def opened(base: Path, *, follow: bool = False, forgets: bool = False) -> Iterator[LocalStore]:
    """A store on the root of the tree; `forgets` makes it one that walks to each key."""
    store = LocalStore(base / "root", tag="me", probe=base, follow_symlinks=follow)
    if forgets:
        store._ground._kept = Forgetful()
    try:
        yield store
    finally:
        store.close()


# What can be asked of a store.


def _read(store: LocalStore, key: str, _slot: Path) -> object:
    with store.read(key) as reading:
        return reading.read()


def _range(store: LocalStore, key: str, _slot: Path) -> object:
    with store.read_range(key, 1, 3) as reading:
        return reading.read()


def _stat(store: LocalStore, key: str, _slot: Path) -> object:
    seen = store.stat(key)
    return seen.key, seen.size


def _replace(store: LocalStore, key: str, slot: Path) -> object:
    staged = store.stage(key, BytesBody(data=b"new", mtime_ns=OLD))
    try:
        return staged.commit(expect=store.stat(key).version, slot=slot).size
    finally:
        staged.discard()


def _delete_if(store: LocalStore, key: str, _slot: Path) -> object:
    store.delete_if(key, expect=store.stat(key).version)
    return None


def _retire(store: LocalStore, key: str, slot: Path) -> object:
    store.retire(key, expect=store.stat(key).version, slot=slot)
    return slot.read_text()


def _move(store: LocalStore, key: str, _slot: Path) -> object:
    return store.move(key, "moved/here", source_version=store.stat(key).version).key


def _move_to(store: LocalStore, key: str, _slot: Path) -> object:
    return store.move("x", key, source_version=store.stat("x").version).key


def _copy(store: LocalStore, key: str, _slot: Path) -> object:
    return store.copy("x", key, source_version=store.stat("x").version).key


BODY = BytesBody(data=b"written", mtime_ns=OLD)
Operation = Callable[[LocalStore, str, Path], object]
READS: dict[str, Operation] = {
    "stat": _stat,
    "read": _read,
    "range": _range,
    "digest": lambda store, key, _slot: store.digest(key, "sha256"),
    "list": lambda store, _key, _slot: [one.key for page in store.scan() for one in page],
}
WRITES: dict[str, Operation] = {
    "write": lambda store, key, _slot: store.write(key, BODY).size,
    "write new": lambda store, key, _slot: store.write_if(key, BODY, expect=ABSENT).size,
    "together": lambda store, key, _slot: store.stage_unsettled(key, BODY).commit_over().size,
    "give up": lambda store, key, _slot: store.stage(key, BODY).discard(),
    "replace": _replace,
    "delete": lambda store, key, _slot: store.delete(key),
    "delete if": _delete_if,
    "retire": _retire,
    "move": _move,
    "move to": _move_to,
    "copy": _copy,
}
OPERATIONS = READS | WRITES


def outcome(base: Path, name: str, store: LocalStore, key: str) -> object:
    """What came of an operation, in words that are the same in another tree."""
    try:
        return OPERATIONS[name](store, key, base / "slot")
    except StorageError as error:
        said = error.message.replace(str(base), "")
        return type(error).__name__, error.key, said
    finally:
        (base / "slot").unlink(missing_ok=True)


# What others do meanwhile.


def away(path: Path, to: str = "away") -> Path:
    """Move it out of the root."""
    goal = _base(path) / to
    path.rename(goal)
    return goal


def other(path: Path) -> None:
    """Another folder of its name, that holds files of the same names."""
    away(path)
    shutil.copytree(_base(path) / "outside" / "a", path)
    put(path / "x", "another x")


def linked(path: Path) -> None:
    """A link to what it was."""
    path.symlink_to(away(path))


def linked_elsewhere(path: Path) -> None:
    away(path)
    path.symlink_to(_base(path) / "outside" / path.relative_to(_base(path) / "root"))


def file(path: Path) -> None:
    away(path)
    put(path, "a file")


def made_again(path: Path) -> None:
    shutil.rmtree(path)
    path.mkdir()


def back(path: Path) -> None:
    away(path).rename(path)


def _base(path: Path) -> Path:
    """The folder of the whole tree, given its root or what is below it."""
    return next(one.parent for one in (path, *path.parents) if one.name == "root")


DEEDS: dict[str, Callable[[Path], object]] = {
    "left alone": lambda _path: None,
    "moved beside": lambda path: path.rename(path.with_name("beside")),
    "moved away": away,
    "moved away and back": back,
    "another": other,
    "a link to itself": linked,
    "a link elsewhere": linked_elsewhere,
    "a file": file,
    "deleted": shutil.rmtree,
    "made again": made_again,
}
"""What becomes of a folder that was kept, or of one above it."""
