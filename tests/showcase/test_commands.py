"""`buckia app reset` and `buckia app update-demo`, as they are typed."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from buckia.cli.terminal import Terminal
from tests.cli.fakes import Ran, Shell
from tests.showcase.world import DEMO, MINE, UPDATED, World, put, rows, tree, write


class Typed(World):
    """The same, by a `.buckia` file."""

    def type(self, *words: str) -> Ran:
        keys = {
            "provider": "local",
            "bucket_name": "bucket",
            "root": str(self.folder),
            "demo": {
                "folder": "demo",
                "database": "App.sqlite",
                "rows": {"column": "is_demo", "value": 1},
            },
            **({"folders": ["ID"]} if self.key else {"prefix": "ID"}),
        }
        (self.root / ".buckia.json").write_text(json.dumps({"app": keys}))
        return _Now(self.root, real=True)(*words)


class _Now(Shell):
    """Has the clock of the wall: what a reset prints is a moment of today."""

    def terminal(self, *streams: Any) -> Terminal:
        now = lambda: datetime.now(UTC)  # noqa: E731 - as short as what it stands for
        return msgspec.structs.replace(super().terminal(*streams), now=now)


@pytest.mark.parametrize("way", ["folders", "prefix"])
def test_a_reset_tells_how_it_is_undone(tmp_path: Path, way: str) -> None:
    world = Typed(tmp_path, way)
    assert world.type("sync").code == 0
    put(world.there, {"theirs": "new"})
    ran = world.type("app", "reset")
    assert ran.code == 0, ran.err
    assert rows(world.user / "App.sqlite") == DEMO
    assert "app has the demo's content now." in ran.out
    assert f"    {world.key}theirs: " in ran.out
    [line] = [one.strip() for one in ran.out.splitlines() if "buckia restore" in one]
    assert f"restore {world.key or '/'} --before " in line
    undone = world.type(*shlex.split(line)[1:])
    assert undone.code == 0, undone.err
    assert rows(world.user / "App.sqlite") == MINE
    assert (world.user / "a").read_text() == "mine"


def test_the_document_of_a_reset(tmp_path: Path) -> None:
    world = Typed(tmp_path)
    ran = world.type("app", "reset", "--json")
    said = json.loads(ran.out)
    assert (ran.code, said["bucket"], said["folder"]) == (0, "app", "ID/")
    assert {one["path"] for one in said["kept"]} >= {"ID/a", "ID/App.sqlite"}
    assert {one["side"] for one in said["kept"]} == {"local"}
    assert all(Path(one["file"]).exists() for one in said["kept"])
    assert said["sent"]["failed"] == []
    assert tree(world.there) == tree(world.user)


def test_an_update_tells_what_came_and_what_stayed(tmp_path: Path) -> None:
    world = Typed(tmp_path)
    ran = world.type("app", "update-demo")
    assert ran.code == 0, ran.err
    assert "Rows of the demo: 1 new, 1 changed, 1 removed; 1 file." in ran.out
    assert "ID/pics/both: the user has a file of this name, which stays" in ran.out
    assert rows(world.user / "App.sqlite") == UPDATED
    again = world.type("app", "update-demo")
    assert "app has all that the demo has." in again.out


def test_the_document_of_an_update(tmp_path: Path) -> None:
    world = Typed(tmp_path)
    said = json.loads(world.type("app", "update-demo", "--json").out)
    assert Path(said.pop("kept")).exists()
    assert said == {
        "bucket": "app",
        "inserted": 1,
        "updated": 1,
        "deleted": 1,
        "left_rows": [],
        "cloned": ["ID/pics/new"],
        "left_files": ["ID/pics/both"],
    }


def test_what_stops_it_is_an_error_with_a_hint(tmp_path: Path) -> None:
    world = Typed(tmp_path)
    write(world.user / "App.sqlite", [(3, "mine", 0)])
    ran = world.type("app", "update-demo")
    assert ran.code == 1
    assert "a row of the demo has the key of a row of the user's: photos 3" in ran.err
    assert "Hint:" in ran.err
