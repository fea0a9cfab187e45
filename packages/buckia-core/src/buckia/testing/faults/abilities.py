"""The optional abilities, each with faults in front of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Generic, TypeVar

from buckia import pieces, protocols
from buckia.errors import StorageError, Unavailable
from buckia.pieces import Pieces
from buckia.protocols import Begun, Body, Entry, Expected, Reading, Staged, Survey
from buckia.results import Check, Failure
from buckia.testing.faults.plan import Breaks
from buckia.testing.faults.store import Faulty
from buckia.testing.faults.streams import cut_listing, suffering_body, suffering_reading

A = TypeVar("A")
R = TypeVar("R")


def inside(faulty: Faulty, kind: type[A]) -> A:
    """The store inside, which has the ability, or this class would not be in use."""
    assert isinstance(faulty.store, kind)
    return faulty.store


class ReadsRanges(Faulty):
    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        call = self.begin("read_range", key)
        reading = inside(self, protocols.ReadsRanges).read_range(
            key, start, length, version=version
        )
        return suffering_reading(reading, call.faults)


class ScansBetween(Faulty):
    def scan_between(self, prefix: str, after: str, until: str) -> Iterator[Sequence[Entry]]:
        call = self.begin("scan_between", prefix)
        pages = inside(self, protocols.ScansBetween).scan_between(prefix, after, until)
        return cut_listing(pages, call.faults)


class WritesConditionally(Faulty):
    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        call = self.begin("write_if", key)
        taken = suffering_body(body, call.faults, key)
        writing = inside(self, protocols.WritesConditionally)
        return self.change(call, lambda: writing.write_if(key, taken, expect=expect))


class BeginsWrites(Faulty):
    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Begun[Entry]:
        writing = inside(self, protocols.BeginsWrites)

        def send() -> Sent[Entry]:
            call = self.begin("write_if", key, is_begun=True)
            taken, before = suffering_body(body, call.faults, key), self.before(call)

            def told(entry: Entry) -> Entry:
                self.changed(call, before)
                return entry

            return _begun(writing.begin_write(key, taken, expect=expect)), told

        return FaultyBegun(send)


class Outlines(Faulty):
    def outline(self, body: Body, *, over: tuple[str, str] | None = None) -> Body | None:
        self.begin("outline")
        return inside(self, protocols.Outlines).outline(body, over=over)


class TellsPieces(Faulty):
    def pieces(self, key: str, *, version: str) -> Pieces | None:
        self.begin("pieces", key)
        return inside(self, pieces.TellsPieces).pieces(key, version=version)


class BeginsReads(Faulty):
    def begin_read(self, key: str, *, version: str | None = None) -> Begun[Reading]:
        reading = inside(self, protocols.BeginsReads)

        def send() -> Sent[Reading]:
            call = self.begin("read", key, is_begun=True)
            begun = reading.begin_read(key, version=version)
            return _begun(begun), lambda found: suffering_reading(found, call.faults)

        return FaultyBegun(send)


def _begun(found: Begun[R] | None) -> Begun[R]:
    assert found is not None, "requests suffer on their way only where they are begun"
    return found


Sent = tuple[Begun[R], Callable[[R], R]]
"""A request on its way, and what is made of its answer."""


class FaultyBegun(Generic[R]):
    """A request that suffers when it is sent; what comes of that is heard at its end."""

    def __init__(self, send: Callable[[], Sent[R]]) -> None:
        self._sent: Sent[R] | StorageError
        try:
            self._sent = send()
        except StorageError as error:
            self._sent = error

    def end(self) -> R:
        if isinstance(self._sent, StorageError):
            raise self._sent
        begun, told = self._sent
        return told(begun.end())

    def close(self) -> None:
        if not isinstance(self._sent, StorageError):
            self._sent[0].close()


class HoldsStill(Faulty):
    def hold(self, key: str, *, version: str) -> Entry | None:
        self.begin("hold", key)
        return inside(self, protocols.HoldsStill).hold(key, version=version)


class DeletesConditionally(Faulty):
    def delete_if(self, key: str, *, expect: str) -> None:
        call = self.begin("delete_if", key)
        deleting = inside(self, protocols.DeletesConditionally)
        self.change(call, lambda: deleting.delete_if(key, expect=expect))


class DeletesMany(Faulty):
    def delete_many(self, keys: Sequence[str]) -> Mapping[str, Exception]:
        call = self.begin("delete_many", *keys)
        deleting = inside(self, protocols.DeletesMany)
        return self.change(call, lambda: deleting.delete_many(keys))


class CopiesInside(Faulty):
    def copy(self, source: str, target: str, *, source_version: str) -> Entry:
        call = self.begin("copy", source, target)
        copying = inside(self, protocols.CopiesInside)
        return self.change(
            call, lambda: copying.copy(source, target, source_version=source_version)
        )


class CopiesConditionally(Faulty):
    def copy_if(self, source: str, target: str, *, source_version: str, expect: Expected) -> Entry:
        call = self.begin("copy_if", source, target)
        copying = inside(self, protocols.CopiesConditionally)
        return self.change(
            call,
            lambda: copying.copy_if(source, target, source_version=source_version, expect=expect),
        )


class MovesInside(Faulty):
    def move(self, source: str, target: str, *, source_version: str) -> Entry:
        call = self.begin("move", source, target)
        moving = inside(self, protocols.MovesInside)
        return self.change(call, lambda: moving.move(source, target, source_version=source_version))


class Digests(Faulty):
    def digest(self, key: str, algorithm: str, *, version: str | None = None) -> str:
        self.begin("digest", key)
        return inside(self, protocols.Digests).digest(key, algorithm, version=version)


class DigestsTogether(Faulty):
    def digests_together(
        self, versions: Sequence[tuple[str, str]], algorithms: Collection[str]
    ) -> Sequence[Mapping[str, str] | None]:
        self.begin("digests_together", *(key for key, _ in versions))
        return inside(self, protocols.DigestsTogether).digests_together(versions, algorithms)


class GivesUrls(Faulty):
    def url(self, key: str, *, expires: timedelta | None = None) -> str:
        self.begin("url", key)
        return inside(self, protocols.GivesUrls).url(key, expires=expires)


class Surveys(Faulty):
    def survey(self, prefix: str = "") -> Iterator[Survey]:
        """A survey breaks between two blocks: before the one with the first entry too many."""
        call = self.begin("survey", prefix)
        blocks = inside(self, protocols.Surveys).survey(prefix)
        left = next((fault.after for fault in call.faults if isinstance(fault, Breaks)), None)
        for block in blocks:
            if left is not None:
                left -= len(block.entries)
                if left < 0:
                    break
            yield block
        if left is not None:
            raise Unavailable("the listing broke off")


class Stages(Faulty):
    def stage(self, key: str, body: Body) -> Staged:
        call = self.begin("stage", key)
        taken = suffering_body(body, call.faults, key)
        staged = inside(self, protocols.Stages).stage(key, taken)
        return self.change(call, lambda: FaultyStaged(self, staged, key))


class StagesTogether(Faulty):
    def stage_unsettled(self, key: str, body: Body) -> Staged:
        call = self.begin("stage", key)
        taken = suffering_body(body, call.faults, key)
        staged = inside(self, protocols.StagesTogether).stage_unsettled(key, taken)
        return self.change(call, lambda: FaultyStaged(self, staged, key))

    def settle(self) -> None:
        call = self.begin("settle")
        self.change(call, inside(self, protocols.StagesTogether).settle)


class FaultyStaged:
    """Bytes that wait; their commit is a call of its own."""

    def __init__(self, owner: Faulty, staged: Staged, key: str) -> None:
        self._owner = owner
        self._staged = staged
        self._key = key

    def commit(self, *, expect: Expected, slot: Path | None = None) -> Entry:
        call = self._owner.begin("commit", self._key)
        return self._owner.change(call, lambda: self._staged.commit(expect=expect, slot=slot))

    def discard(self) -> None:
        self._owner.begin("discard", self._key)
        self._staged.discard()


class Retires(Faulty):
    def retire(self, key: str, *, expect: str, slot: Path) -> None:
        call = self.begin("retire", key)
        retiring = inside(self, protocols.Retires)
        self.change(call, lambda: retiring.retire(key, expect=expect, slot=slot))


class Probes(Faulty):
    def probe(self, folder: str, *, anew: bool = False) -> Sequence[Check]:
        call = self.begin("probe", folder)
        probing = inside(self, protocols.Probes)
        return self.change(call, lambda: probing.probe(folder, anew=anew))


class Publishes(Faulty):
    def publish(self, pause: Callable[[float], None]) -> Sequence[Failure]:
        call = self.begin("publish")
        publishing = inside(self, protocols.Publishes)
        return self.change(call, lambda: publishing.publish(pause))


class Sweeps(Faulty):
    def sweep(self, prefix: str = "") -> int:
        self.begin("sweep")
        return inside(self, protocols.Sweeps).sweep(prefix)


class Identifies(Faulty):
    def identity(self, *, create: bool = False) -> str | None:
        self.begin("identity")
        return inside(self, protocols.Identifies).identity(create=create)


OFFERS: dict[type, type[Faulty]] = {
    pieces.TellsPieces: TellsPieces,
    **{
        getattr(protocols, offer.__name__): offer
        for offer in (
            ReadsRanges,
            ScansBetween,
            WritesConditionally,
            BeginsWrites,
            Outlines,
            BeginsReads,
            DeletesConditionally,
            DeletesMany,
            CopiesInside,
            CopiesConditionally,
            MovesInside,
            Digests,
            DigestsTogether,
            HoldsStill,
            GivesUrls,
            Surveys,
            Stages,
            StagesTogether,
            Retires,
            Sweeps,
            Identifies,
            Probes,
            Publishes,
        )
    },
}
"""Each ability, and the part of a faulty store that passes it on."""
