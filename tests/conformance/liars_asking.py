"""Lies about reads that are under way."""

from __future__ import annotations

from typing import Any

from buckia.body import ChunkReading
from buckia.errors import NotFound, Unavailable
from buckia.protocols import Body, Entry, Reading
from tests.conformance.liar import Liar, caught_by, given
from tests.conformance.liars_begun import Later


class BeginsReads(Liar):
    """Gives what a request brings in a way of its own."""

    def brought(self, entry: Entry, data: bytes) -> Reading:
        return given(entry, data)

    def begin_read(self, key: str, *, version: str | None = None) -> Any:
        begun = super().begin_read(key, version=version)

        def end() -> Reading:
            with begun.end() as honest:
                return self.brought(honest.entry, honest.read())

        return Later(end)


@caught_by("a_begun_read_gives_exactly_its_bytes")
class BringsOneBlock(BeginsReads):
    def brought(self, entry: Entry, data: bytes) -> Reading:
        return given(entry, data[:65_536])


@caught_by("a_begun_read_gives_exactly_its_bytes")
class BringsTheLastEntryThatWasAskedFor(BeginsReads):
    def __init__(self) -> None:
        super().__init__()
        self.first: dict[str, Entry] = {}

    def write(self, key: str, body: Body) -> Entry:
        entry = super().write(key, body)
        self.first.setdefault(key, entry)
        return entry

    def brought(self, entry: Entry, data: bytes) -> Reading:
        return given(self.first[entry.key], data)


@caught_by("a_begun_read_of_another_version_is_refused_at_its_end")
class BeginsToReadAnyVersion(Liar):
    def begin_read(self, key: str, *, version: str | None = None) -> Any:
        return super().begin_read(key)


@caught_by("a_begun_read_of_what_is_absent_is_not_found_at_its_end")
class BringsNothingOfNothing(Liar):
    def begin_read(self, key: str, *, version: str | None = None) -> Any:
        begun = super().begin_read(key, version=version)

        def end() -> Reading:
            try:
                return begun.end()
            except NotFound:
                return given(self.force("none", b""), b"")

        return Later(end)


@caught_by("a_begun_read_is_never_a_mixture_of_two_versions")
class LooksFirstAndReadsLater(Liar):
    def begin_read(self, key: str, *, version: str | None = None) -> Any:
        entry = self._pinned(key, version).entry
        return Later(lambda: given(entry, self.contents()[key]))


@caught_by("a_begun_read_is_never_a_mixture_of_two_versions")
class LooksAtTheVersionTooEarly(Liar):
    def begin_read(self, key: str, *, version: str | None = None) -> Any:
        self._pinned(key, version)
        return Later(lambda: self.read(key))


@caught_by("a_reading_outlives_the_request_that_brought_it")
class ReadingsEndWithTheirRequest(Liar):
    class Request(Later[Reading]):
        is_open = True

        def close(self) -> None:
            self.is_open = False

    def begin_read(self, key: str, *, version: str | None = None) -> Any:
        begun = super().begin_read(key, version=version)

        def end() -> Reading:
            honest = begun.end()

            def pieces() -> Any:
                for piece in honest:
                    if not request.is_open:
                        raise Unavailable("the connection was closed", key=key)
                    yield piece

            return ChunkReading(honest.entry, pieces())

        request = self.Request(end)
        return request
