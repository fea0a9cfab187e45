"""Reading a file: one version of it, or an error."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator

from buckia import digests
from buckia.body import CHUNK
from buckia.closing import Closes
from buckia.databases import header, peeking
from buckia.errors import NotFound, VersionMismatch
from buckia.protocols import Reading
from buckia.stores.local import system
from buckia.stores.local.drafts import WITNESSED, digest_of_handle
from buckia.stores.local.expected import kind
from buckia.stores.local.faults import faults
from buckia.stores.local.ground import Ground
from buckia.stores.local.versions import (
    LocalEntry,
    is_of,
    is_settled,
    mark,
    mark_of,
    same_looks,
)


def open_reading(
    ground: Ground, key: str, version: str | None, span: tuple[int, int] | None = None
) -> FileReading:
    """The bytes of a key, or those from `span[0]` on, `span[1]` of them at most."""
    with faults(key):
        place = ground.place(key)
        with place.folder as folder:
            try:
                handle = ground.patiently(
                    folder, lambda: folder.open(place.name, os.O_RDONLY, follow=ground.follow)
                )
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENXIO):
                    # A link where links are not followed; a socket.
                    raise NotFound(f"{key} is not a file", key=key) from error
                raise
        try:
            return _begin(ground, key, handle, version, span)
        except BaseException:  # whatever it was, the file must not stay open
            os.close(handle)
            raise


def _begin(
    ground: Ground, key: str, handle: int, version: str | None, span: tuple[int, int] | None
) -> FileReading:
    def look() -> os.stat_result:
        seen = os.fstat(handle)
        if not stat.S_ISREG(seen.st_mode):
            raise NotFound(f"{key} is {kind(seen)}, not a file", key=key)
        return seen

    entry = ground.observe(key, look)
    if version is not None and not same_looks(entry.version, version):
        raise VersionMismatch(f"{key} is not the version that was seen", key=key)
    if span is not None:
        os.lseek(handle, span[0], os.SEEK_SET)
        return FileReading(entry, handle, min(span[1], entry.size - span[0]))
    unsettled = [name for name in {version, entry.version} if name and not is_settled(name)]
    if not unsettled:
        return FileReading(entry, handle, entry.size)

    def remember(computed: str) -> None:
        for name in unsettled:
            ground.witness.saw(name, {WITNESSED: computed})

    return FileReading(entry, handle, entry.size, remember)


class ReadingBegun:
    """A `Begun` of what nobody has to wait for."""

    def __init__(self, end: Callable[[], Reading]) -> None:
        self.end = end

    def close(self) -> None:
        pass


class FileReading(Closes):
    """A `Reading` of an open file; raises `VersionMismatch` if the file changes under it.

    Whether it did is looked up before the last bytes are given out, so that nobody who has got
    all of them has got a mixture. An unsettled version can still be one: that is what its name
    says, and why such bytes are looked at again.
    """

    def __init__(
        self,
        entry: LocalEntry,
        handle: int,
        length: int,
        remember: Callable[[str], None] | None = None,
    ) -> None:
        self.entry = entry
        self._handle = handle
        self._left = max(0, length)
        self._remember = remember
        self._hash = digests.new(WITNESSED) if remember else None

    def gives_up_database(self) -> bool:
        """Whether it is a database; then this reading of its bare bytes is over."""
        with faults(self.entry.key):
            if not header.is_database(peeking.begin(self._handle, len(header.MAGIC))):
                return False
            handle, self._handle = self._handle, -1
            peeking.close(handle)
        return True

    @property
    def mode(self) -> int:
        """Its permissions while it is open, without rights that are meant for a program."""
        return os.fstat(self._handle).st_mode & 0o777

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            return b"".join(self)
        if not size:
            return b""
        with faults(self.entry.key):
            chunk = os.read(self._handle, min(size, self._left)) if self._left else b""
            self._left -= len(chunk)
            if self._hash is not None:
                self._hash.update(chunk)
            if not self._left or not chunk:
                self._conclude()
        return chunk

    def pour(self, target: int) -> None:
        """Copy all bytes to an open file, sharing them where the file system can."""
        if self._hash is None:
            system.pour(self._handle, target)
            self._left = self.entry.size - os.fstat(target).st_size
            self._conclude()
        for chunk in self:
            system.write_all(target, chunk)

    def _conclude(self) -> None:
        """At the end: it must still be the file that it was at the beginning."""
        if self._handle < 0:
            return
        if self._left or not self._is_unchanged():
            key = self.entry.key
            raise VersionMismatch(f"{key} changed while it was read", key=key)
        if self._hash is not None and self._remember is not None:
            self._remember(self._hash.hexdigest())
        # Nothing more is to come: who forgets to close keeps no file open.
        self.close()

    def _is_unchanged(self) -> bool:
        now = os.fstat(self._handle)
        if is_of(now, self.entry.version):
            return True
        # A rename changes the ctime and no byte: somebody may just be replacing the file, and
        # this is the old one, whole. Reading it once more shows whether it gives the same bytes.
        if self._hash is None or mark(now) != mark_of(self.entry.version):
            return False
        os.lseek(self._handle, 0, os.SEEK_SET)
        again = digest_of_handle(self._handle, (WITNESSED,))
        return again[WITNESSED] == self._hash.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(CHUNK):
            yield chunk

    def close(self) -> None:
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)
