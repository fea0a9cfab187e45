"""A sync applies what others sent, sends the database on, and clears away what was applied."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

import pytest

from buckia.client import SyncResult
from buckia.errors import AccessDenied, AlreadyRunning, ConfigError, Incomplete
from buckia.events import Event, Finished, Planned, Started
from buckia.stores.local import LocalStore
from tests.inbound.devices import INBOUND, Bucket, Device, names
from tests.inbound.world import change_id, document, note


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    return Bucket(tmp_path / "there")


@pytest.fixture
def device(tmp_path: Path, bucket: Bucket) -> Device:
    """One that is in step with the bucket."""
    device = Device(tmp_path / "here", bucket)
    device.sync()
    return device


def second(folder: Path, bucket: Bucket, **config: Any) -> Device:
    """A device that has fetched everything."""
    device = Device(folder, bucket, (), **config)
    (device.folder / "App.sqlite").unlink()
    device.sync()
    return device


def quiet(device: Device) -> None:
    """Nothing is left to do."""
    result = device.sync()
    assert (result.uploaded, result.downloaded, result.deleted) == (0, 0, 0)
    assert result.exit_code == 0


class At:
    """Does something at the nth event of a kind."""

    def __init__(self, kind: type[Event], number: int, deed: Callable[[], object]) -> None:
        self._kind = kind
        self._left = number
        self._deed = deed

    def __call__(self, event: Event) -> None:
        if isinstance(event, self._kind):
            self._left -= 1
            if self._left == 0:
                self._deed()


def sync_with(device: Device, at: At, **wishes: Any) -> SyncResult:
    with device.client(on_event=at) as client:
        return client.sync(**wishes)


def test_changes_are_applied_sent_on_and_gone_on_both_sides(
    tmp_path: Path, device: Device, bucket: Bucket
) -> None:
    sent = [bucket.send(note(3), number=1), bucket.send(note(3, "again", "update"), number=2)]
    result = device.sync()
    assert result.inbound is not None
    assert result.inbound.applied == tuple(sent)
    assert (result.exit_code, result.downloaded, result.uploaded) == (0, 2, 1)
    assert (result.deleted_local, result.deleted_remote) == (2, 2)
    assert device.world.texts()[3] == bucket.world().texts()[3] == "again"
    assert device.inbound == bucket.inbound == []
    assert device.trashed() == sent
    quiet(device)
    other = second(tmp_path / "other", bucket, inbound=None)
    assert other.world.texts()[3] == "again"


def test_a_file_that_is_refused_is_set_aside_told_and_gone_on_both_sides(
    device: Device, bucket: Bucket
) -> None:
    content = document([note(9, action="update")])
    sent = bucket.put(content, "01941f29-7c00-7e54-8b2d-6a0c4d1f9e37.json")
    odd = bucket.put(b"x", "readme.json")
    later = bucket.send(note(3), number=9)
    result = device.sync()
    assert result.inbound is not None
    assert [one.path for one in result.inbound.quarantined] == [sent, odd]
    assert result.inbound.applied == (later,)
    assert result.exit_code == 1
    with pytest.raises(Incomplete, match="2 change files were refused"):
        result.raise_for_failures()
    assert sorted(device.quarantine.values()) == sorted([content, b"x"])
    assert result.inbound.quarantined[0].kept.read_bytes() == content
    assert device.inbound == bucket.inbound == []
    assert sent not in device.trashed()
    quiet(device)


def test_a_file_that_was_put_into_the_local_folder_is_applied_too(
    device: Device, bucket: Bucket
) -> None:
    (device.folder / "inbound").mkdir()
    name = f"{change_id(1)}.json"
    (device.folder / "inbound" / name).write_bytes(document([note(3)], change_id(1)))
    result = device.sync()
    assert result.inbound is not None
    assert result.inbound.applied == (f"inbound/{name}",)
    assert device.inbound == bucket.inbound == []
    quiet(device)


@pytest.mark.parametrize(
    "wishes",
    [
        {"dry_run": True},
        {"direction": "push"},
        {"direction": "pull"},
        {"sync_paths": ["App.sqlite"]},
        {"sync_paths": [f"inbound/{change_id(1)}.json"]},
        {"exclude": [f"{change_id(1)}.json"]},
        {"include": ["*.json"]},
        {"include_pattern": "json"},
        {"exclude_pattern": "zzz"},
    ],
)
def test_a_run_that_does_not_see_all_change_files_applies_none(
    device: Device, bucket: Bucket, wishes: dict[str, Any]
) -> None:
    sent = [bucket.send(note(number), number=number) for number in (3, 4)]
    result = device.sync(**wishes)
    assert result.inbound is None
    assert [f"inbound/{name}" for name in bucket.inbound] == sent
    assert 3 not in device.world.texts()
    assert device.sync().inbound.applied == tuple(sent)  # type: ignore[union-attr]  # it is there


def test_a_run_that_is_about_the_change_files_alone_applies_them_and_sends_the_database(
    device: Device, bucket: Bucket
) -> None:
    bucket.send(note(3))
    (device.folder / "other.txt").write_text("not now")
    result = device.sync(sync_paths=["inbound/"])
    assert (result.uploaded, result.downloaded) == (1, 1)
    assert bucket.world().texts()[3] == "new"
    assert bucket.inbound == []
    assert not (bucket.folder / "other.txt").exists()


def test_nothing_is_applied_while_a_change_file_is_not_here(device: Device, bucket: Bucket) -> None:
    size = len(document([note(3)], change_id(1)))
    for number in (3, 4):
        bucket.send(note(number), number=number)
    result = device.sync(max_transfer=size)
    assert result.inbound is not None
    assert result.inbound.stopped is not None
    assert "max_transfer" in result.inbound.stopped.message
    assert result.exit_code == 1
    assert not {3, 4} & device.world.texts().keys()
    assert len(device.sync().inbound.applied) == 2  # type: ignore[union-attr]  # it is there


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="makes links")
@pytest.mark.parametrize("place", [f"inbound/{change_id(1)}.json", "inbound"])
def test_nothing_is_applied_while_something_is_in_the_place_of_a_change_file(
    device: Device, bucket: Bucket, place: str
) -> None:
    for number in (1, 2):
        bucket.send(note(number + 2), number=number)
    path = device.folder / place
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(device.folder)
    result = device.sync()
    assert result.inbound is not None
    assert result.inbound.stopped is not None
    assert "was skipped" in result.inbound.stopped.message
    path.unlink()
    assert len(device.sync().inbound.applied) == 2  # type: ignore[union-attr]  # it is there


def test_nothing_is_applied_while_a_conflict_about_the_database_waits(
    tmp_path: Path, bucket: Bucket
) -> None:
    device = Device(tmp_path / "here", bucket, conflict_resolution="ask")
    device.sync()
    bucket.world().run("INSERT INTO notes VALUES (7, 'there', 'x')")
    device.world.run("INSERT INTO notes VALUES (8, 'here', 'x')")
    bucket.send(note(3))
    result = device.sync()
    assert result.inbound is not None
    assert result.inbound.stopped is not None
    assert 3 not in device.world.texts()
    device.sync(conflict_resolution="local_wins")
    assert bucket.world().texts().keys() == {1, 2, 3, 8}


@pytest.mark.parametrize("policy", ["remote_wins", "keep_both", "ask"])
def test_a_change_whose_database_gave_way_is_applied_anew(
    tmp_path: Path, bucket: Bucket, policy: str
) -> None:
    """Somebody else's database comes between the one that was changed and the bucket."""
    device = Device(tmp_path / "here", bucket, conflict_resolution=policy)
    device.sync()
    other = second(tmp_path / "other", bucket, inbound=None)
    sent = bucket.send(note(3))

    def overtake() -> None:
        other.world.run("INSERT INTO notes VALUES (7, 'theirs', 'x')")
        other.sync(sync_paths=["App.sqlite"])

    result = sync_with(device, At(Started, 2, overtake))
    assert result.exit_code != 0
    assert [f"inbound/{name}" for name in bucket.inbound] == [sent]
    device.sync(conflict_resolution="remote_wins" if policy == "ask" else None)
    assert bucket.world().texts()[3] == device.world.texts()[3] == "new"
    assert bucket.world().texts()[7] == "theirs"
    assert bucket.inbound == []


