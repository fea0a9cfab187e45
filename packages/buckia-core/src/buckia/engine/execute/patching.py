"""Large objects that changed in part: what did not change is taken from what is here already."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from buckia import digests, pieces
from buckia.body import CHUNK, ChunkReading, WatchedBody, digests_of
from buckia.engine.execute.desk import Desk
from buckia.engine.mount import Mount
from buckia.errors import Corrupted, Unavailable
from buckia.model import NOTHING_KNOWN, BasicEntry, SideName
from buckia.pieces import Pieces, Span, TellsPieces
from buckia.protocols import Entry, Reading, ReadsRanges, Source, Stages

LEAST = 8 << 20
"""Bytes of an object from which on it is worth a question."""
GAP = 256 << 10
"""Bytes between two changes; for fewer, one request more takes longer than they do."""
_MOST = 0.75
"""The share of the object up to which this is better than one request for all of it."""


def patched(
    desk: Desk, entry: BasicEntry, over: BasicEntry | None, origin: str
) -> WatchedBody | None:
    """This version of the right side, of which only what is not in `over` of the left travels.

    None where all of it may as well. It is read once; `Corrupted` where what was taken from here
    does not fit, and then all of it has to travel.
    """
    if over is None or min(entry.size, over.size) < LEAST:
        return None
    near, far = desk.left.mount(origin), desk.right.mount(origin)
    telling = desk.right.able(far.storage, TellsPieces)
    ranges = desk.right.able(far.storage, ReadsRanges)
    if telling is None or ranges is None or desk.left.able(near.storage, Stages) is None:
        return None
    key, version = far.inside(entry.key), entry.version
    there = desk.limits.call(lambda: telling.pieces(key, version=version), key=entry.key)
    if there is None or there.total != entry.size:
        return None
    held = desk.left.held(over, origin)
    spans = tuple(_changed(there, _pieces_of(desk, held, near, there.size)))
    if not spans or sum(end - start for start, end in spans) > _MOST * entry.size:
        return None

    def fetch(span: Span) -> Reading:
        length = span.end - span.start
        return desk.limits.call(
            lambda: ranges.read_range(key, span.start, length, version=version), key=entry.key
        )

    body = PatchedBody(
        entry,
        spans,
        near=lambda: near.storage.read(near.inside(held.key), version=held.version),
        far=fetch,
        moved=desk.meter(entry.key, SideName.LEFT),
    )
    return WatchedBody(
        body,
        algorithms=(desk.settings.algorithm,),
        moved=lambda _count: desk.limits.stop.check(),
    )


def _pieces_of(desk: Desk, held: BasicEntry, near: Mount, size: int) -> Pieces:
    """Those of what is here, which is read for it."""
    name = pieces.algorithm(size)

    def sums() -> Pieces:
        with near.storage.read(near.inside(held.key), version=held.version) as reading:
            found = digests_of(reading, (name,), moved=lambda _count: desk.limits.stop.check())
            return Pieces(reading.entry.size, size, found[name])

    return desk.left.limits.call(sums, key=held.key)


def _changed(there: Pieces, here: Pieces) -> Iterator[Span]:
    return pieces.joined(pieces.differing(there, here), GAP)


class PatchedBody:
    """An object of which `spans` come from afar, and all else from what is near."""

    path: Path | None = None
    content_type: str | None = None
    metadata: Mapping[str, str] = NOTHING_KNOWN

    def __init__(
        self,
        entry: BasicEntry,
        spans: tuple[Span, ...],
        *,
        near: Callable[[], Reading],
        far: Callable[[Span], Reading],
        moved: Callable[[int], None],
    ) -> None:
        self._entry: Entry = entry
        self._listed = entry.digests
        self._spans = spans
        self._near = near
        self._far = far
        self._moved = moved

    @property
    def size(self) -> int:
        return self._entry.size

    @property
    def mtime_ns(self) -> int | None:
        return self._entry.mtime_ns

    @property
    def digests(self) -> Mapping[str, str]:
        """As they were listed, and as they come with the bytes."""
        return {**self._entry.digests, **self._listed}

    def open(self) -> Source:
        first = self._far(self._spans[0])
        # Many listings are silent about what comes with the bytes.
        self._entry = first.entry
        if not digests.computable(self.digests):
            first.close()
            raise Corrupted("nothing is known by which to prove what is put together")
        stream = self._put_together(first)

        def close() -> None:
            stream.close()
            first.close()

        return ChunkReading(self._entry, stream, close)

    def _put_together(self, first: Reading) -> Generator[bytes]:
        at = 0
        with closing(self._near()) as near:
            for span in self._spans:
                yield from _next(near, span.start - at)
                with closing(first if not at else self._far(span)) as far:
                    yield from self._counted(_next(far, span.end - span.start))
                _pass_over(near, span.end - span.start)
                at = span.end
            yield from _next(near, self.size - at)

    def _counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._moved(len(chunk))
            yield chunk


def _next(source: Source, length: int) -> Iterator[bytes]:
    """So many bytes; where they end before, something has broken off."""
    while length:
        chunk = source.read(min(CHUNK, length))
        if not chunk:
            raise Unavailable(f"the bytes ended {length} short of what was asked for")
        length -= len(chunk)
        yield chunk


def _pass_over(source: Source, length: int) -> None:
    """So many bytes, or all that there are."""
    while length and (chunk := source.read(min(CHUNK, length))):
        length -= len(chunk)
