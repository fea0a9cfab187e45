"""A disk as it may be found when the power was away: a model fed with what a process did to it.

What the model promises, and nothing beyond:

- All that lay there before the process began is as it was.
- Bytes of a file are surely there once the file was flushed behind them. Of others each piece of
  512 bytes may be there or not; where one is not, there is what was there before, or zeros. The
  size is the old or the new one. The time and the mode may each be old or new.
- A name is as it was made once its folder was flushed behind that. Other changes of names may have
  happened or not, each by itself, but what happened to one name happened in its order. A rename
  inside a folder and an exchange are done or not done. A rename from one folder to another may
  also be half done, and then the file has both names; it never has none. A folder is removed only
  with all that was moved out of it.

That is laxer than what POSIX says, which promises next to nothing without a flush of everything,
in that names never tear and a rename loses nothing; every journal and every copy-on-write file
system keeps that. It is stricter than ext4, where names last in the order in which they were made
and the flush of a new file brings its name along: who relies on that is found out here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.torture.effects.effects import Effect, Kind

PIECE = 512
ALL = 2
"""The number of a flush that is one of a whole file system."""
INDEX = "-shm"
"""How SQLite calls what it maps into memory and makes anew after a crash; it is not recorded."""


class Found(NamedTuple):
    """A file as the power left it."""

    data: bytes
    mode: int
    mtime_ns: int | None
    """None for whatever time it was written at."""


class File:
    """A file with what is safe of it, what is seen of it, and what came in between."""

    def __init__(self, data: bytes, mode: int, mtime_ns: int | None) -> None:
        self.safe = Found(data, mode, mtime_ns)
        self.data = bytearray(data)
        self.mode, self.mtime_ns = mode, mtime_ns
        self._since: list[Effect] = []

    @property
    def seen(self) -> Found:
        return Found(bytes(self.data), self.mode, self.mtime_ns)

    def change(self, effect: Effect) -> None:
        self._since.append(effect)
        if effect.kind is Kind.TIMES:
            self.mtime_ns = effect.offset
        elif effect.kind is Kind.MODE:
            self.mode = effect.number
        else:
            _alter(self.data, effect)
            self.mtime_ns = None

    def flush(self) -> None:
        self.safe = self.seen
        self._since = []

    def draw(self, chance: Random, share: float) -> Found:
        """What may be found of it, with each loose piece there by this chance."""
        if not self._since:
            return self.safe

        def new() -> bool:
            return chance.random() < share

        size = len(self.data) if new() else len(self.safe.data)
        data = bytearray(self.safe.data)
        for effect in self._since:
            for piece in _pieces(effect):
                if new():
                    _alter(data, piece)
        del data[size:]
        data.extend(bytes(size - len(data)))
        mtime = self.mtime_ns if new() else self.safe.mtime_ns
        return Found(bytes(data), self.mode if new() else self.safe.mode, mtime)


def _pieces(effect: Effect) -> Iterator[Effect]:
    if effect.kind is not Kind.WRITE:
        yield effect
        return
    for start in range(0, len(effect.data), PIECE):
        data = effect.data[start : start + PIECE]
        yield effect._replace(data=data, offset=effect.offset + start)


def _alter(data: bytearray, effect: Effect) -> None:
    if effect.kind is Kind.TRUNCATE:
        del data[effect.size :]
        data.extend(bytes(effect.size - len(data)))
    elif effect.kind is Kind.WRITE:
        data.extend(bytes(max(0, effect.offset - len(data))))
        data[effect.offset : effect.offset + len(effect.data)] = effect.data


class Folder:
    """A folder and its names."""

    def __init__(self, mode: int = 0o700) -> None:
        self.mode = mode
        self.safe: dict[str, File | Folder] = {}
        """What it held at the beginning."""
        self.names: dict[str, File | Folder] = {}
        """What it is seen to hold."""


Node = File | Folder


class Change(NamedTuple):
    """One name of one folder becomes another's, or nobody's."""

    folder: Folder
    name: str
    node: Node | None


class Step:
    """Changes that happen together or not at all, and the steps that must have happened before."""

    def __init__(self, changes: Sequence[Change], needs: Sequence[Step]) -> None:
        self.changes = changes
        self.needs = needs
        self.is_safe = False

    def secure(self) -> None:
        if not self.is_safe:
            self.is_safe = True
            for step in self.needs:
                step.secure()


class Disk:
    """The folders that were watched, from before the process began on."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.tops = {path.resolve(): _read(path) for path in folders}
        self._steps: list[Step] = []

    def apply(self, effect: Effect) -> None:
        """Let this have happened, too."""
        folder, name = self._place(effect.path)
        node = folder.names.get(name) if name else folder
        match effect.kind:
            case Kind.CREATE:
                self._step(Change(folder, name, File(b"", effect.number & 0o777, None)))
            case Kind.MKDIR:
                self._step(Change(folder, name, Folder(effect.number)))
            case Kind.UNLINK | Kind.RMDIR:
                self._step(Change(folder, name, None), emptied=node)
            case Kind.LINK:
                self._step(Change(*self._place(effect.other), node))
            case Kind.RENAME:
                self._rename(effect, Change(folder, name, node))
            case Kind.SYNC:
                if effect.number == ALL:
                    self._flush_all(self._top(effect.path))
                else:
                    self._flush(node, is_real=not effect.number)
            case _ if isinstance(node, File):
                node.change(effect)
            case Kind.MODE if isinstance(node, Folder):
                node.mode = effect.number
            case _:
                # Of a file that has no name any more nothing will be found.
                pass

    def _place(self, text: str) -> tuple[Folder, str]:
        """The folder and the name in it; the name is empty for a folder that is at the top."""
        path = Path(text)
        for top, folder in self.tops.items():
            if path.is_relative_to(top):
                *above, name = path.relative_to(top).parts or ("",)
                for part in above:
                    inner = folder.names[part]
                    assert isinstance(inner, Folder)
                    folder = inner  # noqa: PLW2901 - one step down
                return folder, name
        raise LookupError(f"{text} is not watched")

    def _rename(self, effect: Effect, old: Change) -> None:
        new = Change(*self._place(effect.other), old.node)
        if effect.number & 2:
            self._step(new, old._replace(node=new.folder.names[new.name]))
        elif old.folder is new.folder:
            self._step(new, old._replace(node=None))
        else:
            there = self._step(new)
            self._step(old._replace(node=None), needs=[there])

    def _step(
        self, *changes: Change, needs: Sequence[Step] = (), emptied: Node | None = None
    ) -> Step:
        touched = {(id(one.folder), one.name) for one in changes}
        before = [
            step
            for step in self._steps
            if any((id(c.folder), c.name) in touched or c.folder is emptied for c in step.changes)
        ]
        step = Step(changes, [*before, *needs])
        self._steps.append(step)
        for folder, name, node in changes:
            if node is None:
                folder.names.pop(name, None)
            else:
                folder.names[name] = node
        return step

    def _flush(self, node: Node | None, *, is_real: bool) -> None:
        if isinstance(node, File) and is_real:
            node.flush()
        elif isinstance(node, Folder):
            for step in self._steps:
                if any(change.folder is node for change in step.changes):
                    step.secure()

    def _top(self, text: str) -> Folder:
        return next(top for path, top in self.tops.items() if Path(text).is_relative_to(path))

    def _flush_all(self, folder: Folder) -> None:
        """As if what is watched were file systems of their own, each by itself."""
        self._flush(folder, is_real=True)
        for node in folder.names.values():
            if isinstance(node, Folder):
                self._flush_all(node)
            else:
                node.flush()

    def draw(self, chance: Random, share: float) -> Image:
        """One way in which it may be found; a share of 0 is the worst and 1 the best."""
        found: dict[int, dict[str, Node]] = {}
        done: set[int] = set()
        for step in self._steps:
            free = all(id(need) in done for need in step.needs)
            if step.is_safe or (free and chance.random() < share):
                done.add(id(step))
                for folder, name, node in step.changes:
                    names = found.setdefault(id(folder), dict(folder.safe))
                    if node is None:
                        names.pop(name, None)
                    else:
                        names[name] = node
        return Image(self, found, chance, share)