def test_a_file_that_somebody_replaced_meanwhile_stays_and_is_judged_anew(
    device: Device, bucket: Bucket
) -> None:
    sent = bucket.send(note(3))
    other = document([note(4)], change_id(1))
    result = sync_with(
        device, At(Finished, 2, lambda: bucket.put(other, sent.removeprefix("inbound/")))
    )
    assert [one.path for one in result.failed] == [sent]
    assert (bucket.folder / sent).read_bytes() == other
    result = device.sync()
    assert result.inbound is not None
    assert ["other bytes" in one.reason for one in result.inbound.quarantined] == [True]
    assert bucket.inbound == []
    assert list(device.quarantine.values()) == [other]
    quiet(device)


def test_a_file_that_an_app_replaced_here_meanwhile_stays(device: Device, bucket: Bucket) -> None:
    sent = bucket.send(note(3))
    other = document([note(4)], change_id(1))
    result = sync_with(device, At(Finished, 2, lambda: (device.folder / sent).write_bytes(other)))
    assert [one.path for one in result.failed] == [sent]
    assert (device.folder / sent).read_bytes() == other


def test_a_bucket_that_deletes_nothing_keeps_the_files_and_they_are_not_fetched_again(
    device: Device, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [bucket.send(note(number), number=number) for number in (3, 4)]
    delete = LocalStore.delete_if

    def refuse(store: LocalStore, key: str, *, expect: str) -> None:
        if store.root == bucket.folder:
            raise AccessDenied("not here", key=key)
        delete(store, key, expect=expect)

    with monkeypatch.context() as patch:
        patch.setattr(LocalStore, "delete_if", refuse)
        result = device.sync()
        assert [one.path for one in result.failed][:1] == sent[:1]
        assert result.inbound is not None
        assert result.inbound.applied == tuple(sent)
        again = device.sync()
    assert (again.downloaded, again.uploaded, again.deleted) == (0, 0, 0)
    assert again.exit_code == 1
    assert device.sync().deleted_remote == 2
    quiet(device)


def test_a_database_that_is_not_synced_is_changed_all_the_same(
    tmp_path: Path, bucket: Bucket
) -> None:
    device = Device(tmp_path / "here", bucket, exclude=["*.sqlite"])
    sent = bucket.send(note(3))
    result = device.sync()
    assert result.inbound is not None
    assert result.inbound.applied == (sent,)
    assert names(bucket.folder) == [".buckia-bucket"] or bucket.inbound == []
    assert device.world.texts()[3] == "new"
    quiet(device)


def test_two_devices_that_both_apply_end_with_nothing_left(tmp_path: Path, bucket: Bucket) -> None:
    one = Device(tmp_path / "one", bucket)
    one.sync()
    two = second(tmp_path / "two", bucket)
    sent = bucket.send(note(3))
    two.sync(sync_paths=[sent])
    one.sync()
    result = two.sync()
    assert result.inbound is not None
    assert (result.inbound.applied, result.exit_code) == ((), 0)
    for device in (one, two):
        device.sync()
        quiet(device)
        assert device.inbound == bucket.inbound == []
        assert device.world.texts()[3] == "new"


def test_nobody_else_syncs_the_pair_from_the_beginning_to_the_end(
    device: Device, bucket: Bucket
) -> None:
    bucket.send(note(3))
    met: list[str] = []

    def intrude() -> None:
        def other() -> None:
            try:
                device.sync()
            except AlreadyRunning:
                met.append("running")

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    result = sync_with(device, At(Started, 2, intrude))
    assert met == ["running"]
    assert result.exit_code == 0
    result = sync_with(device, At(Finished, 1, intrude))
    assert met == ["running"] * 2


def test_a_wish_to_stop_ends_it_between_two_files(device: Device, bucket: Bucket) -> None:
    sent = [bucket.send(note(number), number=number) for number in (3, 4)]
    with device.client() as client:
        client._on_event = At(Finished, 1, client.interrupt)
        result = client.sync()
    assert (result.interrupted, result.exit_code) == (True, 130)
    assert 3 not in device.world.texts()
    assert device.sync().inbound.applied == tuple(sent)  # type: ignore[union-attr]  # it is there


def test_who_stops_it_while_files_are_cleared_away_is_told_what_was_refused(
    device: Device, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [bucket.put(b"{", f"{change_id(number)}.json") for number in (1, 2)]
    with device.client() as client:
        delete = LocalStore.delete_if

        def stopped(store: LocalStore, key: str, *, expect: str) -> None:
            delete(store, key, expect=expect)
            client.interrupt()

        monkeypatch.setattr(LocalStore, "delete_if", stopped)
        result = client.sync()
    monkeypatch.undo()
    assert (result.interrupted, result.deleted_remote) == (True, 1)
    assert result.inbound is not None
    assert [one.path for one in result.inbound.quarantined] == sent
    again = device.sync()
    assert again.inbound is not None
    assert sent[1] in [one.path for one in again.inbound.quarantined]
    assert (device.inbound, bucket.inbound, len(device.quarantine)) == ([], [], 2)
    quiet(device)


def test_one_result_is_told_to_hooks_and_counts_all(
    device: Device, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.send(note(3))
    told: list[SyncResult] = []
    with device.client() as client:
        monkeypatch.setattr(client._plugins, "after_sync", told.append)
        result = client.sync()
    assert told == [result]
    assert result.inbound is not None
    assert len([one for one in result.actions if one.action == "upload"]) == result.uploaded == 1


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"exclude": ["inbound/"]}, "is not synced"),
        ({"exclude": ["*.json"]}, "is not synced"),
        ({"folders": ["user"]}, "is not synced"),
        ({"paths": [{"path": ".", "direction": "push"}]}, "whose direction is push"),
        (
            {
                "paths": [
                    {"path": ".", "direction": "pull"},
                    {"path": "in", "to": "inbound/", "direction": "both"},
                ]
            },
            "would be undone",
        ),
        ({"inbound": {**INBOUND, "quarantine": "bad"}}, "would go out"),
        ({"inbound": {**INBOUND, "database": "inbound/App.sqlite"}}, "holds the database"),
    ],
)
def test_what_could_not_work_is_an_error_before_anything_is_done(
    tmp_path: Path, bucket: Bucket, config: dict[str, Any], said: str
) -> None:
    device = Device(tmp_path / "here", bucket, **config)
    for dry_run in (True, False):
        with pytest.raises(ConfigError, match=said) as caught:
            device.sync(dry_run=dry_run)
        assert caught.value.hint
    assert names(bucket.folder) == []


