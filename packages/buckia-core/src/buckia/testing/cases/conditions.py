"""A condition is decided by the store, at the instant of the change, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from buckia.errors import InvalidKey, StorageError, Unavailable, VersionMismatch
from buckia.protocols import (
    ABSENT,
    DeletesConditionally,
    Entry,
    Expected,
    Storage,
    WritesConditionally,
)
from buckia.testing.bodies import OddBody
from buckia.testing.kit import Kit
from buckia.testing.steps import (
    body,
    content,
    get,
    is_absent,
    is_still,
    names,
    offered,
    put,
    raised,
    returned,
    same,
    together,
)

STALE = "never-was"


class ConditionalWrites(Kit):
    def test_a_write_over_nothing_creates(self, storage: Storage) -> None:
        """The first upload of every file is one of these."""
        written = self.conditional(storage).write_if("a/file", body(b"bytes"), expect=ABSENT)
        assert (written.key, written.size) == ("a/file", 5)
        assert is_still(storage, "a/file", written.version)
        assert get(storage, "a/file") == b"bytes"

    def test_a_write_over_nothing_never_overwrites(self, storage: Storage) -> None:
        """Somebody else created it since the listing; their bytes must stay."""
        conditional = self.conditional(storage)
        theirs = put(storage, "file", b"theirs").version
        with pytest.raises(VersionMismatch) as caught:
            conditional.write_if("file", body(b"ours"), expect=ABSENT)
        assert caught.value.key == "file"
        self._still(storage, "file", b"theirs", theirs)

    def test_a_write_over_nothing_never_overwrites_an_empty_object(self, storage: Storage) -> None:
        """An empty object is there all the same."""
        conditional = self.conditional(storage)
        put(storage, "file", b"")
        with pytest.raises(VersionMismatch):
            conditional.write_if("file", body(b"ours"), expect=ABSENT)
        assert storage.stat("file").size == 0

    def test_a_write_over_the_expected_version_replaces(self, storage: Storage) -> None:
        """The version from the listing is the one to expect."""
        conditional = self.conditional(storage)
        first = put(storage, "file", b"first")
        second = conditional.write_if("file", body(b"second"), expect=first.version)
        assert second.version != first.version
        assert second.size == 6
        third = conditional.write_if("file", body(b"third"), expect=second.version)
        assert is_still(storage, "file", third.version)
        assert get(storage, "file") == b"third"

    def test_a_write_over_another_version_is_refused(self, storage: Storage) -> None:
        """Somebody else's edit came between the plan and its execution."""
        conditional = self.conditional(storage)
        stale = put(storage, "file", b"what we saw").version
        theirs = put(storage, "file", b"their edit").version
        for expected in (stale, STALE):
            with pytest.raises(VersionMismatch):
                conditional.write_if("file", body(b"ours"), expect=expected)
        self._still(storage, "file", b"their edit", theirs)

    def test_a_write_over_a_version_that_is_gone_is_refused(self, storage: Storage) -> None:
        """Somebody deleted it; writing it again would undo that unseen."""
        conditional = self.conditional(storage)
        version = put(storage, "file", b"bytes").version
        storage.delete("file")
        with pytest.raises(VersionMismatch):
            conditional.write_if("file", body(b"ours"), expect=version)
        assert names(storage) == []

    def test_a_refused_write_leaves_the_next_one_possible(self, storage: Storage) -> None:
        """A refusal must release whatever was held to decide it."""
        conditional = self.conditional(storage)
        version = put(storage, "file", b"bytes").version
        with pytest.raises(VersionMismatch):
            conditional.write_if("file", body(b"no"), expect=ABSENT)
        conditional.write_if("file", body(b"yes"), expect=version)
        assert get(storage, "file") == b"yes"

    def test_a_large_write_honours_its_condition(self, storage: Storage) -> None:
        """What is sent in parts is put together at the end; the condition must hold there."""
        conditional = self.conditional(storage)
        limit = storage.traits.conditional_write_limit
        data = content(self.large if limit is None else min(self.large, limit))
        theirs = put(storage, "clip", b"theirs").version
        for expected in (ABSENT, STALE):
            with pytest.raises(VersionMismatch):
                conditional.write_if("clip", body(data), expect=expected)
        self._still(storage, "clip", b"theirs", theirs)
        conditional.write_if("clip", body(data), expect=theirs)
        same(get(storage, "clip"), data)

    @pytest.mark.parametrize("existing", [True, False], ids=["over an object", "anew"])
    def test_a_conditional_body_that_breaks_leaves_what_was_there(
        self, storage: Storage, existing: bool
    ) -> None:
        """The condition held, but the bytes never came."""
        conditional = self.conditional(storage)
        expect: Expected = put(storage, "file", b"old").version if existing else ABSENT
        broken = OddBody(content(1_000), size=2_000)
        with pytest.raises(StorageError):
            conditional.write_if("file", broken, expect=expect)
        if existing:
            assert get(storage, "file") == b"old"
        else:
            assert is_absent(storage, "file")

    def test_a_conditional_write_refuses_impossible_keys(self, storage: Storage) -> None:
        """It is a write like any other."""
        with pytest.raises(InvalidKey):
            self.conditional(storage).write_if("half\ud800", body(b"x"), expect=ABSENT)

    def test_racing_creators_have_one_winner(self, storage: Storage) -> None:
        """Eight devices create the same file; seven must learn that they were too late."""
        conditional = self.conditional(storage)
        for turn in range(5):
            self._race(storage, conditional, f"file-{turn}", ABSENT)

    def test_racing_replacers_have_one_winner(self, storage: Storage) -> None:
        """Eight devices saw the same version; one edit is stored, seven are not lost silently."""
        conditional = self.conditional(storage)
        for turn in range(5):
            seen = put(storage, f"file-{turn}", b"what all saw").version
            self._race(storage, conditional, f"file-{turn}", seen)

    def test_a_chain_of_racing_edits_loses_none(self, storage: Storage) -> None:
        """Read, change, write if unchanged, else again: the way to share a list without a lock."""
        conditional = self.conditional(storage)
        put(storage, "list", b"")

        def adding(name: str) -> Callable[[], None]:
            def add() -> None:
                for number in range(5):
                    while not _added(storage, conditional, f"{name}{number}"):
                        pass

            return add

        for error in raised(together([adding(name) for name in "abcd"])):
            raise error
        lines = get(storage, "list").decode().split()
        assert sorted(lines) == [f"{name}{number}" for name in "abcd" for number in range(5)]

    def conditional(self, storage: Storage) -> WritesConditionally:
        return offered(storage, WritesConditionally)

    def _race(
        self, storage: Storage, conditional: WritesConditionally, key: str, expect: Expected
    ) -> None:
        bodies = [content(5_000 + number, number) for number in range(self.racers)]

        def racer(data: bytes) -> Callable[[], Entry]:
            return lambda: conditional.write_if(key, body(data), expect=expect)

        results = together([racer(data) for data in bodies])
        assert len(returned(results)) == 1, results
        for error in raised(results):
            # A service that is overrun may say so; whoever hears that knows that he has not won.
            if not isinstance(error, VersionMismatch | Unavailable):
                raise error
        winner = next(at for at, result in enumerate(results) if result in returned(results))
        self._still(storage, key, bodies[winner], returned(results)[0].version)

    def _still(self, storage: Storage, key: str, data: bytes, version: str) -> None:
        same(get(storage, key), data)
        assert is_still(storage, key, version)


