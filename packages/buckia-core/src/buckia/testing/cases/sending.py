"""Writes that are under way while whoever sent them does something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from buckia.errors import InvalidKey, StorageError, Unavailable, VersionMismatch
from buckia.protocols import (
    ABSENT,
    BeginsWrites,
    Begun,
    Entry,
    Expected,
    Storage,
)
from buckia.testing.bodies import OddBody
from buckia.testing.cases.traits import FINE, assert_digests_are_of
from buckia.testing.kit import Kit
from buckia.testing.steps import (
    Footprint,
    begun_by,
    body,
    content,
    described_body,
    get,
    is_still,
    listed,
    names,
    offered,
    put,
    raised,
    returned,
    same,
    together,
)

STALE = "never-was"
ABANDONED = 40
"""More requests that nobody waits for than any store has connections to lose."""
ORDERS: dict[str, Callable[[Sequence[int]], Sequence[int]]] = {
    "as they were begun": lambda places: places,
    "backwards": lambda places: places[::-1],
    "by turns": lambda places: [*places[1::2], *places[::2]],
}
in_any_order = pytest.mark.parametrize("order", ORDERS)


class BegunWrites(Kit):
    @pytest.mark.parametrize("size", [0, 5, 300_000])
    def test_a_begun_write_over_nothing_creates(self, storage: Storage, size: int) -> None:
        """The entry is recorded as agreed, without another look at the store."""
        data = content(size)
        beginning = offered(storage, BeginsWrites)
        begun = begun_by(beginning.begin_write("a/file", body(data), expect=ABSENT))
        _has_arrived(storage, begun.end(), "a/file", data)
        assert names(storage) == ["a/file"]

    def test_a_begun_write_over_the_expected_version_replaces(self, storage: Storage) -> None:
        """The version from the listing is the one to expect, and so is that of the write before."""
        beginning = offered(storage, BeginsWrites)
        put(storage, "file", b"first")
        version = listed(storage, "file").version
        for data in (b"second", b"third!!"):
            entry = begun_by(beginning.begin_write("file", body(data), expect=version)).end()
            assert entry.version != version
            _has_arrived(storage, entry, "file", data)
            version = entry.version

    @in_any_order
    def test_writes_that_are_under_way_together_all_arrive(
        self, storage: Storage, order: str
    ) -> None:
        """One thread sends many small files; which answer it hears first is nobody's business."""
        sent, begun = _sent(storage, self.racers)
        entries = {sent[at][0]: begun[at].end() for at in ORDERS[order](range(len(sent)))}
        for key, data in sent:
            _has_arrived(storage, entries[key], key, data)

    def test_a_begun_write_may_be_ended_by_another_thread(self, storage: Storage) -> None:
        """What takes long, a second try say, is left to a thread of its own."""
        sent, begun = _sent(storage, self.racers)
        entries = together([one.end for one in begun])
        for error in raised(entries):
            raise error
        for (key, data), entry in zip(sent, returned(entries), strict=True):
            _has_arrived(storage, entry, key, data)

    def test_calls_are_answered_while_writes_are_under_way(self, storage: Storage) -> None:
        """Other threads go on, and so does the one that sent them; nobody waits for the other."""
        put(storage, "other", b"before")
        sent, begun = _sent(storage, self.racers)

        def work() -> None:
            assert get(storage, "other") == b"before"
            assert storage.stat("other").size == 6
            assert "other" in names(storage)

        work()
        put(storage, "another", b"meanwhile")
        for error in raised(together([work, work])):
            raise error
        for (key, data), one in zip(sent, begun, strict=True):
            _has_arrived(storage, one.end(), key, data)
        assert get(storage, "another") == b"meanwhile"

    @pytest.mark.parametrize("existing", [True, False], ids=["over an object", "over nothing"])
    def test_a_begun_write_over_something_else_is_refused_at_its_end(
        self, storage: Storage, existing: bool
    ) -> None:
        """Somebody wrote, or deleted, since it was seen; it is told where it is waited for."""
        beginning = offered(storage, BeginsWrites)
        expectations: list[Expected] = [STALE]
        if existing:
            expectations.append(put(storage, "file", b"what we saw").version)
            theirs = put(storage, "file", b"theirs").version
            expectations.append(ABSENT)
        for expect in expectations:
            begun = begun_by(beginning.begin_write("file", body(b"ours"), expect=expect))
            with pytest.raises(VersionMismatch) as caught:
                begun.end()
            begun.close()
            assert caught.value.key == "file"
        if existing:
            assert get(storage, "file") == b"theirs"
            assert is_still(storage, "file", theirs)
        assert names(storage) == (["file"] if existing else [])

    @in_any_order
    def test_a_refusal_is_told_to_the_write_that_was_refused(
        self, storage: Storage, order: str
    ) -> None:
        """Told to its neighbour, it makes one file look changed and another look sent."""
        beginning = offered(storage, BeginsWrites)
        put(storage, "1", b"theirs")
        keys = ["0", "1", "2", "3"]
        begun = [begun_by(beginning.begin_write(key, body(b"ours"), expect=ABSENT)) for key in keys]
        refused = []
        for at in ORDERS[order](range(len(keys))):
            try:
                begun[at].end()
            except VersionMismatch:
                refused.append(keys[at])
        assert refused == ["1"]
        assert [get(storage, key) for key in keys] == [b"ours", b"theirs", b"ours", b"ours"]

    @pytest.mark.parametrize("existing", [True, False], ids=["over an object", "over nothing"])
    def test_begun_writes_over_one_version_have_one_winner(
        self, storage: Storage, existing: bool
    ) -> None:
        """The store decides, at the instant of the change: not when it is sent, nor at its end."""
        beginning = offered(storage, BeginsWrites)
        seen = put(storage, "file", b"what all saw").version if existing else ABSENT
        bodies = [content(5_000 + number, number) for number in range(self.racers)]
        begun = [
            begun_by(beginning.begin_write("file", body(data), expect=seen)) for data in bodies
        ]
        results = together([one.end for one in begun])
        assert len(returned(results)) == 1, results
        for error in raised(results):
            # A service that is overrun may say so; whoever hears that knows that he has not won.
            if not isinstance(error, VersionMismatch | Unavailable):
                raise error
        winner = next(at for at, result in enumerate(results) if result in returned(results))
        _has_arrived(storage, returned(results)[0], "file", bodies[winner])

    def test_a_begun_write_of_an_impossible_key_is_refused_at_its_end(
        self, storage: Storage
    ) -> None:
        """It is told where every other failure is."""
        beginning = offered(storage, BeginsWrites)
        begun = begun_by(beginning.begin_write("half\ud800", body(b"x"), expect=ABSENT))
        with pytest.raises(InvalidKey):
            begun.end()
        begun.close()
        assert names(storage) == []

    @pytest.mark.parametrize("fault", ["short", "long", "wrong digest"])
    def test_a_begun_write_of_a_bad_body_leaves_what_was_there(
        self, storage: Storage, fault: str
    ) -> None:
        """The file changed just when it was sent."""
        beginning = offered(storage, BeginsWrites)
        version = put(storage, "file", b"the old object").version
        bad = {
            "short": OddBody(content(5_000), size=5_001),
            "long": OddBody(content(5_000), size=4_999),
            "wrong digest": OddBody(content(5_000), digests={"sha256": "0" * 64}),
        }[fault]
        begun = begun_by(beginning.begin_write("file", bad, expect=version))
        with pytest.raises(StorageError):
            begun.end()
        begun.close()
        assert bad.opened == bad.closed
        assert get(storage, "file") == b"the old object"
        assert is_still(storage, "file", version)

    def test_the_bytes_of_a_begun_write_are_taken_when_it_is_begun(self, storage: Storage) -> None:
        """Whoever waits for it would wait for a disk, and its file may be edited by then."""
        beginning = offered(storage, BeginsWrites)
        odd = OddBody(content(5_000))
        begun = begun_by(beginning.begin_write("file", odd, expect=ABSENT))
        opened, odd.data = odd.opened, content(5_000, 1)
        assert begun.end().size == 5_000
        assert opened == odd.opened == odd.closed
        same(get(storage, "file"), content(5_000))

    def test_a_begun_write_keeps_the_time_where_traits_say_so(self, storage: Storage) -> None:
        """It is a write like any other."""
        beginning = offered(storage, BeginsWrites)
        if not storage.traits.keeps_mtime:
            pytest.skip("the traits say that no mtime is kept")
        entry = begun_by(beginning.begin_write("file", body(b"bytes", FINE), expect=ABSENT)).end()
        for kept in (entry.mtime_ns, storage.stat("file").mtime_ns):
            assert kept is not None
            assert abs(kept - FINE) < 1_000

    def test_a_begun_write_keeps_metadata_where_traits_say_so(self, storage: Storage) -> None:
        """So is what comes with it."""
        page = described_body(b"first", {"colour": "green"})
        beginning = offered(storage, BeginsWrites)
        begun_by(beginning.begin_write("page", page, expect=ABSENT)).end()
        assert self.description(storage, "page") == ("text/x-special", {"colour": "green"})

    def test_writes_that_nobody_waits_for_hold_nothing_up(self, storage: Storage) -> None:
        """A run that is broken off hears no more answers, and the next one in line needs room."""
        beginning = offered(storage, BeginsWrites)

        def abandon(number: int) -> None:
            data = content(1_000, number)
            begun = begun_by(beginning.begin_write(f"left/{number}", body(data), expect=ABSENT))
            begun.close()
            begun.close()

        abandon(0)
        before = Footprint()
        for number in range(1, ABANDONED):
            abandon(number)
        put(storage, "after", b"a write")
        entry = begun_by(beginning.begin_write("begun after", body(b"bytes"), expect=ABSENT)).end()
        _has_arrived(storage, entry, "begun after", b"bytes")
        assert before.growth() < 20
        for key in names(storage, "left/"):
            # They may have arrived, but whole.
            same(get(storage, key), content(1_000, int(key.removeprefix("left/"))))

    def test_closing_a_begun_write_leaves_all_others_alone(self, storage: Storage) -> None:
        """They may share a connection, but not their fate."""
        sent, begun = _sent(storage, self.racers)
        for one in begun[::2]:
            one.close()
        for (key, data), one in zip(sent[1::2], begun[1::2], strict=True):
            _has_arrived(storage, one.end(), key, data)

    def test_closing_a_write_that_has_ended_is_harmless(self, storage: Storage) -> None:
        """Clean-up code runs on all paths, and what served this one may serve another by then."""
        beginning = offered(storage, BeginsWrites)
        first = begun_by(beginning.begin_write("first", body(b"first"), expect=ABSENT))
        entry = first.end()
        first.close()
        second = begun_by(beginning.begin_write("second", body(b"second"), expect=ABSENT))
        first.close()
        _has_arrived(storage, second.end(), "second", b"second")
        _has_arrived(storage, entry, "first", b"first")


def _sent(storage: Storage, count: int) -> tuple[list[tuple[str, bytes]], list[Begun[Entry]]]:
    """Keys with their bytes, all of them sent and none heard of."""
    beginning = offered(storage, BeginsWrites)
    sent = [(f"a/{number:02}", content(1_000 + number, number)) for number in range(count)]
    return sent, [
        begun_by(beginning.begin_write(key, body(data), expect=ABSENT)) for key, data in sent
    ]


def _has_arrived(storage: Storage, entry: Entry, key: str, data: bytes) -> None:
    """The entry is that of these very bytes, and they are there."""
    assert (entry.key, entry.size) == (key, len(data))
    assert_digests_are_of(entry, data)
    assert is_still(storage, key, entry.version)
    same(get(storage, key), data)
