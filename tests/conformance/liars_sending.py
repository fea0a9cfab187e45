"""Lies about writes that are under way."""

from __future__ import annotations

from typing import Any

import msgspec

from buckia.body import BytesBody
from buckia.errors import StorageError
from buckia.protocols import Body, Entry, Expected
from buckia.stores.memory.store import _received
from tests.conformance.liar import Liar, caught_by, taken
from tests.conformance.liars_begun import Later


class BeginsWrites(Liar):
    """Writes in a way of its own, and tells what comes of it in time."""

    def written(self, key: str, body: Body, expect: Expected) -> Entry:
        return self.write_if(key, body, expect=expect)

    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Any:
        try:
            entry = self.written(key, body, expect)
        except StorageError as error:
            failure = error

            def end() -> Entry:
                raise failure

            return Later(end)
        return Later(lambda: entry)


@caught_by("a_begun_write_over_nothing_creates", "writes_that_are_under_way_together_all_arrive")
class BeginsAndStoresNothing(BeginsWrites):
    def written(self, key: str, body: Body, expect: Expected) -> Entry:
        self._admit(key, expect)
        return self._arrived(key, body, _received(key, body)).entry


@caught_by("a_begun_write_over_the_expected_version_replaces")
class TellsWhatGaveWay(BeginsWrites):
    def written(self, key: str, body: Body, expect: Expected) -> Entry:
        before = self._shelf.get(key)
        entry = super().written(key, body, expect)
        return entry if before is None else before.entry


@caught_by("a_begun_write_over_nothing_creates", "a_begun_write_over_the_expected_version_replaces")
class TellsTheSizeThatWasSent(BeginsWrites):
    """With all that goes around the bytes."""

    def written(self, key: str, body: Body, expect: Expected) -> Entry:
        entry: Any = super().written(key, body, expect)
        told: Entry = msgspec.structs.replace(entry, size=entry.size + 5)
        return told


@caught_by(
    "a_begun_write_over_something_else_is_refused_at_its_end",
    "a_refusal_is_told_to_the_write_that_was_refused",
)
class BegunWithoutItsCondition(BeginsWrites):
    def written(self, key: str, body: Body, expect: Expected) -> Entry:
        return self.write(key, body)


@caught_by("a_begun_write_of_an_impossible_key_is_refused_at_its_end")
class BeginsUnderAnyKey(BeginsWrites):
    def written(self, key: str, body: Body, expect: Expected) -> Entry:
        self._check(key, expect)
        return self.force(key, _received(key, body))


@caught_by("a_begun_write_of_a_bad_body_leaves_what_was_there")
class BeginsWithAnyBody(BeginsWrites):
    def written(self, key: str, body: Body, expect: Expected) -> Entry:
        self._admit(key, expect)
        return self.force(key, taken(body))


@caught_by(
    "a_begun_write_keeps_the_time_where_traits_say_so",
    "a_begun_write_keeps_metadata_where_traits_say_so",
)
class BeginsWithBytesOnly(BeginsWrites):
    def written(self, key: str, body: Body, expect: Expected) -> Entry:
        return super().written(key, BytesBody(data=_received(key, body)), expect)


@caught_by("begun_writes_over_one_version_have_one_winner")
class LooksWhenItBegins(Liar):
    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Any:
        self._admit(key, expect)
        data = _received(key, body)
        return Later(lambda: self.write(key, BytesBody(data=data)))


@caught_by("the_bytes_of_a_begun_write_are_taken_when_it_is_begun")
class BeginsAtTheEnd(Liar):
    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Any:
        return Later(lambda: self.write_if(key, body, expect=expect))


@caught_by("the_bytes_of_a_begun_write_are_taken_when_it_is_begun")
class LooksOnceMoreAtTheEnd(Liar):
    """To compare what was stored with what it still has."""

    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Any:
        begun = super().begin_write(key, body, expect=expect)

        def end() -> Entry:
            entry = begun.end()
            taken(body)
            return entry

        return Later(end)


@caught_by("closing_a_write_that_has_ended_is_harmless")
class ClosingUndoesTheWrite(Liar):
    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Any:
        begun = Later(super().begin_write(key, body, expect=expect).end)
        begun.close = lambda: self.delete(key)  # type: ignore[method-assign]  # that is the lie
        return begun
