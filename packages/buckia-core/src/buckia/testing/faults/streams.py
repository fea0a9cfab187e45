"""Readings and bodies whose bytes suffer on their way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from buckia.body import BodyAround, ChunkReading, chunks
from buckia.errors import Unavailable
from buckia.model import BasicEntry
from buckia.protocols import Body, Entry, Reading, Source
from buckia.testing.faults.plan import Breaks, Corrupts, Fault, Truncates


def suffering(pieces: Iterable[bytes], faults: Sequence[Fault], key: str) -> Iterator[bytes]:
    """The pieces with all faults of the call applied, one behind the other."""
    stream = iter(pieces)
    for fault in faults:
        match fault:
            case Truncates(keep):
                stream = _truncated(stream, keep)
            case Breaks(after):
                stream = _broken(stream, after, key)
            case Corrupts(at):
                stream = _corrupted(stream, at)
            case _:
                pass
    return stream


def _truncated(pieces: Iterator[bytes], keep: int) -> Iterator[bytes]:
    for piece in pieces:
        if keep <= 0:
            return
        yield piece[:keep]
        keep -= len(piece)


def _broken(pieces: Iterator[bytes], after: int, key: str) -> Iterator[bytes]:
    for piece in pieces:
        if len(piece) > after:
            if after:
                yield piece[:after]
            break
        after -= len(piece)
        yield piece
    raise Unavailable("the connection was lost", key=key)


def _corrupted(pieces: Iterator[bytes], at: int) -> Iterator[bytes]:
    start = 0
    for piece in pieces:
        place = at - start
        start += len(piece)
        if 0 <= place < len(piece):
            yield piece[:place] + bytes([piece[place] ^ 0x01]) + piece[place + 1 :]
        else:
            yield piece


def suffering_reading(reading: Reading, faults: Sequence[Fault]) -> Reading:
    """The reading itself where no fault touches its bytes."""
    if not touches_bytes(faults):
        return reading
    stream = suffering(reading, faults, reading.entry.key)
    return ChunkReading(reading.entry, stream, reading.close)


def touches_bytes(faults: Sequence[Fault]) -> bool:
    return any(isinstance(fault, Truncates | Breaks | Corrupts) for fault in faults)


class SufferingBody(BodyAround):
    """A body whose bytes do not arrive as they are; what is told of it stays as it was."""

    def __init__(self, body: Body, faults: Sequence[Fault], key: str) -> None:
        super().__init__(body)
        self._faults = faults
        self._key = key

    def open(self) -> Source:
        source = self.inner.open()
        entry = BasicEntry(key=self._key, size=self.size, version="-")
        stream = suffering(chunks(source), self._faults, self._key)
        return ChunkReading(entry, stream, source.close)


def suffering_body(body: Body, faults: Sequence[Fault], key: str) -> Body:
    """The body itself where no fault touches its bytes, so that its file can be handed on."""
    return SufferingBody(body, faults, key) if touches_bytes(faults) else body


def cut_listing(
    pages: Iterator[Sequence[Entry]], faults: Sequence[Fault]
) -> Iterator[Sequence[Entry]]:
    """Pages up to the entry at which the listing breaks."""
    left = next((fault.after for fault in faults if isinstance(fault, Breaks)), None)
    if left is None:
        yield from pages
        return
    for page in pages:
        if len(page) > left:
            if left:
                yield page[:left]
            break
        left -= len(page)
        yield page
    raise Unavailable("the listing broke off")
