"""Bodies to write, and streams that hash, count or limit the bytes passing through them."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from buckia import digests
from buckia.closing import Closes
from buckia.errors import Corrupted
from buckia.hashing import Hashing
from buckia.model import NOTHING_KNOWN
from buckia.passing import Passing
from buckia.protocols import Body, Entry, Reading, Source, Storage

CHUNK = 1 << 18


class BytesBody(msgspec.Struct, frozen=True, kw_only=True):
    """A body that is in memory."""

    data: bytes
    mtime_ns: int | None = None
    digests: Mapping[str, str] = NOTHING_KNOWN
    content_type: str | None = None
    metadata: Mapping[str, str] = NOTHING_KNOWN
    path: Path | None = None

    @property
    def size(self) -> int:
        return len(self.data)

    def open(self) -> Source:
        return io.BytesIO(self.data)


class FileBody(msgspec.Struct, frozen=True, kw_only=True):
    """A body that is a plain file which nobody else writes, such as a version in the trash."""

    path: Path
    size: int
    mtime_ns: int | None = None
    digests: Mapping[str, str] = NOTHING_KNOWN
    content_type: str | None = None
    metadata: Mapping[str, str] = NOTHING_KNOWN

    def open(self) -> Source:
        return self.path.open("rb")


class StoredBody:
    """A body that is one version of an object in a store, read again at each `open`.

    With `begun` it was asked for before, and the first `open` takes that answer.
    """

    path: Path | None = None

    def __init__(
        self,
        storage: Storage,
        key: str,
        entry: Entry,
        *,
        digests: Mapping[str, str] = NOTHING_KNOWN,
        content_type: str | None = None,
        metadata: Mapping[str, str] = NOTHING_KNOWN,
        begun: Callable[[], Reading] | None = None,
    ) -> None:
        self._begun = begun
        self._storage = storage
        self._key = key
        self.entry = entry
        """As it was listed; from the first `open` on, as the bytes came."""
        self._known = digests
        self.content_type = content_type
        self.metadata = metadata

    @property
    def digests(self) -> Mapping[str, str]:
        """What is known beforehand, and what the store says of the bytes as they come."""
        return {**self.entry.digests, **self._known}

    @property
    def size(self) -> int:
        return self.entry.size

    @property
    def mtime_ns(self) -> int | None:
        return self.entry.mtime_ns

    def open(self) -> Source:
        begun, self._begun = self._begun, None
        reading = begun() if begun else self._storage.read(self._key, version=self.entry.version)
        # Many listings are silent about the file's time, which comes with the bytes.
        self.entry = reading.entry
        return reading


class BodyAround:
    """Another body with all that is told of it; for bodies that change how the bytes pass."""

    path: Path | None = None
    """None: whoever were handed the file would get its bytes past us."""

    def __init__(self, body: Body) -> None:
        self.inner = body

    @property
    def size(self) -> int:
        return self.inner.size

    @property
    def mtime_ns(self) -> int | None:
        return self.inner.mtime_ns

    @property
    def digests(self) -> Mapping[str, str]:
        return self.inner.digests

    @property
    def content_type(self) -> str | None:
        return self.inner.content_type

    @property
    def metadata(self) -> Mapping[str, str]:
        return self.inner.metadata


class KnownBody(BodyAround):
    """Another body, of which these digests are known besides."""

    def __init__(self, body: Body, known: Mapping[str, str]) -> None:
        super().__init__(body)
        self._known = known

    @property
    def digests(self) -> Mapping[str, str]:
        return {**self.inner.digests, **self._known}

    def open(self) -> Source:
        return self.inner.open()


class SmallBody:
    """A body in memory, some of whose digests were `computed` from it, and counted as it goes.

    It counts as a whole, each time that it is opened: what an earlier try moved does not count any
    more.
    """

    path: Path | None = None
    metadata: Mapping[str, str] = NOTHING_KNOWN

    def __init__(
        self,
        data: bytes,
        *,
        computed: Mapping[str, str],
        digests: Mapping[str, str],
        mtime_ns: int | None,
        content_type: str | None,
        moved: Callable[[int], None],
    ) -> None:
        self.size = len(data)
        self.mtime_ns = mtime_ns
        self.computed = computed
        self.digests = digests
        self.content_type = content_type
        self._data = data
        self._moved = moved
        self._is_counted = False

    def open(self) -> Source:
        return io.BytesIO(self.taken())

    def taken(self) -> bytes:
        """All of it."""
        if self._is_counted:
            self._moved(-self.size)
        self._is_counted = True
        self._moved(self.size)
        return self._data


def whole(body: Body, *algorithms: str) -> tuple[bytes, dict[str, str]]:
    """All bytes of a small body, and their digests by these algorithms and those it came with.

    `Corrupted` unless they are as many, and those, that it promised.
    """
    computed: dict[str, str] = {}
    if isinstance(body, SmallBody):
        data = body.taken()
        computed.update(body.computed)
    else:
        data = _read(body)
    for name in (*algorithms, *digests.computable(body.digests)):
        if name not in computed:
            computed[name] = digests.of(data, name)
    if digests.agree(computed, body.digests) is False:
        raise Corrupted("the bytes are not those of the digest that was announced")
    return data, computed


def _read(body: Body) -> bytes:
    with closing(body.open()) as source:
        data = source.read(body.size + 1)
        while more := source.read(body.size + 1 - len(data)) if len(data) <= body.size else b"":
            data += more
    if len(data) != body.size:
        raise Corrupted(f"{len(data)} bytes or more came of {body.size} that were announced")
    return data


class WatchedBody(BodyAround):
    """Another body, told of each chunk that passes and of each new beginning.

    `computed` holds the digests once a whole pass is through, so the bytes that went to the store
    and the digest that is recorded of them are the same bytes, read once. Around a body that is
    watched itself it computes what that one does not; with `is_proven` it only counts, because
    whoever reads it proves that the bytes are those promised.
    """

    def __init__(
        self,
        body: Body,
        *,
        algorithms: Collection[str] = (),
        is_proven: bool = False,
        moved: Callable[[int], None] = lambda _count: None,
    ) -> None:
        super().__init__(body)
        self._algorithms = tuple(algorithms)
        self._is_proven = is_proven
        self._moved = moved
        self._passed = 0
        self.computed: dict[str, str] = {}

    def open(self) -> Source:
        if self._passed:
            # What an earlier try moved does not count any more.
            self._moved(-self._passed)
            self._passed = 0
        source = self.inner.open()
        return Passing(self, source, self.hashed() - self._hashed_inside())

    def proves(self, algorithms: Collection[str]) -> bool:
        """Whether who reads it gets no other bytes than those promised, and these digests."""
        return not self._is_proven and self.hashed().issuperset(algorithms)

    def hashed(self) -> set[str]:
        """The digests that a pass computes, here or further inside."""
        # The bytes may come with digests of which nothing was known before.
        promised = () if self._is_proven else digests.computable(self.inner.digests)
        return {*self._algorithms, *promised}

    def _hashed_inside(self) -> set[str]:
        return self.inner.hashed() if isinstance(self.inner, WatchedBody) else set()

    def ended(self, computed: Mapping[str, str]) -> None:
        """All bytes have come, and these are their digests."""
        inside = self.inner.computed if isinstance(self.inner, WatchedBody) else NOTHING_KNOWN
        self.computed = {**inside, **computed}

    def passed(self, count: int) -> None:
        self._passed += count
        self._moved(count)


class ChunkReading(Closes):
    """A `Reading` over an iterator of chunks: what most providers return from `read`."""

    def __init__(
        self, entry: Entry, chunks: Iterable[bytes], close: Callable[[], None] = lambda: None
    ) -> None:
        self.entry = entry
        self._chunks = iter(chunks)
        self._close = close
        self._rest = b""

    def __iter__(self) -> Iterator[bytes]:
        if self._rest:
            rest, self._rest = self._rest, b""
            yield rest
        yield from self._chunks

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            return b"".join(self)
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = chunk
        chunk, self._rest = self._rest[:size], self._rest[size:]
        return chunk

    def close(self) -> None:
        self._close()


def chunks(source: Source, size: int = CHUNK) -> Iterator[bytes]:
    """The rest of a source, piece by piece."""
    while chunk := source.read(size):
        yield chunk


def digest_of(
    reading: Reading, algorithm: str, *, moved: Callable[[int], None] = lambda _count: None
) -> str:
    """Read to the end and say what it was; a reading cut short is an error, not a digest."""
    return digests_of(reading, (algorithm,), moved=moved)[algorithm]


def digests_of(
    reading: Reading, algorithms: Sequence[str], *, moved: Callable[[int], None]
) -> dict[str, str]:
    """Like `digest_of`, several in one pass."""
    passing = _Proven(reading, algorithms)
    for chunk in passing:
        moved(len(chunk))
    return {name: passing.computed[name] for name in algorithms}


def proven(reading: Reading) -> Iterator[bytes]:
    """All chunks of a reading; `Corrupted` at the end if they are not what its entry says."""
    return iter(_Proven(reading, ()))


class _Proven:
    """The same, with what was computed of them once all of them came."""

    def __init__(self, reading: Reading, algorithms: Iterable[str]) -> None:
        self._reading = reading
        self._algorithms = algorithms
        self.computed: Mapping[str, str] = NOTHING_KNOWN

    def __iter__(self) -> Iterator[bytes]:
        entry = self._reading.entry
        names = {*self._algorithms, *digests.computable(entry.digests)}
        count = 0
        with closing(Hashing(names, entry.size)) as hashing:
            for chunk in self._reading:
                hashing.update(chunk)
                count += len(chunk)
                yield chunk
            self.computed = hashing.hexdigests()
        if count != entry.size:
            raise Corrupted(f"{count} bytes came of {entry.size}", key=entry.key)
        if digests.agree(self.computed, entry.digests) is False:
            raise Corrupted(
                f"{entry.key} came with other bytes than its digest says", key=entry.key
            )