def test_a_quarantine_of_ones_own_is_used(tmp_path: Path, bucket: Bucket) -> None:
    inbound = {**INBOUND, "quarantine": "../bad", "limits": {"changes": 1}}
    device = Device(tmp_path / "here", bucket, inbound=inbound)
    bucket.send(note(3), note(4))
    assert device.sync().exit_code == 1
    assert len(names(tmp_path / "bad")) == 2


def test_planned_is_told_for_each_half(device: Device, bucket: Bucket) -> None:
    bucket.send(note(3))
    counts: list[int] = []
    with device.client(
        on_event=lambda e: counts.append(e.actions) if isinstance(e, Planned) else None
    ) as client:
        client.sync()
    assert counts == [1, 1]


def test_a_clock_that_is_wrong_in_one_sync_empties_no_trash(
    device: Device, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both halves of a sync are one run, as far as the age of versions goes."""

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(days=4000)

    first = bucket.send(note(3), number=1)
    device.sync()
    assert device.trashed() == [first]
    second = bucket.send(note(4), number=2)
    with monkeypatch.context() as patch:
        patch.setattr("buckia.engine.run.datetime", Ahead)
        device.sync()
    assert device.trashed() == [first, second]


def test_a_limit_of_a_run_holds_for_all_of_it(device: Device, bucket: Bucket) -> None:
    """What it fetches first and the database that it sends on would each fit."""
    sent = bucket.send(note(3))
    (bucket.folder / "picture").write_bytes(bytes(15_000))
    result = device.sync(max_transfer=20_000)
    assert result.downloaded == 2
    assert [(one.path, "max_transfer" in one.message) for one in result.failed] == [
        ("App.sqlite", True)
    ]
    assert [f"inbound/{name}" for name in bucket.inbound] == [sent]
    assert device.sync(max_transfer=20_000).exit_code == 0
    assert bucket.inbound == []
    assert bucket.world().texts()[3] == "new"
