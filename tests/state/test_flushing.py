"""What the state and the trash hold is on the disk before anybody relies on it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from buckia.model import SideName
from buckia.state import files
from buckia.state.database import Database
from buckia.state.slot import Slot
from buckia.state.trash import Trash

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="this system does not list open handles there"
)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was flushed and what got another name, in order; temporary names are cut short."""
    log: list[str] = []
    fsync = os.fsync

    def synced(handle: int) -> None:
        log.append(f"flush {_short(Path(f'/proc/self/fd/{handle}').readlink().name)}")
        fsync(handle)

    def told(word: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def telling(one: Any, other: Any, **more: Any) -> Any:
            log.append(f"{word} {_short(Path(other).name)}")
            return function(one, other, **more)

        return telling

    monkeypatch.setattr(os, "fsync", synced)
    for name in ("replace", "rename"):
        monkeypatch.setattr(os, name, told("name", getattr(os, name)))
    return log


def _short(name: str) -> str:
    if name.endswith((".json", ".part")):
        return name.rpartition(".")[2]
    for ours in ("base.sqlite.new", "base.sqlite.damaged"):
        if name.startswith(ours):
            return ours
    return "draft" if name.startswith(".") else name


def slot_in(trash: Trash) -> Slot:
    return trash.slot("a", side=SideName.LEFT, reason="replaced", size=3)


@pytest.fixture
def trash(tmp_path: Path) -> Trash:
    return Trash(tmp_path / "trash")


def test_the_description_of_a_version_is_on_the_disk_before_its_bytes_come(
    trash: Trash, log: list[str]
) -> None:
    day = slot_in(trash).path.parent.name
    assert log[-2:] == ["flush json", f"flush {day}"]


def test_a_fetched_version_is_flushed_before_it_has_its_name_and_then_the_name(
    trash: Trash, log: list[str]
) -> None:
    slot = slot_in(trash)
    day, stem = slot.path.parent.name, slot.path.name
    log.clear()
    slot.fill([b"old"])
    named = log.index(f"name {stem}")
    # Once as an empty file, and once with its bytes.
    assert log[:named].count("flush part") == 2
    assert log[named + 1 :] == [f"flush {day}"]


def test_a_version_that_was_moved_to_the_trash_is_flushed_when_it_is_settled(
    trash: Trash, log: list[str]
) -> None:
    slot = slot_in(trash)
    slot.path.write_bytes(b"old")
    log.clear()
    slot.settle()
    day = slot.path.parent.name
    # The description is written anew, which flushes the folder; and then the version itself.
    assert log == ["flush draft", "name json", f"flush {day}", f"flush {day}"]


def test_files_and_folders_of_the_state_are_flushed_with_their_names(
    tmp_path: Path, log: list[str]
) -> None:
    files.make_folder(tmp_path / "one" / "two")
    assert log == [f"flush {tmp_path.name}", "flush one"]
    log.clear()
    files.write(tmp_path / "one" / "word", b"word")
    assert log == ["flush draft", "name word", "flush one"]
    log.clear()
    files.write_once(tmp_path / "one" / "other", b"word")
    assert log == ["flush draft", "flush one"]


def test_a_base_is_flushed_with_its_name_when_it_is_made_and_when_it_is_set_aside(
    base: Path, log: list[str]
) -> None:
    Database.open(base).close()
    # SQLite flushes what it writes itself.
    assert log[-2:] == ["name base.sqlite", "flush pair"]
    base.write_bytes(b"no database at all")
    log.clear()
    with Database.open(base) as database:
        assert database.notices
    flushed = log.index("flush pair")
    # With all that belongs to it, such as its log.
    assert set(log[:flushed]) == {"name base.sqlite.damaged"}
    assert log.index("flush base.sqlite.new") > flushed
    assert log[-2:] == ["name base.sqlite", "flush pair"]
