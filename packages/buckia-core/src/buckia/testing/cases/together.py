"""Bytes that wait beside their place and are made durable with many others, by one flush."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from buckia.errors import InvalidKey, StorageError, VersionMismatch
from buckia.protocols import ABSENT, Expected, Staged, StagesTogether, Storage
from buckia.testing.bodies import OddBody
from buckia.testing.cases.staging import STALE, visible
from buckia.testing.cases.traits import FINE
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
    same,
    together,
)

SEVERAL = [(f"folder-{number % 3}/{number:02}", 1_000 + number) for number in range(24)]
"""Keys, and the size of what is put there."""


class StagingTogether(Kit):
    def test_what_is_staged_together_is_invisible_until_its_commit(self, storage: Storage) -> None:
        """Also when it was made durable meanwhile: a flush is for the disk, not for eyes."""
        staging = offered(storage, StagesTogether)
        put(storage, "a/old", b"old")
        waiting = [
            staging.stage_unsettled("a/new", body(b"new")),
            staging.stage_unsettled("a/old", body(b"newer")),
        ]
        for _ in range(2):
            assert visible(storage) == ["a/old"]
            assert is_absent(storage, "a/new")
            assert get(storage, "a/old") == b"old"
            staging.settle()
        for staged in waiting:
            staged.discard()

    @pytest.mark.parametrize("settled", [True, False], ids=["settled", "unsettled"])
    @pytest.mark.parametrize("size", [0, 5, 700_000])
    def test_a_commit_of_what_was_staged_together_is_seen_at_once(
        self, storage: Storage, size: int, settled: bool
    ) -> None:
        """Its entry is recorded as agreed; what another flush is for is that it stays."""
        staging = offered(storage, StagesTogether)
        staged = staging.stage_unsettled("a/b/file", body(content(size)))
        if settled:
            staging.settle()
        entry = staged.commit(expect=ABSENT)
        assert (entry.key, entry.size) == ("a/b/file", size)
        for _ in range(2):
            assert is_still(storage, "a/b/file", entry.version)
            same(get(storage, "a/b/file"), content(size))
            assert visible(storage) == ["a/b/file"]
            staging.settle()

    def test_what_was_staged_together_keeps_its_time_where_traits_say_so(
        self, storage: Storage
    ) -> None:
        """A download gives the file the time it had."""
        staging = offered(storage, StagesTogether)
        if not storage.traits.keeps_mtime:
            pytest.skip("the traits say that no mtime is kept")
        staging.stage_unsettled("file", body(b"bytes", FINE)).commit(expect=ABSENT)
        staging.settle()
        kept = storage.stat("file").mtime_ns
        assert kept is not None
        assert abs(kept - FINE) < 1_000

    def test_what_was_staged_together_replaces_the_expected_version(
        self, storage: Storage, tmp_path: Path
    ) -> None:
        """The version that gives way is kept in its slot, as ever."""
        staging = offered(storage, StagesTogether)
        old = put(storage, "file", b"old bytes").version
        staged = staging.stage_unsettled("file", body(b"new"))
        staging.settle()
        entry = staged.commit(expect=old, slot=tmp_path / "slot")
        staging.settle()
        assert entry.version != old
        assert (tmp_path / "slot").read_bytes() == b"old bytes"
        assert get(storage, "file") == b"new"
        staged = staging.stage_unsettled("file", body(b"newer"))
        assert staged.commit(expect=entry.version).size == 5
        assert get(storage, "file") == b"newer"

    @pytest.mark.parametrize("existing", [True, False], ids=["over an object", "over nothing"])
    def test_what_was_staged_together_is_put_over_nothing_else(
        self, storage: Storage, tmp_path: Path, existing: bool
    ) -> None:
        """Somebody wrote, or deleted, while it waited for the others."""
        staging = offered(storage, StagesTogether)
        expectations: list[Expected] = [STALE]
        if existing:
            theirs = put(storage, "file", b"theirs").version
            expectations.append(ABSENT)
        for expect in expectations:
            staged = staging.stage_unsettled("file", body(b"ours"))
            staging.settle()
            with pytest.raises(VersionMismatch):
                staged.commit(expect=expect, slot=tmp_path / "slot")
            staged.discard()
        staging.settle()
        assert not (tmp_path / "slot").exists()
        if existing:
            assert get(storage, "file") == b"theirs"
            assert is_still(storage, "file", theirs)
        assert names(storage) == (["file"] if existing else [])

    def test_settling_may_be_repeated_and_have_nothing_to_do(self, storage: Storage) -> None:
        """A run asks for it whenever it writes something down, and by several threads at once."""
        staging = offered(storage, StagesTogether)
        staging.settle()
        put(storage, "old", b"old")
        staging.settle()
        staging.stage_unsettled("new", body(b"new")).commit(expect=ABSENT)
        for error in raised(together([staging.settle] * self.racers)):
            raise error
        staging.settle()
        assert (get(storage, "old"), get(storage, "new")) == (b"old", b"new")

    def test_all_that_was_settled_reads_back(self, storage: Storage) -> None:
        """Many files share a flush before their commits and one behind them."""
        staging = offered(storage, StagesTogether)
        waiting = _staged(staging)
        staging.settle()
        versions = [staged.commit(expect=ABSENT).version for staged in waiting]
        staging.settle()
        for (key, size), version in zip(SEVERAL, versions, strict=True):
            assert is_still(storage, key, version)
            same(get(storage, key), content(size))
        assert names(storage) == sorted(key for key, _ in SEVERAL)
        storage.close()
        again = self.reopen()
        if again is None:
            return
        try:
            assert names(again) == sorted(key for key, _ in SEVERAL)
            for key, size in SEVERAL:
                same(get(again, key), content(size))
        finally:
            again.close()

    def test_threads_that_stage_together_settle_for_each_other(self, storage: Storage) -> None:
        """One thread's flush comes while another's bytes are just being written."""
        staging = offered(storage, StagesTogether)

        def worker(mine: Sequence[tuple[str, int]]) -> Callable[[], None]:
            def work() -> None:
                for key, size in mine:
                    staged = staging.stage_unsettled(key, body(content(size)))
                    staging.settle()
                    entry = staged.commit(expect=ABSENT)
                    staging.settle()
                    staged.discard()
                    assert is_still(storage, key, entry.version)

            return work

        for error in raised(together([worker(SEVERAL[start::4]) for start in range(4)])):
            raise error
        for key, size in SEVERAL:
            same(get(storage, key), content(size))
        assert names(storage) == sorted(key for key, _ in SEVERAL)

    def test_what_was_staged_together_and_discarded_leaves_no_trace(self, storage: Storage) -> None:
        """Also when it is thrown away twice, and some of it after a flush."""
        staging = offered(storage, StagesTogether)
        waiting = _staged(staging)
        for staged in waiting[::2]:
            staged.discard()
        staging.settle()
        for staged in waiting:
            staged.discard()
        staging.settle()
        assert names(storage) == []
        put(storage, "folder-0", b"a file may have the name")
        assert names(storage) == ["folder-0"]

    def test_a_discard_of_what_was_committed_before_its_flush_is_harmless(
        self, storage: Storage
    ) -> None:
        """Clean-up code runs on all paths."""
        staging = offered(storage, StagesTogether)
        staged = staging.stage_unsettled("file", body(b"bytes"))
        staged.commit(expect=ABSENT)
        staged.discard()
        staging.settle()
        assert get(storage, "file") == b"bytes"

    @pytest.mark.parametrize("fault", ["short", "long", "wrong digest"])
    def test_a_bad_body_is_refused_when_it_is_staged_together(
        self, storage: Storage, fault: str
    ) -> None:
        """What waits for a flush waits for nothing else: it has been proven."""
        staging = offered(storage, StagesTogether)
        bad = {
            "short": OddBody(content(5_000), size=5_001),
            "long": OddBody(content(5_000), size=4_999),
            "wrong digest": OddBody(content(5_000), digests={"sha256": "0" * 64}),
        }[fault]
        with pytest.raises(StorageError):
            staging.stage_unsettled("folder/file", bad)
        staging.settle()
        assert bad.opened == bad.closed
        assert names(storage) == []

    def test_staging_together_refuses_impossible_keys(self, storage: Storage) -> None:
        """Before the bytes are taken."""
        with pytest.raises(InvalidKey):
            offered(storage, StagesTogether).stage_unsettled("half\ud800", body(b"bytes"))


def _staged(staging: StagesTogether) -> list[Staged]:
    return [staging.stage_unsettled(key, body(content(size))) for key, size in SEVERAL]
