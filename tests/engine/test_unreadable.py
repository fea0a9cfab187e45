"""Local files and folders that cannot be read: their keys are unknown, and untouched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from buckia.errors import AccessDenied
from buckia.model import Gap
from buckia.stores.local.store import LocalStore
from buckia.testing.faults import denied
from tests.engine.bench import Bench, actions, memory, whenever


@pytest.fixture
def edited(bench: Bench) -> Bench:
    """All kinds of changes on both sides, inside and outside of the folder `shut`."""
    for folder in ("open", "shut"):
        for name in ("here", "there", "gone-here", "gone-there", "moved"):
            bench.put_here(f"{folder}/{name}", f"agreed {folder} {name}")
    bench.sync()
    for folder in ("open", "shut"):
        bench.put_here(f"{folder}/here", "edited here")
        bench.put_there(f"{folder}/there", "edited there")
        bench.drop_here(f"{folder}/gone-here")
        bench.drop_there(f"{folder}/gone-there")
        bench.put_there(f"{folder}/new", "new there")
    bench.rename_here("shut/moved", "open/moved-out")
    return bench


def shut_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nobody may look into `shut`, which not even modes can tell the superuser."""
    real = LocalStore.survey

    def survey(self: LocalStore, prefix: str = "") -> Iterator[Any]:
        for block in real(self, prefix):
            seen = [one for one in block.entries if not one.key.startswith("shut/")]
            gaps = [Gap("shut", "Permission denied")] if len(seen) < len(block.entries) else []
            yield msgspec.structs.replace(block, entries=seen, gaps=gaps)

    monkeypatch.setattr(LocalStore, "survey", survey)


@pytest.mark.parametrize("direction", ["both", "push", "pull"])
def test_what_an_unreadable_folder_holds_is_untouched_and_nothing_is_deleted(
    edited: Bench, monkeypatch: pytest.MonkeyPatch, direction: str
) -> None:
    here, there, rows = edited.here(), edited.there(), edited.rows()
    with monkeypatch.context() as patching:
        shut_folder(patching)
        result = edited.sync(direction=direction, delete_orphaned=True, force=True)
    assert [(one.path, one.error) for one in result.failed] == [("shut", "Unreadable")]
    assert result.exit_code == 1
    assert not result.deleted
    assert not result.renamed
    for was, now in ((here, edited.here()), (there, edited.there()), (rows, edited.rows())):
        inside = {key: value for key, value in was.items() if key.startswith("shut/")}
        assert {key: value for key, value in now.items() if key.startswith("shut/")} == inside
        assert was.keys() <= now.keys()
    if direction != "pull":
        assert edited.there()["open/here"] == b"edited here"
    if direction != "push":
        assert edited.here()["open/there"] == b"edited there"


def test_nothing_is_renamed_while_something_cannot_be_seen(
    edited: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited.rename_here("open/moved", "open/renamed")
    with monkeypatch.context() as patching:
        shut_folder(patching)
        result = edited.sync(delete_orphaned=True)
    assert not result.renamed
    assert {"open/moved", "open/renamed"} <= edited.there().keys()
    edited.done(delete_orphaned=True)
    assert "open/moved" not in edited.there()


def test_once_it_can_be_read_everything_is_done(
    edited: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patching:
        shut_folder(patching)
        edited.sync(delete_orphaned=True)
    result = edited.done(delete_orphaned=True)
    assert not result.conflicts
    assert edited.here() == edited.there()
    assert "shut/gone-here" not in edited.here()
    assert edited.here()["shut/new"] == b"new there"


def test_a_dry_run_says_the_same(edited: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patching:
        shut_folder(patching)
        told = edited.status(delete_orphaned=True)
        done = edited.sync(delete_orphaned=True)
    assert actions(told) == actions(done)
    assert told.failed == done.failed


def test_a_file_that_cannot_be_read_fails_alone_and_withholds_deletions(
    edited: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = LocalStore.read

    def read(self: LocalStore, key: str, **how: Any) -> Any:
        if key == "open/here":
            raise AccessDenied("Permission denied", key=key)
        return real(self, key, **how)

    with monkeypatch.context() as patching:
        patching.setattr(LocalStore, "read", read)
        result = edited.sync(delete_orphaned=True)
    assert [(one.path, one.error) for one in result.failed] == [("open/here", "AccessDenied")]
    assert edited.there()["open/here"] == b"agreed open here"
    assert edited.there()["shut/here"] == b"edited here"
    assert {"open/gone-here", "shut/gone-here"} <= edited.there().keys()
    assert {"open/gone-there", "shut/gone-there"} <= edited.here().keys()
    edited.done(delete_orphaned=True)
    assert edited.here() == edited.there()


def test_a_deletion_that_shows_only_during_the_run_waits_for_what_could_not_be_seen(
    edited: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan has a download here; by the time it is done, the object has gone."""
    edited.between = lambda: edited.drop_there("open/there")
    with monkeypatch.context() as patching:
        shut_folder(patching)
        result = edited.sync(delete_orphaned=True)
    assert [one.path for one in result.failed] == ["shut"]
    assert not result.deleted
    assert edited.here()["open/there"] == b"agreed open there"
    edited.between = lambda: None
    edited.done(delete_orphaned=True)
    assert "open/there" not in edited.here()


@pytest.mark.parametrize("unseen", ["a folder", "the file itself"])
def test_no_file_gives_way_to_a_folder_on_account_of_what_could_not_be_seen(
    made: Any, monkeypatch: pytest.MonkeyPatch, unseen: str
) -> None:
    """The file is gone here and would be deleted there, which would free its name."""
    bench = made(memory(flat=False, digests=frozenset()))
    for key in ("name", "rest", "shut/inside"):
        bench.put_here(key, f"agreed {key}")
    bench.done()
    bench.drop_here("name")
    bench.put_here("name/new", "in a folder")
    with monkeypatch.context() as patching:
        if unseen == "a folder":
            shut_folder(patching)
        else:
            bench.put_there("name", "agreed name", mtime_ns=5)
            bench.script(whenever("stat read read_range digest", denied(), key="name"))
        result = bench.sync(delete_orphaned=True)
    assert [one.path for one in result.failed] == ["shut" if unseen == "a folder" else "name"]
    assert [one.path for one in result.skipped] == ["name/new"]
    assert bench.there().keys() == {"name", "rest", "shut/inside"}
    bench.script()
    bench.done(delete_orphaned=True)
    assert bench.here() == bench.there()
    assert bench.there().keys() == {"name/new", "rest", "shut/inside"}


def test_no_file_gives_way_to_a_folder_whose_ignore_file_could_not_be_read(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files are gone there, and a file of its name came; only here that cannot be seen."""
    bench = made(memory(flat=False))
    for key in ("name/inside", "rest"):
        bench.put_here(key, f"agreed {key}")
    bench.done()
    bench.drop_there("name/inside")
    bench.put_there("name", "a file now")
    real = LocalStore.read

    def read(self: LocalStore, key: str, **how: Any) -> Any:
        if key == "name/.buckiaignore":
            raise AccessDenied("Permission denied", key=key)
        return real(self, key, **how)

    with monkeypatch.context() as patching:
        patching.setattr(LocalStore, "read", read)
        result = bench.sync(delete_orphaned=True)
    assert [one.path for one in result.failed] == ["name"]
    assert not result.conflicts
    assert bench.there() == {"name": b"a file now", "rest": b"agreed rest"}
    bench.done(delete_orphaned=True)
    assert bench.here() == {"name": b"a file now", "rest": b"agreed rest"}