def _added(storage: Storage, conditional: WritesConditionally, line: str) -> bool:
    """Whether the line is in the list now."""
    try:
        # A reading may notice that it was overwritten meanwhile, and say so.
        with storage.read("list") as reading:
            lines = reading.read().decode().split()
            version = reading.entry.version
        if line not in lines:
            conditional.write_if("list", body("\n".join([*lines, line]).encode()), expect=version)
    except (VersionMismatch, Unavailable):
        # After a failure nobody knows whether it is; the next look tells.
        return False
    return True


class ConditionalDeletes(Kit):
    def test_the_expected_version_is_deleted(self, storage: Storage) -> None:
        """A deletion that travels removes what was agreed on."""
        deleting = offered(storage, DeletesConditionally)
        version = put(storage, "file", b"bytes").version
        deleting.delete_if("file", expect=version)
        assert names(storage) == []

    def test_another_version_is_not_deleted(self, storage: Storage) -> None:
        """The edit wins over the deletion, and was never seen by whoever deletes."""
        deleting = offered(storage, DeletesConditionally)
        stale = put(storage, "file", b"what we saw").version
        theirs = put(storage, "file", b"their edit").version
        for expected in (stale, STALE):
            with pytest.raises(VersionMismatch) as caught:
                deleting.delete_if("file", expect=expected)
            assert caught.value.key == "file"
        assert get(storage, "file") == b"their edit"
        assert is_still(storage, "file", theirs)

    def test_deleting_an_absent_key_conditionally_is_fine(self, storage: Storage) -> None:
        """A retry after a lost answer finds nothing, and has succeeded."""
        deleting = offered(storage, DeletesConditionally)
        deleting.delete_if("no/such/file", expect=STALE)
        version = put(storage, "file", b"bytes").version
        deleting.delete_if("file", expect=version)
        deleting.delete_if("file", expect=version)
        assert names(storage) == []

    def test_a_conditional_delete_takes_one_object_only(self, storage: Storage) -> None:
        """Neither what lies below it nor what begins alike."""
        deleting = offered(storage, DeletesConditionally)
        version = put(storage, "a.b", b"bytes").version
        put(storage, "a.b!", b"bytes")
        put(storage, "c/d", b"bytes")
        deleting.delete_if("a.b", expect=version)
        deleting.delete_if("c", expect=version)
        assert names(storage) == ["a.b!", "c/d"]

    def test_a_racing_edit_and_deletion_never_lose_the_edit(self, storage: Storage) -> None:
        """Either the edit replaced the version and nothing is deleted, or it came after."""
        deleting = offered(storage, DeletesConditionally)
        for turn in range(8):
            self._race_with_edit(storage, deleting, f"file-{turn}")
            assert get(storage, f"file-{turn}") == b"edit"

    def _race_with_edit(self, storage: Storage, deleting: DeletesConditionally, key: str) -> None:
        seen = put(storage, key, b"seen").version

        def edit() -> None:
            put(storage, key, b"edit")

        def delete() -> None:
            deleting.delete_if(key, expect=seen)

        for error in raised(together([edit, delete])):
            if not isinstance(error, VersionMismatch):
                raise error
