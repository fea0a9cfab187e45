"""Walking a folder in key order, in blocks, with memory for its widest folder and no more."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator

import msgspec

from buckia import keys
from buckia.model import Covered, Gap, Skipped
from buckia.stores.local.expected import kind
from buckia.stores.local.faults import Barred, fault, reason
from buckia.stores.local.folders import Folder, walk
from buckia.stores.local.ground import Ground, Segments
from buckia.stores.local.leftovers import Leftovers
from buckia.stores.local.listing import NOTHING_SPECIAL, Names, Rules, list_names
from buckia.stores.local.versions import LocalEntry, entry, stem

BLOCK = 512
_HELD = 32
"""Folders above the current one that stay open; a deep tree must not use up all handles."""


class Block(msgspec.Struct, frozen=True):
    """A `Survey`: some hundred entries, and what lies between them unseen."""

    entries: list[LocalEntry]
    gaps: list[Gap]
    skipped: list[Skipped]

    def room(self) -> int:
        """For so many more it is not full yet."""
        return BLOCK - len(self.entries) - len(self.gaps) - len(self.skipped)

    def is_empty(self) -> bool:
        return not (self.entries or self.gaps or self.skipped)


class Wish(msgspec.Struct, frozen=True):
    """What a walk is to cover."""

    prefix: str = ""
    complete: bool = False
    """Raise what cannot be seen instead of naming it."""
    prune: Callable[[str], bool] | None = None
    live: Callable[[Folder, str, str], LocalEntry | None] | None = None
    """The entry of a database that is in use, by folder, name and key; such are left out else."""


class Frame:
    """One folder on the way from the root to where the walk is."""

    __slots__ = ("device", "folder", "horizon", "inode", "names", "prefix", "segments")

    def __init__(self, folder: Folder, segments: Segments, prefix: str) -> None:
        try:
            seen = folder.itself()
        except BaseException:  # nobody else knows of the folder, so it must not stay open
            folder.close()
            raise
        self.folder: Folder | None = folder
        self.segments = segments
        self.prefix = prefix
        self.names: Names
        self.device = seen.st_dev
        self.inode = seen.st_ino
        self.horizon = 0

    def let_go(self) -> None:
        folder, self.folder = self.folder, None
        if folder is not None:
            folder.close()


class Walk:
    """One walk. `blocks` may be called once."""

    def __init__(self, ground: Ground, wish: Wish, leftovers: Leftovers) -> None:
        self._ground = ground
        self._follow = ground.follow
        self._wish = wish
        self._leftovers = leftovers
        self._rules = Rules(ground.follow, not wish.complete, wish.live is not None)
        *steps, self._start = wish.prefix.split("/")
        self._steps = tuple(steps)
        self._moment = ground.clock.moment(fresh=True)
        self._stack: list[Frame] = []
        self._block = Block([], [], [])

    def blocks(self) -> Iterator[Block]:
        below = "/".join([*self._steps, "x"])
        if keys.problem(below) or keys.is_ours(below):
            # No key that we could hold begins like this; but the root must be there.
            self._ground.root.check()
            return
        try:
            self._open_root()
            while self._stack:
                frame = self._stack[-1]
                if self._advance(frame):
                    self._stack.pop().let_go()
                block = self._block
                if block.room() <= 0:
                    self._block = Block([], [], [])
                    yield block
        finally:
            for frame in self._stack:
                frame.let_go()
        # A root that was removed under the walk looks like one whose files were all deleted.
        self._ground.root.check()
        if not self._block.is_empty():
            yield self._block

    def _open_root(self) -> None:
        root = self._ground.root.folder(anew=True)
        try:
            frame = Frame(root, (), "")
            self._stack.append(frame)
            self._list(frame)
        except OSError as error:
            raise fault(error, "", called=self._ground.root.path) from error

    def _list(self, frame: Frame) -> None:
        """Fill in what is to be visited below a folder that has just been entered."""
        frame.horizon = self._moment.horizon(frame.device)
        depth = len(frame.segments)
        if depth < len(self._steps):
            frame.names = Names([self._steps[depth] + "/"], *NOTHING_SPECIAL)
            return
        assert frame.folder is not None
        names = list_names(
            frame.folder,
            frame.prefix,
            self._rules,
            lambda name: self._leftovers.saw(frame.segments, name),
        )
        if depth == len(self._steps) and self._start:
            names.remaining[:] = [n for n in names.remaining if n.startswith(self._start)]
        frame.names = names

    def _advance(self, frame: Frame) -> bool:
        """Go on in a folder until a block is full or a folder was entered; True at its end."""
        folder = frame.folder or self._reopen(frame)
        if folder is None:
            return True
        fd, prefix, follow = folder.fd, frame.prefix, self._follow
        horizon, device = frame.horizon, frame.device
        names, special = frame.names.remaining, frame.names.special
        block, look, regular = self._block, os.stat, stat.S_IFREG
        entries = block.entries
        full = len(entries) + block.room()
        # Whatever is out of the ordinary may take room itself, so it ends the turn.
        while names and len(entries) < full:
            name = names.pop()
            if name[-1] == "/":
                return not self._descend(frame, folder, name) and not names
            if special and name in special:
                self._take_special(frame, folder, name)
                return not names
            try:
                seen = look(
                    name if fd is not None else folder.at(name), dir_fd=fd, follow_symlinks=follow
                )
            except OSError as error:
                self._unseen(frame.prefix + name, folder, name, error)
                return not names
            if seen.st_mode & 0o170000 != regular or seen.st_dev != device:
                self._other(frame, name, seen)
                return not names
            mtime = seen.st_mtime_ns
            version = stem(seen)
            if mtime >= horizon or seen.st_ctime_ns >= horizon:
                version += self._ground.unsettled.ending()
            entries.append(LocalEntry(prefix + name, seen.st_size, version, mtime))
        return not names

    def _descend(self, frame: Frame, folder: Folder, name: str) -> bool:
        """Enter a folder; False if there is nothing to see in it, or no way."""
        key = frame.prefix + name[:-1]
        why = frame.names.reasons.get(name)
        if why is not None:
            self._skip(key, why)
            return False
        if self._wish.prune is not None and self._wish.prune(key):
            return False
        real = frame.names.real.get(name, name)[:-1]
        try:
            entered = folder.enter(real, follow=self._follow)
            child = Frame(entered, (*frame.segments, real), key + "/")
        except OSError as error:
            self._unseen(key, folder, real, error)
            return False
        return self._enter(child, key)

    def _enter(self, child: Frame, key: str) -> bool:
        if self._follow and any(
            (above.device, above.inode) == (child.device, child.inode) for above in self._stack
        ):
            child.let_go()
            self._skip(key, "a symbolic link back to a folder that it lies in")
            return False
        self._stack.append(child)
        try:
            self._list(child)
        except OSError as error:
            self._stack.pop().let_go()
            self._gap(key, error)
            return False
        if len(self._stack) > _HELD:
            self._stack[-_HELD - 1].let_go()
        return True

    def _reopen(self, frame: Frame) -> Folder | None:
        """A folder that was let go while the walk was deep below it; None if it is gone."""
        names = frame.names.remaining
        try:
            with self._ground.root.folder() as root:
                frame.folder = walk(root, frame.segments, follow=self._follow)
        except FileNotFoundError:
            names.clear()
        except Barred as error:
            self._skip_rest(frame, error.reason)
        except OSError as error:
            for name in reversed(names):
                self._gap(frame.prefix + name.removesuffix("/"), error)
            names.clear()
        return frame.folder

    def _skip_rest(self, frame: Frame, why: str) -> None:
        for name in reversed(frame.names.remaining):
            self._skip(frame.prefix + name.removesuffix("/"), why)
        frame.names.remaining.clear()

    def _take_special(self, frame: Frame, folder: Folder, name: str) -> None:
        """A file that takes no part, or whose name is not what it is called here."""
        why = frame.names.reasons.get(name)
        if why is not None:
            # What is in the parts of a database travels with it, where that is seen to.
            covered = self._wish.live is not None and name in frame.names.beside.parts
            self._skip(frame.prefix + name, why, Covered if covered else Skipped)
            return
        real = frame.names.real.get(name, name)
        try:
            if name in frame.names.beside.live and self._take_live(frame, folder, name):
                return
            seen = folder.stat(real, follow=self._follow)
        except OSError as error:
            self._unseen(frame.prefix + name, folder, real, error)
        else:
            self._other(frame, name, seen)

    def _take_live(self, frame: Frame, folder: Folder, name: str) -> bool:
        """False where it has become a file like others meanwhile."""
        assert self._wish.live is not None
        found = self._wish.live(folder, name, frame.prefix + name)
        if found is not None:
            self._block.entries.append(found)
        return found is not None

    def _other(self, frame: Frame, name: str, seen: os.stat_result) -> None:
        """What is no plain file of the folder's own file system."""
        if stat.S_ISREG(seen.st_mode):
            horizon = self._moment.horizon(seen.st_dev)
            settled = max(seen.st_mtime_ns, seen.st_ctime_ns) < horizon
            ending = "" if settled else self._ground.unsettled.ending()
            self._block.entries.append(entry(frame.prefix + name, seen, ending))
        elif stat.S_ISDIR(seen.st_mode):
            # A folder took a file's place; behind the slash its turn is still to come.
            frame.names.remaining.append(name + "/")
            frame.names.remaining.sort(reverse=True)
        else:
            self._skip(frame.prefix + name, kind(seen))

    def _unseen(self, key: str, folder: Folder, real: str, error: OSError) -> None:
        """A file or folder that was listed and now cannot be looked at: is it gone, or unknown?"""
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            self._gap(key, error)
            return
        try:
            seen = folder.stat(real)
        except FileNotFoundError:
            return
        except OSError as second:
            self._gap(key, second)
            return
        if stat.S_ISLNK(seen.st_mode):
            self._skip(key, "a symbolic link that leads nowhere" if self._follow else kind(seen))
        # Otherwise a file took a folder's place: what was in the folder is gone, and the file is
        # as new as if it had come after the walk.

    def _skip(self, key: str, why: str, kind: type[Skipped] = Skipped) -> None:
        if not self._wish.complete:
            self._block.skipped.append(kind(key, why))

    def _gap(self, key: str, error: OSError) -> None:
        if self._wish.complete:
            raise fault(error, key) from error
        self._block.gaps.append(Gap(key, reason(error)))
