"""A user's folder goes to another bucket, and nothing is lost, whoever writes meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from buckia.body import BytesBody
from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.errors import (
    BuckiaError,
    ConfigError,
    Conflicts,
    GuardStopped,
    Incomplete,
    InvalidKey,
    Unavailable,
)
from buckia.stores.local.plugin import FOLDER_ONLY
from buckia.stores.local.store import LocalStore
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import At, Fails, Script, unavailable
from tests.engine import provider
from tests.engine.bench import lacking
from tests.people.tiers import ID, NOTE, Meddling, Tiers

FILES = {
    ".buckia-user": "{}",
    ".env": "kept like any other",
    ".git/config": "this too",
    "App.sqlite": "database",
    "App.sqlite-wal": "and its log",
    "a.txt": "a",
    "photos/1.jpg": "one",
    "photos/2.jpg": "two",
    "z": "",
}
STORES: dict[str, Callable[[], MemoryStore]] = {
    "usual": MemoryStore,
    "without conditions": lambda: lacking("WritesConditionally", "DeletesConditionally"),
    "without digests": lambda: lacking("Digests"),
}


@pytest.fixture
def tiers(tmp_path: Path) -> Tiers:
    return filled(Tiers(tmp_path / "work"))


def filled(tiers: Tiers) -> Tiers:
    for key, data in FILES.items():
        tiers.common.put(key, data)
    return tiers


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buckia.engine.limits.FIRST_PAUSE", 0.0)


@pytest.mark.parametrize("kind", STORES)
def test_all_of_a_folder_goes_over_and_a_note_stays(tmp_path: Path, kind: str) -> None:
    tiers = filled(Tiers(tmp_path / "work", STORES[kind](), STORES[kind]()))
    tiers.common.memory.write("somebody/else", _body("x"))
    result = tiers.move()
    assert (result.copied, result.deleted, result.left) == (len(FILES), len(FILES), ())
    assert tiers.premium.files() == FILES
    assert tiers.common.memory.contents().keys() == {f"{ID}/{NOTE}", "somebody/else"}
    note = json.loads(tiers.common.memory.contents()[f"{ID}/{NOTE}"])
    assert (note["format"], note["to"]) == (1, tiers.premium.name)
    assert not tiers.premium.has_note
    again = tiers.move()
    assert (again.copied, again.deleted, again.left) == (0, 0, ())
    assert tiers.premium.files() == FILES


def _body(text: str) -> Any:
    return BytesBody(data=text.encode())


def test_nothing_but_the_folder_is_listed(tiers: Tiers) -> None:
    tiers.move()
    for tier in (tiers.common, tiers.premium):
        assert {key.partition("/")[0] for key in tier.store.called("scan")} == {ID}


def test_large_objects_go_too(tmp_path: Path) -> None:
    tiers = Tiers(tmp_path / "work")
    tiers.common.put("large", "0123456789abcdef" * (5 << 16))
    assert tiers.move().bytes == 5 << 20
    assert len(tiers.premium.files()["large"]) == 5 << 20


def test_files_that_are_there_already_and_equal_are_not_copied(tiers: Tiers) -> None:
    for key in ("a.txt", "photos/1.jpg"):
        tiers.premium.put(key, FILES[key])
    before = tiers.premium.memory.stat(f"{ID}/a.txt")
    tiers.move()
    assert tiers.premium.memory.stat(f"{ID}/a.txt") == before
    assert tiers.premium.files() == FILES
    assert tiers.common.files() == {}


def test_a_file_that_differs_stops_everything_and_is_not_written_over(tiers: Tiers) -> None:
    tiers.premium.put("a.txt", "of somebody else")
    with pytest.raises(Conflicts, match=r"a\.txt"):
        tiers.move()
    assert tiers.common.files() == FILES
    assert not tiers.common.has_note
    assert tiers.premium.files()["a.txt"] == "of somebody else"
    tiers.premium.drop("a.txt")
    tiers.move()
    assert tiers.premium.files() == FILES


def test_files_of_a_stranger_in_the_new_folder_stop_everything(tiers: Tiers) -> None:
    tiers.premium.put("b.txt", "of somebody else")
    with pytest.raises(Conflicts, match=r"b\.txt"):
        tiers.move()
    assert tiers.premium.files() == {"b.txt": "of somebody else"}
    assert (tiers.common.files(), tiers.common.has_note) == (FILES, False)


def test_what_cannot_be_copied_stops_the_switch(tiers: Tiers) -> None:
    refused = Fails(lambda key: InvalidKey("too long", key=key))
    tiers.premium.store.plan = Script(
        *(At(one, refused, None, f"{ID}/a.txt") for one in ("write", "write_if"))
    )
    with pytest.raises(Incomplete, match=r"a\.txt"):
        tiers.move()
    assert (tiers.common.files(), tiers.common.has_note) == (FILES, False)
    tiers.premium.store.plan = Script()
    tiers.move()
    assert (tiers.premium.files(), tiers.common.files()) == (FILES, {})


def test_bytes_that_do_not_arrive_as_sent_are_not_deleted(tiers: Tiers) -> None:
    real = tiers.premium.memory.write_if

    def damaged(key: str, body: Any, **how: Any) -> Any:
        return real(key, _body("other bytes") if key.endswith("a.txt") else body, **how)

    tiers.premium.memory.write_if = damaged  # type: ignore[method-assign]
    with pytest.raises(BuckiaError):
        tiers.move()
    assert (tiers.common.files(), tiers.common.has_note) == (FILES, False)


def test_a_folder_that_is_nowhere_cannot_be_moved(tmp_path: Path) -> None:
    tiers = Tiers(tmp_path / "work")
    with pytest.raises(ConfigError, match="there is no folder"):
        tiers.move()
    assert tiers.common.memory.contents() == tiers.premium.memory.contents() == {}


def test_a_bucket_cannot_be_moved_into_itself(tiers: Tiers, tmp_path: Path) -> None:
    with (
        tiers.client(tiers.common) as one,
        tiers.client(tiers.common) as other,
        pytest.raises(ConfigError, match="one bucket"),
    ):
        one.move_user(ID, other)
    assert tiers.common.files() == FILES
    provider.stores["by-another-name"] = tiers.common.store
    again = Tiers(tmp_path / "again")
    again.common = tiers.common
    again.premium.name = "by-another-name"
    for _ in range(2):
        with pytest.raises(ConfigError, match="one bucket"):
            again.move()
        assert tiers.common.files() == FILES
        assert not tiers.common.has_note
    # Killed between the note and the look at it.
    tiers.common.put(NOTE, json.dumps({"to": "by-another-name"}))
    with pytest.raises(ConfigError, match="one bucket"):
        again.move()
    assert (tiers.common.files(), tiers.common.has_note) == (FILES, False)


# Devices


def test_a_device_that_still_syncs_the_old_folder_is_told_and_changes_nothing(
    tiers: Tiers, tmp_path: Path
) -> None:
    tiers.move()
    device = Tiers(tmp_path / "device")
    mine = device.folder / ID / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    before = tiers.common.memory.contents()
    with device.client(tiers.common) as client:
        for ask in (client.sync, client.status, client.verify, client.conflicts):
            with pytest.raises(GuardStopped) as caught:
                ask()
            assert caught.value.exit_code == 6
            assert f"was moved to {tiers.premium.name}" in caught.value.message
            assert caught.value.moved_to == tiers.premium.name
        with pytest.raises(GuardStopped):
            client.sync(force=True)
    assert tiers.common.memory.contents() == before
    assert [path.name for path in mine.parent.iterdir()] == ["mine.txt"]
    with device.client(tiers.premium) as client:
        assert client.sync().exit_code == 0
    assert tiers.premium.files() == {**FILES, "mine.txt": "mine"}
    assert (mine.parent / "photos/1.jpg").read_text() == "one"


def test_a_note_that_nobody_can_read_stops_a_sync_all_the_same(tiers: Tiers) -> None:
    tiers.common.put(NOTE, "{")
    with tiers.client(tiers.common) as client, pytest.raises(GuardStopped, match="another bucket"):
        client.sync()


def test_a_sync_of_the_whole_bucket_takes_no_note_along(tiers: Tiers, tmp_path: Path) -> None:
    tiers.move()
    config = BucketConfig(provider="bench", bucket_name=tiers.common.name, delete_orphaned=True)
    folder = tmp_path / "admin"
    folder.mkdir()
    with BuckiaClient(config, local_path=folder, plugins=provider.plugins()) as client:
        assert client.sync().exit_code == 0
    assert tiers.common.has_note
    assert not (folder / ID).exists()


# There and back


def test_a_folder_can_come_back_and_go_again(tiers: Tiers) -> None:
    tiers.move()
    tiers.premium.put("a.txt", "edited there")
    tiers.premium.drop("photos/1.jpg")
    tiers.premium.put("new", "new")
    after = {**FILES, "a.txt": "edited there", "new": "new"}
    del after["photos/1.jpg"]
    tiers.move(back=True)
    assert (tiers.common.files(), tiers.premium.files()) == (after, {})
    assert (tiers.common.has_note, tiers.premium.has_note) == (False, True)
    tiers.common.put("a.txt", "edited again")
    tiers.move()
    assert tiers.premium.files() == {**after, "a.txt": "edited again"}
    assert (tiers.common.has_note, tiers.premium.has_note) == (True, False)


def test_a_move_that_has_not_ended_lets_nobody_go_back(tiers: Tiers) -> None:
    tiers.common.store.plan = Script(At("delete_if", unavailable()))
    with pytest.raises(Unavailable):
        tiers.move()
    tiers.common.store.plan = Script()
    tiers.premium.drop("a.txt")
    with pytest.raises(ConfigError, match="still on its way back"):
        tiers.move(back=True)
    tiers.move()
    left = {key: data for key, data in FILES.items() if key != "a.txt"}
    assert (tiers.premium.files(), tiers.common.files()) == (left, {})
    tiers.move(back=True)
    assert tiers.common.files() == left


def test_a_folder_that_went_elsewhere_is_looked_for_there(tiers: Tiers, tmp_path: Path) -> None:
    tiers.move()
    other = Tiers(tmp_path / "other")
    with (
        tiers.client(tiers.common) as source,
        tiers.client(other.premium) as target,
        pytest.raises(ConfigError, match=f"moved from .* to {tiers.premium.name}"),
    ):
        source.move_user(ID, target)


# Somebody writes meanwhile


def edited(tiers: Tiers) -> None:
    tiers.common.put("a.txt", "edited late")


def added(tiers: Tiers) -> None:
    tiers.common.put("photos/0.jpg", "new late")


def deleted(tiers: Tiers) -> None:
    tiers.common.drop("photos/2.jpg")


def moved_within(tiers: Tiers) -> None:
    if "photos/1.jpg" in tiers.common.files():
        tiers.common.put("0.jpg", "one")
        tiers.common.drop("photos/1.jpg")


DEEDS = (edited, added, deleted, moved_within)


@pytest.mark.parametrize("bucket", ["common", "premium"])
@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_whoever_writes_at_any_moment_loses_nothing(
    tmp_path: Path, deed: Callable[[Tiers], object], bucket: str
) -> None:
    late = 0
    for nth in count(1):
        tiers = filled(Tiers(tmp_path / str(nth)))
        meddling = Meddling(nth, lambda: deed(tiers))  # noqa: B023 - it happens in this turn
        getattr(tiers, bucket).store.plan = meddling
        result = tiers.move()
        if meddling.left > 0:
            break
        here, there = tiers.common.files(), tiers.premium.files()
        assert set(result.left) <= set(here)
        wanted = set(FILES.values()) - {"a", "two"}
        wanted |= {"edited late"} if deed is edited else {"a"}
        wanted |= {"new late"} if deed is added else set()
        assert wanted <= {*here.values(), *there.values()}, (nth, here, there)
        late += bool(here)
        again = tiers.move()
        # What came late comes over too, unless it cannot be told from an edit of the new one.
        here, there = tiers.common.files(), tiers.premium.files()
        assert set(again.left) == set(here)
        assert wanted <= {*here.values(), *there.values()}, (nth, here, there)
    assert nth > len(FILES)
    assert late or deed is deleted or bucket == "premium"


def test_a_deletion_before_the_switch_is_done_in_the_new_bucket_too(tiers: Tiers) -> None:
    class Watching(Meddling):
        def faults(self, _call: Any) -> Any:
            if "z" in tiers.premium.files() and not tiers.common.has_note:
                deleted(tiers)
            return ()

    tiers.common.store.plan = Watching(0, tiers.move)
    assert tiers.move().left == ()
    left = {key: data for key, data in FILES.items() if key != "photos/2.jpg"}
    assert (tiers.common.files(), tiers.premium.files()) == ({}, left)


def test_what_was_deleted_by_a_move_is_not_missed_by_the_next(tiers: Tiers) -> None:
    tiers.common.store.plan = Script(At("delete_if", unavailable(), 3))
    with pytest.raises(Unavailable):
        tiers.move()
    tiers.common.store.plan = Script()
    assert tiers.common.files() != FILES
    # Somebody takes the note away by hand, and what is in the new bucket is all there is.
    tiers.common.drop(NOTE)
    with pytest.raises(Conflicts):
        tiers.move()
    assert tiers.premium.files() == FILES


def test_an_edit_after_the_switch_is_not_deleted_and_is_reported(tiers: Tiers) -> None:
    done = False

    def late() -> None:
        nonlocal done
        cleared = tiers.common.store.called("delete_if")
        if tiers.common.has_note and not done and cleared == [f"{ID}/.buckia-user"]:
            done = True
            tiers.common.put("photos/1.jpg", "ONE")
            tiers.common.put("photos/2.jpg", "edited after the switch")
            tiers.common.put("zz", "new after the switch")

    class Watching(Meddling):
        def faults(self, call: Any) -> Any:
            late()
            return ()

    tiers.workers = 1
    tiers.common.store.plan = Watching(0, late)
    result = tiers.move()
    assert done
    assert set(result.left) == {"photos/1.jpg", "photos/2.jpg", "zz"}
    assert result.left_count == 3
    assert tiers.common.files() == {
        "photos/1.jpg": "ONE",
        "photos/2.jpg": "edited after the switch",
        "zz": "new after the switch",
    }
    assert tiers.premium.files() == FILES
    # The device has the folder in the new bucket by now, and goes on there.
    tiers.premium.put("photos/2.jpg", "edited in the new one")
    again = tiers.move()
    assert again.left == ("photos/2.jpg",)
    assert tiers.common.files() == {"photos/2.jpg": "edited after the switch"}
    assert tiers.premium.files()["photos/2.jpg"] == "edited in the new one"
    assert tiers.premium.files()["photos/1.jpg"] == "ONE"
    assert tiers.premium.files()["zz"] == "new after the switch"


@pytest.mark.parametrize("there", ["a", "edited there", None])
def test_a_file_that_is_written_once_more_after_it_was_deleted_comes_over_too(
    tiers: Tiers, there: str | None
) -> None:
    """As a device does whose sync began before the switch, and finds its edit gone."""

    class Watching(Meddling):
        def faults(self, _call: Any) -> Any:
            if self.left and tiers.common.has_note and "a.txt" not in tiers.common.files():
                self.left = 0
                tiers.common.put("a.txt", "edited late")
            return ()

    tiers.common.store.plan = Watching(1, tiers.move)
    assert tiers.move().left == ("a.txt",)
    tiers.common.store.plan = Script()
    if there is None:
        tiers.premium.drop("a.txt")
    elif there != "a":
        tiers.premium.put("a.txt", there)
    again = tiers.move()
    if there == "a":
        assert again.left == ()
        assert tiers.premium.files() == {**FILES, "a.txt": "edited late"}
    else:
        assert again.left == ("a.txt",)
        assert tiers.common.files() == {"a.txt": "edited late"}
        assert tiers.premium.files().get("a.txt") == there


def test_an_edit_between_the_last_copy_and_the_deletion_is_not_deleted(tiers: Tiers) -> None:
    listings = 0

    class Watching(Meddling):
        def faults(self, call: Any) -> Any:
            nonlocal listings
            if call.operation == "scan" and tiers.common.has_note:
                listings += 1
                if listings == 2:
                    tiers.common.put("a.txt", "A")
                    tiers.common.put("photos/1.jpg", "longer than it was")
            return ()

    tiers.common.store.plan = Watching(0, tiers.move)
    assert set(tiers.move().left) == {"a.txt", "photos/1.jpg"}
    assert tiers.common.files() == {"a.txt": "A", "photos/1.jpg": "longer than it was"}
    assert tiers.premium.files() == FILES
    assert tiers.move().left == ()
    assert tiers.premium.files() == {
        **FILES,
        "a.txt": "A",
        "photos/1.jpg": "longer than it was",
    }


def test_a_file_that_is_only_touched_counts_as_copied(tiers: Tiers) -> None:
    listings = 0

    class Watching(Meddling):
        def faults(self, call: Any) -> Any:
            nonlocal listings
            if call.operation == "scan" and tiers.common.has_note:
                listings += 1
                if listings <= 2:
                    tiers.common.put("a.txt", "a")
            return ()

    tiers.common.store.plan = Watching(0, tiers.move)
    assert tiers.move().left == ()
    assert (tiers.common.files(), tiers.premium.files()) == ({}, FILES)


def test_what_is_edited_or_deleted_in_the_new_bucket_after_the_switch_stays_so(
    tiers: Tiers,
) -> None:
    tiers.common.store.plan = Script(At("delete_if", unavailable(), 3))
    with pytest.raises(Unavailable):
        tiers.move()
    tiers.common.store.plan = Script()
    tiers.premium.put("a.txt", "edited there")
    tiers.premium.drop("photos/1.jpg")
    assert tiers.move().left == ()
    assert tiers.common.files() == {}
    assert tiers.premium.files()["a.txt"] == "edited there"
    assert "photos/1.jpg" not in tiers.premium.files()


def test_without_its_state_a_move_goes_on_and_loses_nothing(tiers: Tiers, tmp_path: Path) -> None:
    tiers.common.store.plan = Script(At("delete_if", unavailable()))
    with pytest.raises(Unavailable):
        tiers.move()
    tiers.common.store.plan = Script()
    tiers.premium.put("photos/1.jpg", "edited there")
    tiers.folder = tmp_path / "another machine"
    tiers.folder.mkdir()
    result = tiers.move()
    assert result.left == ("photos/1.jpg",)
    assert tiers.common.files() == {"photos/1.jpg": "one"}
    assert tiers.premium.files() == {**FILES, "photos/1.jpg": "edited there"}


def test_a_bucket_that_tells_no_digests_is_read_before_the_other_copy_goes(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    store = LocalStore(tmp_path / "there", tag="me", lacks=FOLDER_ONLY)
    tiers = filled(Tiers(tmp_path / "work", MemoryStore(), store))
    tiers.move()
    read = {key.removeprefix(f"{ID}/") for key in tiers.premium.store.called("digest")}
    assert read == FILES.keys()
