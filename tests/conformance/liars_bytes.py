"""Lies about bytes: readings that cut and mix, writes that are not whole."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Any

from buckia.body import BytesBody, ChunkReading
from buckia.errors import Corrupted, StorageError
from buckia.protocols import Body, Entry, Reading, Source
from buckia.stores.memory.store import _received
from tests.conformance.liar import Liar, caught_by, given, taken


class Altering(Liar):
    """Puts away other bytes than it was given."""

    def altered(self, data: bytes, key: str) -> bytes:
        del key
        return data

    def write(self, key: str, body: Body) -> Entry:
        self._admit(key, None)
        return self.force(key, self.altered(_received(key, body), key))


@caught_by("an_object_of_any_size_comes_back_byte_for_byte")
class LosesTheLastByte(Altering):
    def altered(self, data: bytes, key: str) -> bytes:
        return data[:-1] if len(data) == 65_536 else data


@caught_by("a_large_object_comes_back_byte_for_byte")
class SwapsParts(Altering):
    def altered(self, data: bytes, key: str) -> bytes:
        return data[1_000_000:] + data[:1_000_000]


@caught_by("every_byte_value_survives")
class TextMode(Altering):
    def altered(self, data: bytes, key: str) -> bytes:
        return data.replace(b"\r\n", b"\n")


@caught_by("an_overwrite_replaces_the_whole_object")
class OverwritesInPlace(Altering):
    def altered(self, data: bytes, key: str) -> bytes:
        return data + self.contents().get(key, b"")[len(data) :]


@caught_by("two_objects_do_not_mix")
class FilesByLastName(Altering):
    def altered(self, data: bytes, key: str) -> bytes:
        same = [k for k in self.contents() if k.rpartition("/")[2] == key.rpartition("/")[2]]
        for other in same:
            self.force(other, data)
        return data


class Reads(Liar):
    """Gives a reading of its own making."""

    def reading(self, entry: Entry, data: bytes) -> Reading:
        return given(entry, data)

    def read(self, key: str, *, version: str | None = None) -> Reading:
        with super().read(key, version=version) as honest:
            return self.reading(honest.entry, honest.read())


@caught_by("a_large_object_comes_back_byte_for_byte")
class EndsEarlyWithoutAWord(Reads):
    def reading(self, entry: Entry, data: bytes) -> Reading:
        return given(entry, data[:1_000_000])


class Odd(ChunkReading):
    """A reading over bytes; subclasses spoil one of its habits."""

    def __init__(self, entry: Entry, data: bytes) -> None:
        super().__init__(entry, [data] if data else [])
        self.data = data


@caught_by("a_reading_can_be_read_in_small_pieces")
class DropsWhatWasNotAskedFor(Reads):
    class Reading(Odd):
        def read(self, size: int = -1, /) -> bytes:
            chunk = super().read(size)
            self._rest = self._rest[1:]
            return chunk

    def reading(self, entry: Entry, data: bytes) -> Reading:
        return self.Reading(entry, data)


@caught_by("a_reading_never_gives_more_than_was_asked")
class GivesMoreThanAsked(Reads):
    class Reading(Odd):
        def read(self, size: int = -1, /) -> bytes:
            return super().read(max(size, 4_096) if size > 0 else size)

    def reading(self, entry: Entry, data: bytes) -> Reading:
        return self.Reading(entry, data)


@caught_by("a_reading_goes_on_where_it_was_left", "a_reading_at_its_end_gives_nothing_more")
class StartsOver(Reads):
    class Reading(Odd):
        def __iter__(self) -> Iterator[bytes]:
            yield self.data

    def reading(self, entry: Entry, data: bytes) -> Reading:
        return self.Reading(entry, data)


@caught_by("a_reading_may_be_closed_twice")
class ClosesOnce(Reads):
    class Reading(Odd):
        is_open = True

        def close(self) -> None:
            assert self.is_open, "closed already"
            self.is_open = False

    def reading(self, entry: Entry, data: bytes) -> Reading:
        return self.Reading(entry, data)


@caught_by("two_readings_of_one_object_do_not_disturb_each_other")
class OnePosition(Reads):
    def __init__(self) -> None:
        super().__init__()
        self.streams: dict[str, Any] = {}

    def reading(self, entry: Entry, data: bytes) -> Reading:
        stream = self.streams.setdefault(entry.version, iter([data[:1_000], data[1_000:]]))
        return ChunkReading(entry, stream)


@caught_by("an_abandoned_reading_leaks_nothing")
class ReadingsStayOpen(Reads):
    def __init__(self) -> None:
        super().__init__()
        self.files: list[IO[bytes]] = []

    def reading(self, entry: Entry, data: bytes) -> Reading:
        self.files.append(tempfile.TemporaryFile())  # noqa: SIM115 - left open on purpose
        return given(entry, data)

    def __del__(self) -> None:
        for file in self.files:
            file.close()


@caught_by("a_reading_is_never_a_mixture_of_two_versions")
class ReadsWhatIsThereNow(Liar):
    def read(self, key: str, *, version: str | None = None) -> Reading:
        entry = self._pinned(key, version).entry

        def pieces() -> Iterator[bytes]:
            for start in range(0, entry.size, 1_000):
                yield self.contents()[key][start : start + 1_000]

        return ChunkReading(entry, pieces())


# Bodies


@caught_by("a_body_that_is_a_file_arrives")
class ForgetsTheLastBlock(Liar):
    def write(self, key: str, body: Body) -> Entry:
        if body.path is None:
            return super().write(key, body)
        data = body.path.read_bytes()
        return self.force(key, data[: len(data) // 4_096 * 4_096])


@caught_by("a_body_may_give_short_pieces")
class AShortPieceIsTheEnd(Liar):
    def write(self, key: str, body: Body) -> Entry:
        source, data = body.open(), b""
        while piece := source.read(64):
            data += piece
            if len(piece) < 64:
                break
        source.close()
        return self.force(key, data)


@caught_by("a_body_can_be_written_twice", "a_failed_write_can_be_tried_again")
class OpensABodyOnce(Liar):
    def __init__(self) -> None:
        super().__init__()
        self.opened: dict[int, tuple[Body, Source]] = {}

    def write(self, key: str, body: Body) -> Entry:
        _, source = self.opened.setdefault(id(body), (body, body.open()))
        data = b"".join(iter(lambda: source.read(1 << 16), b""))
        return super().write(key, BytesBody(data=data))


@caught_by("an_object_can_be_written_while_another_is_read")
class LockedWhileABodyArrives(Liar):
    busy = False

    def write(self, key: str, body: Body) -> Entry:
        self.busy = True
        try:
            return super().write(key, body)
        finally:
            self.busy = False

    def read(self, key: str, *, version: str | None = None) -> Reading:
        if self.busy:
            raise StorageError("the database is locked")
        return super().read(key, version=version)


@caught_by("an_object_of_any_size_comes_back_byte_for_byte")
class SaysDone(Liar):
    def write(self, key: str, body: Body) -> Entry:
        entry = self.force(key, taken(body))
        super().delete(key)
        return entry


@caught_by("a_body_that_breaks_leaves_what_was_there", "an_interrupted_write_leaves_what_was_there")
class MakesRoomFirst(Liar):
    def write(self, key: str, body: Body) -> Entry:
        self.delete(key)
        return super().write(key, body)


class KeepsWhatCame(Liar):
    """Puts away what has come when the body breaks, if it is of that kind."""

    least = 0
    kinds: tuple[type[BaseException], ...] = (Exception,)

    def write(self, key: str, body: Body) -> Entry:
        self._admit(key, None)
        try:
            return super().write(key, body)
        except self.kinds:
            if body.size >= self.least:
                self.force(key, b"what has come so far")
            raise


@caught_by(
    "a_body_that_cannot_begin_leaves_what_was_there", "a_body_that_breaks_leaves_what_was_there"
)
class KeepsThePart(KeepsWhatCame):
    pass


@caught_by("a_large_body_that_breaks_leaves_what_was_there")
class KeepsPartsOfTheLarge(KeepsWhatCame):
    least = 2**20


@caught_by("an_interrupted_write_leaves_what_was_there")
class CleansUpAfterErrorsOnly(KeepsWhatCame):
    kinds = (KeyboardInterrupt,)


@caught_by("a_body_shorter_than_its_size_leaves_what_was_there")
class TakesLess(Liar):
    def write(self, key: str, body: Body) -> Entry:
        data = taken(body)
        return super().write(key, body) if len(data) > body.size else self.force(key, data)


@caught_by("a_body_longer_than_its_size_leaves_what_was_there")
class CutsAtTheSize(Liar):
    def write(self, key: str, body: Body) -> Entry:
        data = taken(body)
        return (
            super().write(key, body)
            if len(data) < body.size
            else self.force(key, data[: body.size])
        )


@caught_by("a_body_with_a_wrong_digest_is_refused")
class BelievesDigests(Liar):
    def write(self, key: str, body: Body) -> Entry:
        return self.force(key, taken(body), digests=dict(body.digests))


@caught_by("a_body_with_a_right_digest_is_taken")
class ComparesDigestsWrongly(Liar):
    def write(self, key: str, body: Body) -> Entry:
        if any(not value.isupper() for value in body.digests.values()):
            raise Corrupted("not the digest that was promised", key=key)
        return super().write(key, body)


@caught_by("the_source_of_a_body_is_closed")
class LeavesSourcesOpen(Liar):
    def write(self, key: str, body: Body) -> Entry:
        source = body.open()
        data = b"".join(iter(lambda: source.read(1 << 16), b""))
        return super().write(key, BytesBody(data=data))


@caught_by("a_broken_body_reports_its_own_error_or_one_of_ours")
class WrapsErrorsInItsOwn(Liar):
    def write(self, key: str, body: Body) -> Entry:
        try:
            return super().write(key, body)
        except StorageError:
            raise
        except Exception as error:
            raise RuntimeError("upload failed") from error


# Versions


class Versioned(Liar):
    """Tells versions of its own in all entries."""

    def version(self, entry: Entry, data: bytes) -> str:
        del data
        return entry.version

    def _put(self, key: str, stored: Any) -> Entry:
        import msgspec

        super()._put(key, stored)
        put = self._shelf.get(key)
        assert put is not None
        version = self.version(put.entry, put.data)
        entry = msgspec.structs.replace(put.entry, version=version)
        listed = msgspec.structs.replace(put.listed, version=version)
        self._shelf.put(msgspec.structs.replace(put, entry=entry, listed=listed))
        return entry


@caught_by("a_version_is_never_empty")
class EmptyHasNoVersion(Versioned):
    def version(self, entry: Entry, data: bytes) -> str:
        return entry.version if data else ""


@caught_by("the_version_changes_with_the_bytes")
class VersionIsTheTime(Versioned):
    def version(self, entry: Entry, data: bytes) -> str:
        return f"{entry.mtime_ns}"


@caught_by(
    "the_version_that_stat_tells_changes_with_the_bytes",
    "the_version_changes_with_the_bytes",
    "a_read_of_a_past_version_never_gives_other_bytes",
)
class VersionIsTheSize(Versioned):
    def version(self, entry: Entry, data: bytes) -> str:
        return f"{entry.size}"


@caught_by(
    "the_version_changes_when_bytes_become_nothing", "a_version_is_not_used_again_after_a_delete"
)
class VersionNeverChanges(Versioned):
    def version(self, entry: Entry, data: bytes) -> str:
        return "1"


@caught_by("a_version_stays_while_nobody_writes")
class ReadingIsATouch(Liar):
    def read(self, key: str, *, version: str | None = None) -> Reading:
        reading = super().read(key, version=version)
        self._put(key, self.stored(key))
        return reading


@caught_by("all_calls_tell_the_same_version")
class StatQuotesVersions(Liar):
    def stat(self, key: str) -> Entry:
        import msgspec

        entry = self.stored(key).entry
        return msgspec.structs.replace(entry, version=f'"{entry.version}"')


@caught_by("the_version_that_stat_tells_changes_with_the_bytes")
class StatIsRemembered(Liar):
    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, Entry] = {}

    def stat(self, key: str) -> Entry:
        return self.seen.setdefault(key, super().stat(key))


@caught_by("the_version_that_a_listing_tells_changes_with_the_bytes")
class ListingsAreRemembered(Liar):
    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, Entry] = {}

    def scan(self, prefix: str = "") -> Iterator[list[Entry]]:
        for page in super().scan(prefix):
            yield [self.seen.setdefault(entry.key, entry) for entry in page]


@caught_by("a_write_returns_the_entry_of_these_bytes")
class ReturnsWhatWasThere(Liar):
    def write(self, key: str, body: Body) -> Entry:
        before = self._shelf.get(key)
        after = super().write(key, body)
        return after if before is None else before.entry


@caught_by("a_reading_tells_the_entry_of_its_bytes")
class ReadingTellsAnOldEntry(Liar):
    def __init__(self) -> None:
        super().__init__()
        self.first: dict[str, Entry] = {}

    def write(self, key: str, body: Body) -> Entry:
        entry = super().write(key, body)
        self.first.setdefault(key, entry)
        return entry

    def read(self, key: str, *, version: str | None = None) -> Reading:
        reading = super().read(key, version=version)
        return given(self.first[key], reading.read())


@caught_by(
    "a_read_of_an_unknown_version_is_refused", "a_read_of_a_past_version_never_gives_other_bytes"
)
class IgnoresTheVersion(Liar):
    def _pinned(self, key: str, version: str | None) -> Any:
        return super()._pinned(key, None)


@caught_by(
    "a_read_of_the_present_version_gives_its_bytes", "a_range_of_the_present_version_is_given"
)
class KnowsNoVersion(Liar):
    def _pinned(self, key: str, version: str | None) -> Any:
        return super()._pinned(key, None if version is None else f"W/{version}")


@caught_by("objects_outlive_the_storage_that_wrote_them", "an_identity_outlives_the_storage")
class ForgetsAtClosing(Liar):
    def reopened(self) -> Liar:
        return type(self)()


@caught_by("objects_outlive_the_storage_that_wrote_them")
class CountsVersionsAnew(Liar):
    def reopened(self) -> Liar:
        again = type(self)()
        for key in reversed(self.contents()):
            again._put(key, self.stored(key))
        return again
