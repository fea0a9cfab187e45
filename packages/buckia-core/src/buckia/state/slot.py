"""A place in the trash for one version, taken before its bytes come."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from buckia import digests
from buckia.errors import Corrupted, InvalidKey, StorageError
from buckia.state import files, sidecar
from buckia.state.seam import reason
from buckia.state.sidecar import Sidecar


class NotKept(StorageError):
    """The trash could not take a version, so it must not be replaced."""


@contextmanager
def keeping(key: str) -> Iterator[None]:
    """Raise `NotKept` for what the file system raises."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise InvalidKey(f"not valid Unicode: {error.object!r}", key=key) from error
    except OSError as error:
        raise NotKept(
            f"the trash could not take the old version: {reason(error)}",
            key=key,
            hint="free some space, or look at the permissions of the state folder",
        ) from error


class Slot:
    """Either the bytes are moved to `path` and settled, or fetched with `fill`, or it is dropped.

    What lies at `path` is in the trash from the moment it lies there, also if we are killed then.
    """

    def __init__(self, path: Path, described: Sidecar) -> None:
        self.path = path
        self._described = described
        self._fetched = False

    @property
    def key(self) -> str:
        return self._described.key

    @property
    def _sidecar(self) -> Path:
        return self.path.with_name(self.path.name + sidecar.ENDING)

    def settle(self) -> None:
        """After a file was moved to `path`: make that durable, describe it as it is, close it.

        Its permissions are written down, to come back with it, before they become the owner's
        only. They stay as they are where another name of the same file would lose them too.
        """
        with keeping(self.key):
            found = self.path.lstat()
            if self._is_described(found) and _is_alone(found):
                files.make_private(self.path, files.FILE)
            files.sync_folder(self.path.parent)

    def _is_described(self, found: os.stat_result) -> bool:
        try:
            self._describe(
                size=found.st_size,
                mtime_ns=found.st_mtime_ns,
                mode=stat.S_IMODE(found.st_mode) if os.name != "nt" else None,
            )
        except OSError:
            # The disk is full, most likely. What was written before holds, and the permissions
            # that could not be written down stay on the file, in a folder that is the owner's.
            return False
        return True

    def fill(self, chunks: Iterable[bytes]) -> Mapping[str, str]:
        """Take these bytes; on return they are proven to be those expected, whole and durable.

        Returns their digests: those that were expected and could be checked, or else SHA-256.
        `Corrupted` when they are others, and then there is nothing at `path`.
        """
        part = self.path.with_name(self.path.name + sidecar.PART)
        try:
            with keeping(self.key):
                files.create(part)
            computed = self._checked(*self._written(part, chunks))
            with keeping(self.key):
                if self._described.mtime_ns is not None:
                    with suppress(OverflowError):
                        # A time from a stranger's metadata may be any number.
                        os.utime(part, ns=(self._described.mtime_ns, self._described.mtime_ns))
                self._describe(
                    digests={**self._described.digests, **computed}, fetched=True, mode=None
                )
                part.replace(self.path)
                self._fetched = True
                files.sync_folder(self.path.parent)
        finally:
            # Whatever went wrong, an unwritable disk included, must be told, not this.
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return computed

    def _written(self, part: Path, chunks: Iterable[bytes]) -> tuple[int, dict[str, str]]:
        hashers = {name: digests.new(name) for name in self._checkable() or ["sha256"]}
        count = 0
        with keeping(self.key):
            handle = os.open(part, os.O_WRONLY | getattr(os, "O_BINARY", 0))
        try:
            for chunk in chunks:
                with keeping(self.key):
                    _write(handle, chunk)
                count += len(chunk)
                for hasher in hashers.values():
                    hasher.update(chunk)
            with keeping(self.key):
                os.fsync(handle)
        finally:
            os.close(handle)
        return count, {name: hasher.hexdigest() for name, hasher in hashers.items()}

    def _checkable(self) -> list[str]:
        return sorted(digests.computable(self._described.digests))

    def _checked(self, count: int, computed: dict[str, str]) -> dict[str, str]:
        if count != self._described.size:
            raise Corrupted(
                f"{count} bytes came of the {self._described.size} to be kept", key=self.key
            )
        if digests.agree(computed, self._described.digests) is False:
            raise Corrupted("the bytes to be kept are not those expected", key=self.key)
        return computed

    def _describe(self, **changed: object) -> None:
        self._described = msgspec.structs.replace(self._described, **changed)
        files.write(self._sidecar, sidecar.encode(self._described))

    def drop(self) -> None:
        """Give the place back when it was not needed; may be repeated.

        A file that was moved here stays, and stays in the trash: it may be the only one of its
        kind. Bytes that were fetched go, for they are a copy.
        """
        with keeping(self.key):
            if self._fetched:
                self.path.unlink(missing_ok=True)
            if not os.path.lexists(self.path):
                self._sidecar.unlink(missing_ok=True)


def _is_alone(found: os.stat_result) -> bool:
    """Whether nobody else has a name for this file."""
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1


def _write(handle: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(handle, rest) :]
