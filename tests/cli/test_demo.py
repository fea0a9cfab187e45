"""The guided tour: it runs the real commands, and notices when they do not do as told."""

from __future__ import annotations

import re
import sqlite3
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from buckia.cli.tour.pictures import png
from buckia.cli.tour.scene import Scene, rows, tree
from buckia.cli.tour.venue import BESIDE, LOCAL, Venue
from buckia.databases.header import plainly
from buckia.plugins import Plugins
from tests.cli.fakes import NOW, Shell


@pytest.fixture
def real(folder: Path) -> Shell:
    return Shell(folder, real=True)


def test_the_tour_runs_the_real_commands_and_both_sides_agree_at_the_end(real: Shell) -> None:
    ran = real("demo", "--directory", "tour")
    assert ran.code == 0, ran.err
    assert ran.err == ""
    for line in (
        "$ buckia status",
        "$ buckia sync",
        "$ buckia restore images/moon.png",
        "$ buckia verify",
        "All went as told",
        f"    cd {real.folder / 'tour' / 'app'}",
    ):
        assert line in ran.out
    app = tree(real.folder / "tour" / "app")
    bucket = tree(real.folder / "tour" / "bucket")
    assert {key: plainly(data) for key, data in app.items()} == bucket
    assert len(app) == 7
    assert rows(app) == ["mars", "moon", "phone", "sun"]
    assert "conflict" in ran.out
    assert "renamed" in ran.out
    assert "The rename was a rename" in ran.out
    assert "stand-in" not in ran.out


def test_the_folders_of_the_tour_are_there_to_play_with(real: Shell) -> None:
    assert real("demo", "--directory", "tour").code == 0
    app = real.folder / "tour" / "app"
    real.folder = app
    (app / "mine.txt").write_text("hello")
    assert real("sync").code == 0
    assert (app.parent / "bucket" / "mine.txt").read_text() == "hello"


def test_the_tour_can_be_told_to_leave_nothing(real: Shell) -> None:
    ran = real("demo", "--directory", "tour", "--no-keep")
    assert ran.code == 0
    assert not (real.folder / "tour").exists()
    assert "play with" not in ran.out


def test_the_tour_uses_no_folder_in_which_something_is(real: Shell) -> None:
    (real.folder / "tour").mkdir()
    (real.folder / "tour" / "mine").write_text("x")
    ran = real("demo", "--directory", "tour")
    assert ran.code == 2
    assert [path.name for path in (real.folder / "tour").iterdir()] == ["mine"]
    assert real("demo", "--config", "x").code == 2


def test_without_a_folder_the_tour_makes_one_of_its_own(
    real: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(real.folder))
    assert real("demo").code == 0
    [made] = real.folder.glob("buckia-demo-*")
    assert (made / "app" / ".buckia").exists()


def test_the_tour_as_json_and_in_silence(real: Shell) -> None:
    ran = real("demo", "--directory", "one", "--json")
    assert ran.document == {
        "well": True,
        "problems": [],
        "directory": str(real.folder / "one"),
        "files": 7,
    }
    assert "A tour of Buckia" in ran.err
    quiet = real("demo", "--directory", "two", "-q")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_on_a_terminal_the_tour_waits_between_its_steps_unless_told_not_to(real: Shell) -> None:
    waiting = real("demo", "--directory", "one", tty=True, stdin="\n" * 5)
    assert waiting.out.count("Enter to go on") == 5
    assert waiting.code == 0
    going = real("demo", "--directory", "two", "--no-pause", tty=True)
    assert "Enter to go on" not in going.out
    plain = real("demo", "--directory", "three", "--no-pause", "--no-color", tty=True)
    assert not re.search(r"\x1b\[[0-9;]*m", plain.out)


def test_a_tour_that_does_not_go_as_told_says_what_and_fails(shell: Shell) -> None:
    """Behind this shell is a library that does nothing at all."""
    from buckia.results import Restored

    def restored(_client: Any, path: str, before: Any) -> Restored:
        return Restored(path, Path(path), NOW, None)

    shell.script.answers["restore"] = restored
    ran = shell("demo", "--directory", "tour")
    assert ran.code == 1
    assert "not as told: after the first sync, these differ: App.sqlite" in ran.err
    assert "the new row is not in the bucket" in ran.err
    assert "the words written on the phone are lost" in ran.err
    assert "All went as told" not in ran.out


def test_a_command_of_the_tour_that_is_interrupted_ends_it(shell: Shell) -> None:
    from buckia.results import SyncResult

    shell.script.answers["status"] = SyncResult(interrupted=True)
    assert shell("demo", "--directory", "tour").code == 130


def test_pictures_are_real_png_files() -> None:
    picture = png(2, 1, lambda x, _y: (255, x, 0))
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, rest = {}, picture[8:]
    while rest:
        length, kind = struct.unpack(">I4s", rest[:8])
        content, (check,) = (
            rest[8 : 8 + length],
            struct.unpack(">I", rest[8 + length : 12 + length]),
        )
        assert check == zlib.crc32(kind + content)
        chunks[kind], rest = content, rest[12 + length :]
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    assert struct.unpack(">II", chunks[b"IHDR"][:8]) == (2, 1)
    assert zlib.decompress(chunks[b"IDAT"]) == b"\0\xff\x00\x00\xff\x01\x00"


def test_the_app_of_the_tour_has_a_real_database(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "tour", Venue(LOCAL, BESIDE), Plugins())
    scene.build()
    with sqlite3.connect(scene.app / "App.sqlite") as database:
        assert database.execute("SELECT count(*) FROM picture").fetchone() == (3,)
    database.close()
    assert rows(tree(scene.app)) == ["mars", "moon", "sun"]
    assert scene.bucket.tree() == {}
