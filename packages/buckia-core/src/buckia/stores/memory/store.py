"""The in-memory store: exact, quick, and as odd as a test wants it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from threading import RLock
from urllib.parse import quote

import msgspec

from buckia import digests, pieces
from buckia.body import CHUNK, ChunkReading, KnownBody, WatchedBody, chunks, whole
from buckia.errors import Corrupted, InvalidKey, NotFound, StorageError, VersionMismatch
from buckia.model import NOTHING_KNOWN, BasicEntry, Traits
from buckia.pieces import Pieces
from buckia.protocols import ABSENT, Absent, Begun, Body, Entry, Expected, Reading
from buckia.stores.memory.sent import Sent
from buckia.stores.memory.shelf import Shelf, Stored

ROOMY = Traits(digests=frozenset({"sha256"}), keeps_mtime=True, keeps_metadata=True)
"""The traits of a store that was told nothing: it keeps all and forbids nothing."""


def _now() -> datetime:
    return datetime.now(UTC)


class MemoryStore:
    """A dict as `Storage`, with every ability that needs no file.

    - `traits` are honoured, not only told: limits on keys, forbidden characters, folders
      (`flat=False`), folded names, `keeps_mtime`, `keeps_metadata`, `lacks`,
      `conditional_write_limit`.
    - `lists` are the digests in every entry; they replace `traits.digests`.
    - `tells` are digests that `stat`, `read` and `write` know besides, as from a HEAD.
    - `hints` are algorithms whose digests are told as hints only.
    - `lists_mtime=False` makes listings silent about the times that `stat` tells.

    A version is a number that is never used twice: the same bytes written again are a new one.
    Where names fold, a listing shows the first spelling, and every other call the one it was
    given. `close` releases nothing; the objects stay as long as the store itself.

    What is begun happens at once, as at a service that is quicker than whoever asks it; what came
    of it is told at its end.
    """

    def __init__(
        self,
        *,
        name: str = "memory",
        traits: Traits = ROOMY,
        lists: Iterable[str] | None = None,
        tells: Iterable[str] = (),
        hints: Iterable[str] = (),
        lists_mtime: bool = True,
        page_size: int = 1000,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        if lists is not None:
            traits = msgspec.structs.replace(traits, digests=frozenset(lists))
        if "WritesConditionally" in traits.lacks:
            # A write that is begun has a condition as well.
            traits = msgspec.structs.replace(traits, lacks=traits.lacks | {"BeginsWrites"})
        self.name = name
        self.traits = traits
        self._tells = traits.digests | frozenset(tells)
        self._hints = tuple(hints)
        self._lists_mtime = lists_mtime
        self._page_size = page_size
        self._clock = clock
        self._shelf = Shelf(traits)
        self._writes = 0
        self._identity: str | None = None
        self._lock = RLock()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    # What programs and tests may look at besides the Protocols.

    def contents(self) -> dict[str, bytes]:
        """All keys with their bytes, as they are at this instant."""
        with self._lock:
            return {stored.entry.key: stored.data for stored in self._shelf.starting_with("")}

    def stored(self, key: str) -> Stored:
        """Everything about one object, its metadata and content type included."""
        with self._lock:
            return self._found(key)

    # Storage

    def scan(self, prefix: str = "") -> Iterator[Sequence[Entry]]:
        """Pages of one instant: what is written while they are walked is not in them."""
        with self._lock:
            entries = [stored.listed for stored in self._shelf.starting_with(prefix)]
        for start in range(0, len(entries), self._page_size):
            yield entries[start : start + self._page_size]

    def scan_between(self, prefix: str, after: str, until: str) -> Iterator[Sequence[Entry]]:
        self._offer("ScansBetween", prefix)
        for page in self.scan(prefix):
            found = [e for e in page if e.key > after and (not until or e.key <= until)]
            if found:
                yield found

    def stat(self, key: str) -> Entry:
        return self.stored(key).entry

    def read(self, key: str, *, version: str | None = None) -> Reading:
        stored = self._pinned(key, version)
        return ChunkReading(stored.entry, _pieces(stored.data))

    def write(self, key: str, body: Body) -> Entry:
        return self._write(key, body, None)

    def delete(self, key: str) -> None:
        with self._lock:
            self._shelf.remove(key)

    def close(self) -> None:
        pass

    # Abilities

    def outline(self, body: Body, *, over: tuple[str, str] | None = None) -> Body | None:  # noqa: ARG002 - nothing travels anyhow
        self._offer("Outlines")
        watched = WatchedBody(body, algorithms=("sha256",))
        with closing(watched.open()) as source:
            for _ in chunks(source):
                pass
        return KnownBody(body, watched.computed)

    def pieces(self, key: str, *, version: str) -> Pieces | None:
        self._offer("TellsPieces", key)
        stored = self._pinned(key, version)
        if not stored.entry.digests:
            return None
        size = pieces.fit_size(len(stored.data))
        return Pieces(len(stored.data), size, digests.of(stored.data, pieces.algorithm(size)))

    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        self._offer("ReadsRanges", key)
        if start < 0 or length < 0:
            raise ValueError(f"{length} bytes from {start} is no range")
        stored = self._pinned(key, version)
        return ChunkReading(stored.entry, _pieces(stored.data[start : start + length]))

    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        self._offer("WritesConditionally", key)
        limit = self.traits.conditional_write_limit
        if limit is not None and body.size > limit:
            # An endpoint of this kind would ignore the condition; here nobody can miss it.
            raise StorageError(f"no condition is honoured above {limit} bytes", key=key)
        return self._write(key, body, expect)

    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Begun[Entry]:
        def ask() -> Entry:
            self._offer("BeginsWrites", key)
            return self.write_if(key, body, expect=expect)

        return Sent(ask)

    def begin_read(self, key: str, *, version: str | None = None) -> Begun[Reading]:
        def ask() -> Reading:
            self._offer("BeginsReads", key)
            return self.read(key, version=version)

        return Sent(ask)

    def delete_if(self, key: str, *, expect: str) -> None:
        self._offer("DeletesConditionally", key)
        with self._lock:
            if self._shelf.get(key) is not None:
                self._check(key, expect)
                self._shelf.remove(key)

    def delete_many(self, keys: Sequence[str]) -> Mapping[str, Exception]:
        self._offer("DeletesMany")
        with self._lock:
            for key in keys:
                self._shelf.remove(key)
        return {}

    def copy(self, source: str, target: str, *, source_version: str) -> Entry:
        self._offer("CopiesInside", source)
        return self._copy(source, target, source_version, None)

    def copy_if(self, source: str, target: str, *, source_version: str, expect: Expected) -> Entry:
        self._offer("CopiesConditionally", source)
        return self._copy(source, target, source_version, expect)

    def move(self, source: str, target: str, *, source_version: str) -> Entry:
        self._offer("MovesInside", source)
        with self._lock:
            stored = self._pinned(source, source_version)
            # Another spelling of its own name is free for an object, as in a file system.
            respelled = target != stored.entry.key and self._shelf.get(target) is stored
            self._admit(target, source_version if respelled else ABSENT)
            self._shelf.remove(source)
            return self._put(target, stored)

    def digest(self, key: str, algorithm: str, *, version: str | None = None) -> str:
        self._offer("Digests", key)
        if algorithm not in digests.ALGORITHMS:
            raise StorageError(f"there is no algorithm {algorithm} here", key=key)
        return digests.of(self._pinned(key, version).data, algorithm)

    def digests_together(
        self, versions: Sequence[tuple[str, str]], algorithms: Collection[str]
    ) -> Sequence[Mapping[str, str] | None]:
        self._offer("DigestsTogether")
        return [self._glance(key, version, algorithms) for key, version in versions]

    def _glance(
        self, key: str, version: str, algorithms: Collection[str]
    ) -> Mapping[str, str] | None:
        try:
            data = self._pinned(key, version).data
        except StorageError:
            return None
        return {name: digests.of(data, name) for name in algorithms}

    def url(self, key: str, *, expires: timedelta | None = None) -> str:
        """`memory://NAME/KEY`: it tells two objects apart, and nothing can fetch it."""
        self._offer("GivesUrls", key)
        until = "" if expires is None else f"?expires={(self._clock() + expires):%Y%m%dT%H%M%SZ}"
        try:
            return f"memory://{quote(self.name, safe='')}/{quote(key)}{until}"
        except UnicodeEncodeError:
            raise InvalidKey(f"{key!r} is not valid Unicode", key=key) from None

    def identity(self, *, create: bool = False) -> str | None:
        self._offer("Identifies")
        with self._lock:
            if create and self._identity is None:
                self._identity = token_hex(16)
            return self._identity

    # What they are made of

    def _offer(self, ability: str, key: str = "") -> None:
        if ability in self.traits.lacks:
            raise StorageError(f"{self.name} lacks {ability}", key=key)

    def _found(self, key: str) -> Stored:
        stored = self._shelf.get(key)
        if stored is None:
            raise NotFound(f"there is no {key} in {self.name}", key=key)
        if stored.entry.key == key:
            return stored
        entry = msgspec.structs.replace(stored.entry, key=key)
        return msgspec.structs.replace(stored, entry=entry)

    def _pinned(self, key: str, version: str | None) -> Stored:
        stored = self.stored(key)
        if version is not None and stored.entry.version != version:
            raise VersionMismatch(f"{key} is not the version {version} any more", key=key)
        return stored

    def _check(self, key: str, expect: Expected) -> None:
        stored = self._shelf.get(key)
        actual: Expected = ABSENT if stored is None else stored.entry.version
        if actual == expect:
            return
        wanted = "no object" if isinstance(expect, Absent) else f"version {expect}"
        raise VersionMismatch(f"{key} was expected to be {wanted}, but is {actual}", key=key)

    def _admit(self, key: str, expect: Expected | None) -> None:
        reason = self._shelf.obstacle(key)
        if reason is not None:
            raise InvalidKey(f"{self.name} cannot hold {key!r}: {reason}", key=key)
        if expect is not None:
            self._check(key, expect)

    def _write(self, key: str, body: Body, expect: Expected | None) -> Entry:
        with self._lock:
            # Before the bytes are taken, so that a hopeless write costs nothing ...
            self._admit(key, expect)
        data = _received(key, body)
        with self._lock:
            # ... and again now, since others write while a body arrives.
            self._admit(key, expect)
            return self._put(key, self._arrived(key, body, data))

    def _copy(self, source: str, target: str, version: str, expect: Expected | None) -> Entry:
        with self._lock:
            stored = self._pinned(source, version)
            self._admit(target, expect)
            return self._put(target, stored)

    def _arrived(self, key: str, body: Body, data: bytes) -> Stored:
        """What a body becomes here; its version and its time are given when it is put away."""
        mtime_ns = body.mtime_ns if self.traits.keeps_mtime else None
        told = {name: digests.of(data, name) for name in sorted(self._tells)}
        entry = BasicEntry(
            key=key,
            size=len(data),
            version="",
            mtime_ns=mtime_ns,
            digests=told,
            hints={name: digests.of(data, name) for name in self._hints},
        )
        listed = msgspec.structs.replace(
            entry,
            mtime_ns=mtime_ns if self._lists_mtime else None,
            digests={name: told[name] for name in sorted(self.traits.digests)},
        )
        if not self.traits.keeps_metadata:
            return Stored(entry=entry, listed=listed, data=data)
        return Stored(
            entry=entry,
            listed=listed,
            data=data,
            content_type=body.content_type,
            metadata=dict(body.metadata) or NOTHING_KNOWN,
        )

    def _put(self, key: str, stored: Stored) -> Entry:
        self._writes += 1
        name, version, now = self._shelf.name(key), str(self._writes), self._clock()
        entry, listed = (
            msgspec.structs.replace(told, key=name, version=version, changed=now)
            for told in (stored.entry, stored.listed)
        )
        self._shelf.put(msgspec.structs.replace(stored, entry=entry, listed=listed))
        return entry if name == key else msgspec.structs.replace(entry, key=key)


def _pieces(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), CHUNK):
        yield data[start : start + CHUNK]


def _received(key: str, body: Body) -> bytes:
    """All of a body, of exactly its size and its digests."""
    try:
        return whole(body)[0]
    except Corrupted as error:
        error.key = error.key or key
        raise
