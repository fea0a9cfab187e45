"""What the engine asks of a storage backend, and what a backend may offer besides.

A provider implements `Storage`, and of the abilities below those that its service really has.
The engine asks `ability(storage, ReadsRanges)`: the methods are there *and* the store's traits
do not list the ability as lacking (one class may serve endpoints that differ).

Every method may be called from many threads at once. Every failure is a
`buckia.errors.StorageError`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar, cast, runtime_checkable

from buckia.model import Gap, Skipped, Traits
from buckia.results import Check, Failure

API_VERSION = 1
"""A plugin built for another number is refused in a sentence."""

A_co = TypeVar("A_co", covariant=True)
A = TypeVar("A")


class Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()
"""The version to expect where there must be no object yet."""

Expected = str | Absent


class Entry(Protocol):
    """One object of a store. `buckia.model.BasicEntry` is the stock implementation."""

    @property
    def key(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def version(self) -> str:
        """Opaque, never empty; differs whenever the bytes differ."""

    @property
    def changed(self) -> datetime | None:
        """The store's own time, for people to read."""

    @property
    def mtime_ns(self) -> int | None:
        """The file's time in nanoseconds since 1970 where the store keeps one."""

    @property
    def digests(self) -> Mapping[str, str]:
        """Algorithm to lower-case hex: proven, and known without a transfer."""

    @property
    def hints(self) -> Mapping[str, str]:
        """Like digests, but only equality proves anything (an ETag that may be an MD5)."""


class Source(Protocol):
    """Bytes being read, once, from the start; closing may be repeated."""

    def read(self, size: int = -1, /) -> bytes: ...
    def close(self) -> None: ...


class Body(Protocol):
    """Bytes to write. `open` may be called again, which is what makes a retry possible."""

    @property
    def size(self) -> int: ...
    @property
    def mtime_ns(self) -> int | None: ...
    @property
    def digests(self) -> Mapping[str, str]:
        """Proven digests of these very bytes, as far as they are known beforehand."""

    @property
    def content_type(self) -> str | None: ...
    @property
    def metadata(self) -> Mapping[str, str]: ...
    @property
    def path(self) -> Path | None:
        """The file that these bytes are, where they are one and it may be handed to an SDK."""

    def open(self) -> Source: ...


class Reading(Source, Protocol):
    """An object being read. `entry` describes exactly the bytes that it gives."""

    @property
    def entry(self) -> Entry: ...
    def __iter__(self) -> Iterator[bytes]: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...


@runtime_checkable
class Storage(Protocol):
    """All that a provider must have."""

    @property
    def traits(self) -> Traits: ...

    def scan(self, prefix: str = "") -> Iterator[Sequence[Entry]]:
        """Pages of the entries whose keys start with `prefix`, in code-point order of the keys.

        Complete, or it raises. Closing the iterator early releases everything.
        """

    def stat(self, key: str) -> Entry:
        """The entry of one key; `NotFound` when there is none."""

    def read(self, key: str, *, version: str | None = None) -> Reading:
        """The bytes of one key; with `version` only of that one, else `VersionMismatch`."""

    def write(self, key: str, body: Body) -> Entry:
        """Store the body, whole or not at all, and return the entry of *these* bytes."""

    def delete(self, key: str) -> None:
        """Remove exactly this key; an absent one is fine."""

    def close(self) -> None:
        """Release connections; may be repeated."""


# Abilities. Each is one operation that some services have.


@runtime_checkable
class ReadsRanges(Protocol):
    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        """`length` bytes from `start`, fewer where the object ends; entry is the whole object's."""


@runtime_checkable
class ScansBetween(Protocol):
    def scan_between(self, prefix: str, after: str, until: str) -> Iterator[Sequence[Entry]]:
        """Like `scan`, but only of the keys behind `after` and up to `until`, which is included.

        An empty bound is none. So a listing goes on where it broke off, and several parts of it
        can be read at once.
        """


@runtime_checkable
class WritesConditionally(Protocol):
    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        """Write only over the expected version (or over nothing); else `VersionMismatch`.

        `Overtaken`, which is one, says that the body may have been stored and replaced at once.
        """


@runtime_checkable
class BeginsWrites(Protocol):
    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Begun[Entry] | None:
        """Send what `write_if` sends, which waits for the answer at once.

        No `StorageError` is raised before the end. None where this object can only be waited for.
        """


@runtime_checkable
class Outlines(Protocol):
    def outline(self, body: Body, *, over: tuple[str, str] | None = None) -> Body | None:
        """The body, read once for all that has to be known of it before a write of it begins.

        Its digests are among that. Each write of what is returned proves that it sends those very
        bytes, so nobody else need compute a digest meanwhile. `over` is key and version of what it
        will replace, of which equal parts need not be sent. None where a write of this size reads
        its body once anyhow.
        """


@runtime_checkable
class BeginsReads(Protocol):
    def begin_read(self, key: str, *, version: str | None = None) -> Begun[Reading] | None:
        """Ask for what `read` asks for, which waits for the answer at once.

        No `StorageError` is raised before the end. None where this object can only be waited for.
        """


@runtime_checkable
class DeletesConditionally(Protocol):
    def delete_if(self, key: str, *, expect: str) -> None:
        """Delete only that version; `VersionMismatch` for another; an absent key is fine."""


@runtime_checkable
class DeletesMany(Protocol):
    def delete_many(self, keys: Sequence[str]) -> Mapping[str, Exception]:
        """Delete all of these keys and return what failed, by key."""


