"""Files that are refused: never lost, never over one another, and with their reason."""

from __future__ import annotations

import errno
import json
import os
import shutil
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.inbound.world import World, change_id, note

BAD = note(9, action="update")


def test_the_bytes_and_the_reason_stand_side_by_side(world: World) -> None:
    name = world.send(BAD)
    content = (world.inbound / name).read_bytes()
    [refused] = world.apply().quarantined
    assert refused.path == world.quarantine / f"{name}.1.refused"
    assert refused.path.read_bytes() == content
    said = json.loads((world.quarantine / f"{name}.1.reason.json").read_text())
    assert said.keys() == {"name", "reason", "hint", "when"}
    assert (said["name"], said["reason"]) == (name, refused.reason)
    assert sorted(os.listdir(world.quarantine)) == [f"{name}.1.reason.json", f"{name}.1.refused"]  # noqa: PTH208 - names are all that is needed


def test_nothing_is_written_over_and_the_same_bytes_are_kept_once(world: World) -> None:
    for text in ("a", "b", "a", "b", "c"):
        name = world.send(note(9, text, "update"))
        world.apply()
    kept = sorted(path.name for path in world.quarantine.glob("*.refused"))
    assert kept == [f"{name}.{number}.refused" for number in (1, 2, 3)]
    texts = [(world.quarantine / one).read_bytes() for one in kept]
    assert [text in content for text, content in zip((b'"a"', b'"b"', b'"c"'), texts, strict=True)]


@pytest.mark.parametrize(
    "name",
    [
        "x" * 245,
        "x.json.1.reason",
        "x.json.1.refused",
        "a b\n\x7f",
        "ä" * 100,
        "-rf",
        "con",
        "a'b\"c;d",
    ],
)
def test_a_name_that_somebody_thought_up_does_no_harm(world: World, name: str) -> None:
    name += ".json"
    (world.inbound / "x.json").write_bytes(b"first")
    (world.inbound / name).write_bytes(b"second")
    result = world.apply()
    assert result.stopped is None
    assert {one.name for one in result.quarantined} == {"x.json", name}
    assert sorted(one.path.read_bytes() for one in result.quarantined) == [b"first", b"second"]
    assert len(list(world.quarantine.iterdir())) == 4
    for one in result.quarantined:
        assert one.path.parent == world.quarantine
        assert one.path.name.isascii()


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM])
def test_a_quarantine_on_another_disk_gets_a_copy(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_words: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    world.send(BAD)
    world.apply()
    world.send(note(9, "other", "update"))
    world.apply()
    assert len(list(world.quarantine.glob("*.refused"))) == 2
    assert len(list(world.quarantine.iterdir())) == 4
    assert list(world.inbound.iterdir()) == []


def test_a_quarantine_that_cannot_be_made_stops_it_and_loses_nothing(world: World) -> None:
    world.quarantine.write_text("no folder")
    names = [world.send(BAD, number=1), world.send(note(3), number=2)]
    result = world.apply()
    assert result.stopped is not None
    assert (result.done, result.quarantined) == ({}, ())
    assert sorted(path.name for path in world.inbound.iterdir()) == names
    world.quarantine.unlink()
    assert world.apply().applied == (names[1],)


def test_a_full_disk_keeps_the_file_where_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_words: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def full_for_long_ones(source: BinaryIO, copy: BinaryIO) -> None:
        copy.write(source.read(10))
        if not isinstance(source, BytesIO):
            full()

    name = world.send(BAD)
    for copy in (full, full_for_long_ones):
        with monkeypatch.context() as patch:
            patch.setattr(os, "link", full)
            patch.setattr(shutil, "copyfileobj", copy)
            assert world.apply().stopped is not None
    assert (world.inbound / name).exists()
    assert list(world.quarantine.glob("*.refused")) == []
    assert [one.name for one in world.apply().quarantined] == [name]
    assert len(list(world.quarantine.iterdir())) == 2


def test_who_takes_the_place_first_keeps_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    name = world.send(BAD)

    def overtake(word: str) -> None:
        if word == "place":
            (world.quarantine / f"{change_id(1)}.json.1.refused").write_text("theirs")
            monkeypatch.setattr(Path, "exists", lambda _path: False)

    assert world.apply(step=overtake).stopped is not None
    monkeypatch.undo()
    assert (world.quarantine / f"{name}.1.refused").read_text() == "theirs"
    [refused] = world.apply().quarantined
    assert refused.path.name == f"{name}.2.refused"
