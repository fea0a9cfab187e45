"""What stores of files offer: bytes that wait beside their place, and objects that step aside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from buckia import keys
from buckia.errors import Corrupted, InvalidKey, NotFound, StorageError, VersionMismatch
from buckia.protocols import (
    ABSENT,
    Entry,
    Expected,
    Retires,
    Staged,
    Stages,
    Storage,
    Surveys,
    Sweeps,
)
from buckia.testing.bodies import OddBody
from buckia.testing.kit import Kit
from buckia.testing.steps import (
    body,
    content,
    fill,
    get,
    is_absent,
    is_still,
    listing,
    names,
    offered,
    put,
    raised,
    returned,
    same,
    together,
)

STALE = "never-was"


def visible(storage: Storage) -> list[str]:
    """What takes part in a sync: temporary names of ours never do."""
    return [key for key in names(storage) if not keys.is_ours(key)]


class Staging(Kit):
    def test_what_is_staged_is_invisible(self, storage: Storage) -> None:
        """Nobody may ever see a half file, nor a whole one before its time."""
        staging = offered(storage, Stages)
        put(storage, "a/old", b"old")
        waiting = [
            staging.stage("a/new", body(b"new")),
            staging.stage("a/old", body(b"newer")),
        ]
        assert visible(storage) == ["a/old"]
        assert is_absent(storage, "a/new")
        assert get(storage, "a/old") == b"old"
        for staged in waiting:
            staged.discard()

    @pytest.mark.parametrize("size", [0, 5, 700_000])
    def test_a_commit_makes_it_visible_whole(self, storage: Storage, size: int) -> None:
        """The entry is recorded as agreed, without another look."""
        staged = offered(storage, Stages).stage("a/b/file", body(content(size)))
        entry = staged.commit(expect=ABSENT)
        assert (entry.key, entry.size) == ("a/b/file", size)
        assert is_still(storage, "a/b/file", entry.version)
        same(get(storage, "a/b/file"), content(size))
        assert visible(storage) == ["a/b/file"]

    def test_a_commit_keeps_the_time_where_traits_say_so(self, storage: Storage) -> None:
        """A download gives the file the time it had."""
        staging = offered(storage, Stages)
        if not storage.traits.keeps_mtime:
            pytest.skip("the traits say that no mtime is kept")
        time = 1_600_000_000_123_456_000
        staging.stage("file", body(b"bytes", time)).commit(expect=ABSENT)
        kept = storage.stat("file").mtime_ns
        assert kept is not None
        assert abs(kept - time) < 1_000

    def test_a_commit_over_the_expected_version_replaces(self, storage: Storage) -> None:
        """The old bytes are kept in the slot, to be restored from there."""
        staging = offered(storage, Stages)
        old = put(storage, "file", b"old").version
        entry = staging.stage("file", body(b"new")).commit(expect=old)
        assert entry.version != old
        assert get(storage, "file") == b"new"

    def test_a_commit_moves_the_old_object_to_its_slot(
        self, storage: Storage, tmp_path: Path
    ) -> None:
        """The losing version is always kept, and it is the very object that was there."""
        staging = offered(storage, Stages)
        old = put(storage, "file", b"old bytes").version
        slot = tmp_path / "slot"
        staging.stage("file", body(b"new")).commit(expect=old, slot=slot)
        assert slot.read_bytes() == b"old bytes"
        assert get(storage, "file") == b"new"

    @pytest.mark.parametrize("existing", [True, False], ids=["over an object", "over nothing"])
    def test_a_commit_over_something_else_changes_nothing(
        self, storage: Storage, tmp_path: Path, existing: bool
    ) -> None:
        """Somebody wrote, or deleted, since it was seen."""
        staging = offered(storage, Stages)
        expectations: list[Expected] = [STALE]
        if existing:
            theirs = put(storage, "file", b"theirs").version
            expectations.append(ABSENT)
        for expect in expectations:
            staged = staging.stage("file", body(b"ours"))
            with pytest.raises(VersionMismatch):
                staged.commit(expect=expect, slot=tmp_path / "slot")
            staged.discard()
        assert not (tmp_path / "slot").exists()
        if existing:
            assert get(storage, "file") == b"theirs"
            assert is_still(storage, "file", theirs)
        assert names(storage) == (["file"] if existing else [])

    def test_what_is_discarded_leaves_no_trace(self, storage: Storage) -> None:
        """Also when it is thrown away twice, and when its folder was made for it."""
        staged = offered(storage, Stages).stage("new/folder/file", body(content(1_000)))
        staged.discard()
        staged.discard()
        assert names(storage) == []
        put(storage, "new", b"a file may have the name")
        assert names(storage) == ["new"]

    def test_a_discard_after_a_commit_is_harmless(self, storage: Storage) -> None:
        """Clean-up code runs on all paths."""
        staged = offered(storage, Stages).stage("file", body(b"bytes"))
        staged.commit(expect=ABSENT)
        staged.discard()
        assert get(storage, "file") == b"bytes"

    @pytest.mark.parametrize("fault", ["breaks", "short", "long", "wrong digest"])
    def test_a_bad_body_is_refused_when_it_is_staged(self, storage: Storage, fault: str) -> None:
        """What waits for its commit has been proven."""
        staging = offered(storage, Stages)
        bad = {
            "breaks": OddBody(content(5_000), size=9_000, error=Corrupted("cut off")),
            "short": OddBody(content(5_000), size=5_001),
            "long": OddBody(content(5_000), size=4_999),
            "wrong digest": OddBody(content(5_000), digests={"sha256": "0" * 64}),
        }[fault]
        with pytest.raises(StorageError):
            staging.stage("folder/file", bad)
        assert bad.opened == bad.closed
        assert names(storage) == []

    def test_staging_refuses_impossible_keys(self, storage: Storage) -> None:
        """Before the bytes are taken."""
        with pytest.raises(InvalidKey):
            offered(storage, Stages).stage("half\ud800", body(b"bytes"))

    def test_racing_commits_have_one_winner(self, storage: Storage) -> None:
        """All others leave it as they found it."""
        staging = offered(storage, Stages)
        seen = put(storage, "file", b"what all saw").version
        waiting = [
            staging.stage("file", body(content(1_000 + at, at))) for at in range(self.racers)
        ]

        def racer(staged: Staged) -> Callable[[], Entry]:
            return lambda: staged.commit(expect=seen)

        results = together([racer(staged) for staged in waiting])
        for staged in waiting:
            staged.discard()
        assert len(returned(results)) == 1, results
        for error in raised(results):
            if not isinstance(error, VersionMismatch):
                raise error
        winner = results.index(returned(results)[0])
        same(get(storage, "file"), content(1_000 + winner, winner))
        assert names(storage) == ["file"]


class Retiring(Kit):
    def test_a_retired_object_is_in_its_slot_and_nowhere_else(
        self, storage: Storage, tmp_path: Path
    ) -> None:
        """A deletion keeps the bytes in the trash."""
        retiring = offered(storage, Retires)
        version = put(storage, "a/file", b"bytes").version
        put(storage, "a/other", b"other")
        retiring.retire("a/file", expect=version, slot=tmp_path / "slot")
        assert (tmp_path / "slot").read_bytes() == b"bytes"
        assert names(storage) == ["a/other"]

    def test_another_version_is_not_retired(self, storage: Storage, tmp_path: Path) -> None:
        """An edit that nobody saw must not go to the trash."""
        retiring = offered(storage, Retires)
        stale = put(storage, "file", b"what we saw").version
        theirs = put(storage, "file", b"their edit").version
        for expected in (stale, STALE):
            with pytest.raises(VersionMismatch):
                retiring.retire("file", expect=expected, slot=tmp_path / "slot")
        assert not (tmp_path / "slot").exists()
        assert get(storage, "file") == b"their edit"
        assert is_still(storage, "file", theirs)

    @pytest.mark.parametrize("key", ["no/such/file", "a"], ids=["nothing", "a folder"])
    def test_what_is_absent_cannot_be_retired(
        self, storage: Storage, tmp_path: Path, key: str
    ) -> None:
        """Nothing appears in the slot, and a folder stays where it is."""
        retiring = offered(storage, Retires)
        put(storage, "a/b", b"bytes")
        with pytest.raises((NotFound, VersionMismatch)):
            retiring.retire(key, expect=STALE, slot=tmp_path / "slot")
        assert not (tmp_path / "slot").exists()
        assert names(storage) == ["a/b"]


class Sweeping(Kit):
    def test_a_sweep_leaves_every_object(self, storage: Storage) -> None:
        """Only what killed runs of ours left behind may go."""
        sweeping = offered(storage, Sweeps)
        kept = ["a/b", "a/tmp", "file.tmp", "file~", "tmp-file"]
        fill(storage, kept)
        assert sweeping.sweep("a/") == sweeping.sweep() == 0
        assert names(storage) == kept

    def test_a_sweep_of_an_empty_store_finds_nothing(self, storage: Storage) -> None:
        """The first run of all sweeps as well."""
        assert offered(storage, Sweeps).sweep() == 0


class Surveying(Kit):
    def test_a_survey_of_a_sound_store_is_its_listing(self, storage: Storage) -> None:
        """Where all can be seen, nothing is missing and nothing is skipped."""
        surveying = offered(storage, Surveys)
        fill(storage, ["a!", "a-b", "a/b", "a/c/d", "a0", "b"])
        blocks = list(surveying.survey())
        found = [entry for block in blocks for entry in block.entries]
        assert [(e.key, e.size) for e in found] == [(e.key, e.size) for e in listing(storage)]
        assert all(is_still(storage, entry.key, entry.version) for entry in found)
        assert [gap for block in blocks for gap in block.gaps] == []
        assert [skipped for block in blocks for skipped in block.skipped] == []

    @pytest.mark.parametrize("prefix", ["a", "a/", "a/c/", "none"])
    def test_a_survey_prefix_is_a_plain_string_prefix(self, storage: Storage, prefix: str) -> None:
        """As for a scan."""
        surveying = offered(storage, Surveys)
        fill(storage, ["a!", "a-b", "a/b", "a/c/d", "a0", "b"])
        found = [entry.key for block in surveying.survey(prefix) for entry in block.entries]
        assert found == names(storage, prefix)
