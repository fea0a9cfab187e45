"""Lies about what large objects are made of."""

from __future__ import annotations

import msgspec

from buckia.body import ChunkReading
from buckia.model import BasicEntry
from buckia.pieces import Pieces
from buckia.protocols import Reading
from tests.conformance.liar import Liar, caught_by


@caught_by("the_sums_that_are_told_are_those_of_the_bytes")
class TellsTheSumsOfZeros(Liar):
    def pieces(self, key: str, *, version: str) -> Pieces | None:
        told = super().pieces(key, version=version)
        return told and Pieces(told.total, told.size, "AAAA" * (len(told.sums) // 4))


@caught_by("the_sums_that_are_told_are_those_of_the_bytes")
class TellsSumsOfOneMore(Liar):
    def pieces(self, key: str, *, version: str) -> Pieces | None:
        told = super().pieces(key, version=version)
        return told and msgspec.structs.replace(told, total=told.total + 1)


@caught_by("sums_are_told_beside_a_digest_of_the_whole")
class ProvesNothingOfItsRanges(Liar):
    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        reading = super().read_range(key, start, length, version=version)
        entry = reading.entry
        return ChunkReading(BasicEntry(entry.key, entry.size, entry.version), reading)


@caught_by("the_sums_of_a_past_version_are_not_told")
class TellsTheSumsOfTheLatest(Liar):
    def pieces(self, key: str, *, version: str) -> Pieces | None:
        return super().pieces(key, version=self.stat(key).version)


@caught_by("the_sums_of_what_is_absent_are_not_found")
class TellsNoSumsOfWhatIsAbsent(Liar):
    def pieces(self, key: str, *, version: str) -> Pieces | None:
        if self._shelf.get(key) is None:
            return None
        return super().pieces(key, version=version)