class Image:
    """A disk as it was found."""

    def __init__(
        self, disk: Disk, found: dict[int, dict[str, Node]], chance: Random, share: float
    ) -> None:
        self._names = found
        self.folders: dict[Path, Folder] = {}
        self.files: dict[Path, File] = {}
        for top, folder in disk.tops.items():
            self._walk(top, folder)
        several = {id(file): file for file in self.files.values()}
        self.content = {key: file.draw(chance, share) for key, file in several.items()}
        """What is in each file, by its identity."""

    def _walk(self, place: Path, folder: Folder) -> None:
        self.folders[place] = folder
        for name, node in self._names.get(id(folder), folder.safe).items():
            if isinstance(node, Folder):
                self._walk(place / name, node)
            else:
                self.files[place / name] = node


def live(disk: Disk) -> dict[Path, File]:
    """The files that are to be seen, by their paths."""

    def walk(place: Path, folder: Folder) -> Iterator[tuple[Path, File]]:
        for name, node in folder.names.items():
            if isinstance(node, Folder):
                yield from walk(place / name, node)
            else:
                yield place / name, node

    return {path: file for top in disk.tops for path, file in walk(top, disk.tops[top])}


def _read(place: Path) -> Folder:
    folder = Folder(place.stat().st_mode & 0o777)
    with os.scandir(place) as items:
        for item in items:
            seen = item.stat(follow_symlinks=False)
            if item.is_dir(follow_symlinks=False):
                folder.safe[item.name] = _read(Path(item.path))
            else:
                data = Path(item.path).read_bytes()
                folder.safe[item.name] = File(data, seen.st_mode & 0o777, seen.st_mtime_ns)
    folder.names = dict(folder.safe)
    return folder
