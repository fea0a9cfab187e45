"""Change files that we make ourselves are whole, durable, in order, and accepted."""

from __future__ import annotations

import errno
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from buckia.inbound.changes import Action, Change, Limits
from buckia.inbound.trouble import InboundError, Refused
from buckia.inbound.writing import write_changes
from tests.inbound.world import World

NOW = datetime(2025, 1, 1, tzinfo=UTC)


def note(number: Any, **values: Any) -> Change:
    return Change("notes", Action.INSERT, {"id": number}, values)


def test_what_is_written_can_be_applied_in_the_order_of_writing(world: World) -> None:
    first = write_changes(world.inbound, [note(3, text="ä")], "App.sqlite", NOW)
    update = Change("notes", Action.UPDATE, {"id": 3}, {"text": "later"})
    gone = Change("notes", Action.DELETE, {"id": 2})
    second = write_changes(world.inbound, iter([update, gone]), "App.sqlite", NOW)
    assert first.name < second.name
    assert world.apply().applied == (first.name, second.name)
    assert world.texts() == {1: "one", 3: "later"}


def test_the_folder_is_made_and_nothing_else_is_left_in_it(tmp_path: Path) -> None:
    path = write_changes(tmp_path / "a" / "b", [note(1)], "App.sqlite", NOW)
    assert list((tmp_path / "a" / "b").iterdir()) == [path]


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [note(None)],
        [Change("notes", Action.INSERT, {})],
        [note(1, id=2)],
        [Change("notes", Action.UPDATE, {"id": 1})],
        [Change("notes", Action.DELETE, {"id": 1}, {"text": "x"})],
        [note(1, text=math.nan)],
        [note(1, text=math.inf)],
        [note(2**63)],
        [note(True)],
        [note(1, text="a\0b")],
        [note(1, text="\ud800")],
        [note(1, **{"\ud800": "x"})],
        [Change("\ud800", Action.DELETE, {"id": 1})],
        [note(1, text="x" * 101)],
        [note(1, text=b"x" * 101)],
        [note(1, text=[])],
        [note(n, text="x" * 100) for n in range(9)],
        [note(n) for n in range(11)],
    ],
)
def test_what_nobody_would_accept_is_not_written(tmp_path: Path, changes: list[Change]) -> None:
    limits = Limits(file=1000, value=100, changes=10)
    with pytest.raises(Refused):
        write_changes(tmp_path, changes, "App.sqlite", NOW, limits=limits)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_words: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(InboundError, match="No space left"):
        write_changes(tmp_path, [note(1)], "App.sqlite", NOW)
    assert list(tmp_path.iterdir()) == []