@runtime_checkable
class CopiesInside(Protocol):
    def copy(self, source: str, target: str, *, source_version: str) -> Entry:
        """Copy that version of `source`, else `VersionMismatch`, over whatever is at `target`."""


@runtime_checkable
class CopiesConditionally(Protocol):
    def copy_if(self, source: str, target: str, *, source_version: str, expect: Expected) -> Entry:
        """Like `copy`, whatever the size, but only over the expected version of `target`.

        Or over nothing; `VersionMismatch` where either is another.
        """


@runtime_checkable
class MovesInside(Protocol):
    def move(self, source: str, target: str, *, source_version: str) -> Entry:
        """Give that version of `source` a new name that nobody holds; else `VersionMismatch`."""


@runtime_checkable
class HoldsStill(Protocol):
    def hold(self, key: str, *, version: str) -> Entry | None:
        """An object that others go on writing, as it is now, which may be later than `version`.

        That entry can be read, whatever becomes of the object, until the next one is held. None
        where the object itself can be read.
        """


@runtime_checkable
class Digests(Protocol):
    def digest(self, key: str, algorithm: str, *, version: str | None = None) -> str:
        """The digest of the object's bytes, computed where they lie."""


@runtime_checkable
class DigestsTogether(Protocol):
    def digests_together(
        self, versions: Sequence[tuple[str, str]], algorithms: Collection[str]
    ) -> Sequence[Mapping[str, str] | None]:
        """Digests of small objects by key and version; None for each that takes another look."""


@runtime_checkable
class GivesUrls(Protocol):
    def url(self, key: str, *, expires: timedelta | None = None) -> str:
        """An address to fetch the object from; with `expires` a signed one."""


@runtime_checkable
class Surveys(Protocol):
    def survey(self, prefix: str = "") -> Iterator[Survey]:
        """Like `scan`, but what cannot be read or represented is named instead of raised."""


@runtime_checkable
class Stages(Protocol):
    def stage(self, key: str, body: Body) -> Staged:
        """Bring the bytes safely beside their place, invisible until they are committed."""


@runtime_checkable
class StagesTogether(Protocol):
    def stage_unsettled(self, key: str, body: Body) -> Staged:
        """Like `stage`, but a power cut may undo it, and later its commit, until `settle`."""

    def settle(self) -> None:
        """Make all durable that was staged or committed so far, in one go."""


@runtime_checkable
class Retires(Protocol):
    def retire(self, key: str, *, expect: str, slot: Path) -> None:
        """Move the object itself to the file `slot`, if it is that version."""


@runtime_checkable
class Sweeps(Protocol):
    def sweep(self, prefix: str = "") -> int:
        """Remove what killed runs of ours left below `prefix`; returns how many things."""


@runtime_checkable
class Identifies(Protocol):
    def identity(self, *, create: bool = False) -> str | None:
        """A name that stays with this very bucket, to notice when another stands in its place.

        None where it has none yet; `create` gives it one.
        """


@runtime_checkable
class Probes(Protocol):
    def probe(self, folder: str, *, anew: bool = False) -> Sequence[Check]:
        """Find out by trying what this endpoint honours, and say it; from then on traits tell.

        Asked before a run writes. It may write and delete objects of our own below `folder`,
        which is empty or ends with a slash. What it knows may be remembered, unless `anew`.
        """


@runtime_checkable
class Publishes(Protocol):
    def publish(self, pause: Callable[[float], None]) -> Sequence[Failure]:
        """Show the world what was written and deleted, where copies of it are kept elsewhere.

        Asked at the end of each run, and after a single put or rm. What could not be done is
        told, and remembered: the next run asks again, also after one that was killed. `pause`
        waits for so many seconds, and raises when somebody asks to stop.
        """


class Survey(Protocol):
    """One block of a survey: entries in key order, and what lies between them unseen."""

    @property
    def entries(self) -> Sequence[Entry]: ...
    @property
    def gaps(self) -> Sequence[Gap]: ...
    @property
    def skipped(self) -> Sequence[Skipped]: ...


class Begun(Protocol[A_co]):
    """A request that is on its way while its caller does something else."""

    def end(self) -> A_co:
        """Wait for the answer, in whichever thread; once."""

    def close(self) -> None:
        """Nobody will wait for it any more; what it asked for may happen all the same.

        May be repeated, and follows an end harmlessly.
        """


class Staged(Protocol):
    """Bytes beside their place. Exactly one of `commit` and `discard` takes effect."""

    def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
        """Make them visible over the expected version, which itself is moved to `slot`.

        `VersionMismatch` leaves everything as it was found.
        """

    def discard(self) -> None:
        """Throw them away; may be repeated, and follows a commit harmlessly."""


@runtime_checkable
class TakesMode(Protocol):
    """A `Staged` of a store whose files have permissions of their own."""

    mode: int | None
    """Those that the file shall have from the moment it is visible; None for the usual ones."""


@runtime_checkable
class Alters(Protocol):
    """A `Staged` of a store that leaves out what means nothing in another place."""

    altered: Mapping[str, str]
    """Digests of what will be there, where those are not the bytes that came; else none."""


def ability(storage: object, kind: type[A]) -> A | None:
    """The storage as `kind`, where its class has the method and its endpoint honours it."""
    # Asked for each file, where `isinstance` would cost more than the file.
    for name in _methods(cast("Hashable", kind)):
        if getattr(storage, name, None) is None:
            return None
    traits = getattr(storage, "traits", None)
    if traits is not None and kind.__name__ in traits.lacks:
        return None
    return cast("A", storage)


@cache
def _methods(kind: Hashable) -> Sequence[str]:
    return [name for name in vars(kind) if not name.startswith("_")]
