"""Copies and moves inside a store: the bytes do not travel, so they must be the right ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from buckia.errors import InvalidKey, NotFound, VersionMismatch
from buckia.protocols import (
    ABSENT,
    CopiesConditionally,
    CopiesInside,
    Entry,
    Expected,
    MovesInside,
    Storage,
)
from buckia.testing.cases.names import AWKWARD, cases_of
from buckia.testing.cases.traits import assert_digests_are_of
from buckia.testing.kit import Kit
from buckia.testing.steps import (
    body,
    content,
    described_body,
    get,
    holds,
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

TIME = 1_600_000_000_123_456_000
STALE = "never-was"
EITHER_WAY = pytest.mark.parametrize("way", [CopiesInside, CopiesConditionally])


def copier(storage: Storage, way: type) -> Callable[[str, str, str], Entry]:
    """Copies a version of one key to another, over what is there; skips where it is not offered."""
    if way is CopiesConditionally:
        conditional = offered(storage, CopiesConditionally)
        return lambda source, target, version: conditional.copy_if(
            source, target, source_version=version, expect=_now_at(storage, target)
        )
    copying = offered(storage, CopiesInside)
    return lambda source, target, version: copying.copy(source, target, source_version=version)


def _now_at(storage: Storage, key: str) -> Expected:
    try:
        return storage.stat(key).version
    except (NotFound, InvalidKey):
        return ABSENT


class Copies(Kit):
    @EITHER_WAY
    def test_a_copy_has_the_bytes_and_leaves_its_source(self, storage: Storage, way: type) -> None:
        """A rename in the bucket is a copy, a look at it, and a deletion."""
        copy = copier(storage, way)
        source = put(storage, "from/file", content(70_000))
        made = copy("from/file", "to/file", source.version)
        assert (made.key, made.size) == ("to/file", 70_000)
        same(get(storage, "from/file"), get(storage, "to/file"), content(70_000))
        assert is_still(storage, "from/file", source.version)
        assert is_still(storage, "to/file", made.version)
        assert names(storage) == ["from/file", "to/file"]

    @EITHER_WAY
    def test_a_large_object_can_be_copied(self, storage: Storage, way: type) -> None:
        """Beyond some size a service copies in parts."""
        copy = copier(storage, way)
        source = put(storage, "from", content(self.large))
        copy("from", "to", source.version)
        same(get(storage, "to"), content(self.large))

    @EITHER_WAY
    def test_a_copy_is_of_the_version_that_was_seen(self, storage: Storage, way: type) -> None:
        """The source was edited since; a copy of the edit under the new name was not planned."""
        copy = copier(storage, way)
        stale = put(storage, "from", b"what we saw").version
        put(storage, "from", b"their edit!")
        put(storage, "to", b"target")
        for version in (stale, STALE):
            for target in ("to", "free"):
                with pytest.raises(VersionMismatch):
                    copy("from", target, version)
        assert names(storage) == ["from", "to"]
        assert get(storage, "to") == b"target"

    @EITHER_WAY
    def test_a_copy_of_what_is_absent_is_not_found(self, storage: Storage, way: type) -> None:
        """Deleted since the plan; nothing appears under the new name."""
        copy = copier(storage, way)
        with pytest.raises(NotFound):
            copy("no/such/file", "to", STALE)
        assert names(storage) == []

    def test_a_copy_without_a_condition_overwrites(self, storage: Storage) -> None:
        """As a write does; the version of the target changes with it."""
        copying = offered(storage, CopiesInside)
        source = put(storage, "from", b"new bytes").version
        before = put(storage, "to", b"old bytes").version
        copy = copying.copy("from", "to", source_version=source)
        assert copy.version != before
        assert get(storage, "to") == b"new bytes"

    @EITHER_WAY
    def test_a_copy_keeps_what_came_with_the_object(self, storage: Storage, way: type) -> None:
        """Metadata and content type belong to the file, not to its name."""
        copy = copier(storage, way)
        source = storage.write("from", described_body(b"bytes", {"colour": "green"}))
        copy("from", "to", source.version)
        expected = ("text/x-special", {"colour": "green"})
        assert self.description(storage, "from") == expected
        assert self.description(storage, "to") == expected

    @EITHER_WAY
    def test_a_copy_keeps_the_time_where_traits_say_so(self, storage: Storage, way: type) -> None:
        """A renamed file must not look like an edited one."""
        copy = copier(storage, way)
        if not storage.traits.keeps_mtime:
            pytest.skip("the traits say that no mtime is kept")
        source = storage.write("from", body(b"bytes", TIME))
        made = copy("from", "to", source.version)
        assert made.mtime_ns == storage.stat("to").mtime_ns == storage.stat("from").mtime_ns

    @EITHER_WAY
    def test_the_digests_of_a_copy_are_right(self, storage: Storage, way: type) -> None:
        """The copy is proven by them before the old name goes."""
        copy = copier(storage, way)
        put(storage, "to", b"other bytes")
        source = put(storage, "from", content(3_000))
        made = copy("from", "to", source.version)
        for entry in (made, storage.stat("to"), listed(storage, "to")):
            assert_digests_are_of(entry, content(3_000))

    @EITHER_WAY
    @cases_of(AWKWARD)
    def test_awkward_keys_can_be_copied(self, storage: Storage, way: type, key: str) -> None:
        """Services take the source in a header, quoted by rules of its own."""
        copy = copier(storage, way)
        holds(storage, key)
        holds(storage, f"copy/{key}")
        source = put(storage, key, key.encode())
        copy(key, f"copy/{key}", source.version)
        assert names(storage) == sorted([key, f"copy/{key}"])
        assert get(storage, f"copy/{key}") == key.encode()

    @EITHER_WAY
    def test_a_copy_refuses_impossible_keys(self, storage: Storage, way: type) -> None:
        """It is a write like any other."""
        copy = copier(storage, way)
        source = put(storage, "from", b"bytes")
        with pytest.raises(InvalidKey):
            copy("from", "half\ud800", source.version)
        assert names(storage) == ["from"]


class ConditionalCopies(Kit):
    def test_a_copy_over_nothing_never_overwrites(self, storage: Storage) -> None:
        """Somebody else took the new name meanwhile."""
        copying = offered(storage, CopiesConditionally)
        source = put(storage, "from", b"ours").version
        theirs = put(storage, "to", b"theirs").version
        with pytest.raises(VersionMismatch):
            copying.copy_if("from", "to", source_version=source, expect=ABSENT)
        assert get(storage, "to") == b"theirs"
        assert is_still(storage, "to", theirs)
        storage.delete("to")
        copying.copy_if("from", "to", source_version=source, expect=ABSENT)
        assert get(storage, "to") == b"ours"

    def test_a_copy_over_nothing_never_overwrites_an_empty_object(self, storage: Storage) -> None:
        """An empty object is there all the same."""
        copying = offered(storage, CopiesConditionally)
        source = put(storage, "from", b"ours").version
        put(storage, "to", b"")
        with pytest.raises(VersionMismatch):
            copying.copy_if("from", "to", source_version=source, expect=ABSENT)
        assert storage.stat("to").size == 0

    def test_a_copy_over_another_version_is_refused(self, storage: Storage) -> None:
        """The target was edited since it was seen."""
        copying = offered(storage, CopiesConditionally)
        source = put(storage, "from", b"ours").version
        stale = put(storage, "to", b"what we saw").version
        theirs = put(storage, "to", b"their edit").version
        for expected in (stale, STALE):
            with pytest.raises(VersionMismatch):
                copying.copy_if("from", "to", source_version=source, expect=expected)
        assert get(storage, "to") == b"their edit"
        assert is_still(storage, "to", theirs)

    def test_a_copy_over_the_expected_version_replaces(self, storage: Storage) -> None:
        """The version that was seen is the one to expect."""
        copying = offered(storage, CopiesConditionally)
        source = put(storage, "from", b"new bytes").version
        before = put(storage, "to", b"old bytes").version
        copy = copying.copy_if("from", "to", source_version=source, expect=before)
        assert copy.version != before
        assert get(storage, "to") == b"new bytes"

    def test_a_copy_over_a_version_that_is_gone_is_refused(self, storage: Storage) -> None:
        """Somebody deleted the target; the source is there, so nothing is not found."""
        copying = offered(storage, CopiesConditionally)
        source = put(storage, "from", b"ours").version
        seen = put(storage, "to", b"what we saw").version
        storage.delete("to")
        with pytest.raises(VersionMismatch):
            copying.copy_if("from", "to", source_version=source, expect=seen)
        assert names(storage) == ["from"]

    def test_a_large_copy_honours_its_condition(self, storage: Storage) -> None:
        """What is copied in parts is put together at the end; the condition must hold there."""
        copying = offered(storage, CopiesConditionally)
        source = put(storage, "from", content(self.large)).version
        theirs = put(storage, "to", b"theirs").version
        for expected in (ABSENT, STALE):
            with pytest.raises(VersionMismatch):
                copying.copy_if("from", "to", source_version=source, expect=expected)
        assert get(storage, "to") == b"theirs"
        copying.copy_if("from", "to", source_version=source, expect=theirs)
        same(get(storage, "to"), content(self.large))

    def test_racing_copies_to_one_name_have_one_winner(self, storage: Storage) -> None:
        """The condition on the target is decided by the store."""
        copying = offered(storage, CopiesConditionally)
        sources = [put(storage, f"from-{at}", b"%d" % at) for at in range(self.racers)]

        def racer(source: Entry) -> Callable[[], Entry]:
            return lambda: copying.copy_if(
                source.key, "to", source_version=source.version, expect=ABSENT
            )

        results = together([racer(source) for source in sources])
        _one_winner(results)
        winner = results.index(returned(results)[0])
        assert get(storage, "to") == b"%d" % winner


class Moves(Kit):
    def test_a_move_gives_the_object_another_name(self, storage: Storage) -> None:
        """A rename of a large file costs nothing where the store can do that."""
        moving = offered(storage, MovesInside)
        source = put(storage, "from/file", content(70_000))
        moved = moving.move("from/file", "to/other/file", source_version=source.version)
        assert (moved.key, moved.size) == ("to/other/file", 70_000)
        assert names(storage) == ["to/other/file"]
        same(get(storage, "to/other/file"), content(70_000))
        assert is_still(storage, "to/other/file", moved.version)

    def test_a_move_never_takes_a_name_that_is_held(self, storage: Storage) -> None:
        """Somebody else's file has the name by now; both must stay."""
        moving = offered(storage, MovesInside)
        source = put(storage, "from", b"ours").version
        put(storage, "to", b"theirs")
        with pytest.raises(VersionMismatch):
            moving.move("from", "to", source_version=source)
        assert (get(storage, "from"), get(storage, "to")) == (b"ours", b"theirs")

    def test_a_move_is_of_the_version_that_was_seen(self, storage: Storage) -> None:
        """An edit that nobody saw must not vanish from its name."""
        moving = offered(storage, MovesInside)
        stale = put(storage, "from", b"what we saw").version
        put(storage, "from", b"their edit")
        for version in (stale, STALE):
            with pytest.raises(VersionMismatch):
                moving.move("from", "to", source_version=version)
        assert names(storage) == ["from"]
        assert get(storage, "from") == b"their edit"

    def test_a_move_of_what_is_absent_is_not_found(self, storage: Storage) -> None:
        """Deleted since the plan; nothing appears under the new name."""
        moving = offered(storage, MovesInside)
        with pytest.raises(NotFound):
            moving.move("no/such/file", "to", source_version=STALE)
        assert names(storage) == []

    def test_a_move_leaves_all_that_lies_around(self, storage: Storage) -> None:
        """One object moves, and no folder with it."""
        moving = offered(storage, MovesInside)
        source = put(storage, "a/b", b"bytes").version
        put(storage, "a/b!", b"bytes")
        put(storage, "a/c", b"bytes")
        moving.move("a/b", "d", source_version=source)
        assert names(storage) == ["a/b!", "a/c", "d"]
        with pytest.raises(NotFound):
            moving.move("a", "e", source_version=source)
        assert names(storage) == ["a/b!", "a/c", "d"]

    def test_a_move_keeps_the_time_where_traits_say_so(self, storage: Storage) -> None:
        """A renamed file must not look like an edited one."""
        moving = offered(storage, MovesInside)
        if not storage.traits.keeps_mtime:
            pytest.skip("the traits say that no mtime is kept")
        source = storage.write("from", body(b"bytes", TIME))
        moved = moving.move("from", "to", source_version=source.version)
        assert moved.mtime_ns == storage.stat("to").mtime_ns == source.mtime_ns

    def test_a_move_keeps_what_came_with_the_object(self, storage: Storage) -> None:
        """Metadata and content type belong to the file, not to its name."""
        moving = offered(storage, MovesInside)
        source = storage.write("from", described_body(b"bytes", {"colour": "green"}))
        moving.move("from", "to", source_version=source.version)
        assert self.description(storage, "to") == ("text/x-special", {"colour": "green"})

    def test_the_digests_of_what_moved_are_right(self, storage: Storage) -> None:
        """They are compared before the move is recorded."""
        moving = offered(storage, MovesInside)
        source = put(storage, "from", content(3_000))
        moved = moving.move("from", "to", source_version=source.version)
        for entry in (moved, storage.stat("to"), listed(storage, "to")):
            assert_digests_are_of(entry, content(3_000))

    @cases_of(AWKWARD)
    def test_awkward_keys_can_be_moved(self, storage: Storage, key: str) -> None:
        """Both names go through the same quoting."""
        moving = offered(storage, MovesInside)
        holds(storage, f"moved/{key}")
        source = put(storage, key, key.encode())
        moving.move(key, f"moved/{key}", source_version=source.version)
        assert names(storage) == [f"moved/{key}"]
        assert get(storage, f"moved/{key}") == key.encode()

    def test_racing_moves_of_one_object_have_one_winner(self, storage: Storage) -> None:
        """Two of them would make two files of one."""
        moving = offered(storage, MovesInside)
        source = put(storage, "from", b"bytes").version

        def racer(at: int) -> Callable[[], Entry]:
            return lambda: moving.move("from", f"to-{at}", source_version=source)

        results = together([racer(at) for at in range(self.racers)])
        _one_winner(results)
        assert names(storage) == [returned(results)[0].key]

    def test_racing_moves_to_one_name_have_one_winner(self, storage: Storage) -> None:
        """All others keep what they had."""
        moving = offered(storage, MovesInside)
        sources = [put(storage, f"from-{at}", b"%d" % at) for at in range(self.racers)]

        def racer(source: Entry) -> Callable[[], Entry]:
            return lambda: moving.move(source.key, "to", source_version=source.version)

        results = together([racer(source) for source in sources])
        _one_winner(results)
        winner = results.index(returned(results)[0])
        assert get(storage, "to") == b"%d" % winner
        kept = [f"from-{at}" for at in range(self.racers) if at != winner]
        assert names(storage) == sorted([*kept, "to"])


def _one_winner(results: list[Entry | BaseException]) -> None:
    assert len(returned(results)) == 1, results
    for error in raised(results):
        if not isinstance(error, VersionMismatch | NotFound):
            raise error
