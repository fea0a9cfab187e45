"""The photo app: its story comes out as told, and says so when it does not."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from buckia.config import load
from photo_app import __main__ as program
from photo_app.device import Device
from photo_app.library import DATABASE, Library, take_in
from photo_app.pictures import HEIGHT, WIDTH, landscape
from photo_app.server import Server

TABLES = ("albums", "photos", "likes", "comments", "buckia_applied")


def rows(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as database:
        return {name: sorted(database.execute(f"SELECT * FROM {name}")) for name in TABLES}


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith((DATABASE, ".buckia"))
    }


@pytest.mark.slow
def test_the_story_ends_with_the_same_everywhere_and_nothing_left_over(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "photo_app", str(tmp_path / "played")],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\nAll went as told.\n")
    played = tmp_path / "played"
    libraries = [played / name / "library" for name in ("phone", "tablet", "server")]
    [user] = (played / "buckets/premium").glob("[!.]*")
    bucket = files(user)
    assert [files(library) for library in libraries] == [bucket] * 3
    held = rows(user / DATABASE)
    assert [rows(library / DATABASE) for library in libraries] == [held] * 3
    assert {f"photos/{row[0]}.png" for row in held["photos"]} == bucket.keys()
    assert len(held["photos"]) > 30
    assert len(held["buckia_applied"]) == 1
    assert len(list((played / "server/.buckia.state/quarantine").glob("*.refused"))) == 2
    old = played / "buckets/common" / user.name
    assert [path.name for path in old.iterdir()] == [".buckia-moved"]


@pytest.mark.slow
def test_an_app_that_loses_a_caption_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Library, "edit_caption", lambda *_given: None)
    assert program.play(tmp_path / "played") == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "Not as told: all have 25 more photos and the last captions"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Library, Library]]:
    """Libraries that have an album and a photo in common."""
    one = Library(tmp_path / "one")
    one.take_photo(one.new_album("Norway"), "View")
    other = Library(tmp_path / "other")
    take_in(other.folder / DATABASE, one.folder / DATABASE)
    with closing(one), closing(other):
        yield one, other


def test_of_a_copy_what_was_edited_later_is_taken_in(two: tuple[Library, Library]) -> None:
    one, other = two
    [photo] = one.photos()
    one.edit_caption(photo.id, "earlier")
    other.edit_caption(photo.id, "later")
    take_in(other.folder / DATABASE, one.folder / DATABASE)
    assert other.caption(photo.id) == "later"
    take_in(one.folder / DATABASE, other.folder / DATABASE)
    assert one.caption(photo.id) == "later"


def test_of_a_copy_all_that_is_new_is_taken_in(two: tuple[Library, Library]) -> None:
    one, other = two
    album = one.new_album("Sweden")
    photo = one.take_photo(album, "Lake")
    with closing(sqlite3.connect(one.folder / DATABASE)) as database, database:
        database.execute("INSERT INTO likes VALUES (?, 'Kim')", (photo,))
        database.execute("INSERT INTO comments VALUES ('1', ?, 'Kim', 'Cold?')", (photo,))
    for _ in range(2):
        take_in(other.folder / DATABASE, one.folder / DATABASE)
        assert other.caption(photo) == "Lake"
        assert (other.likes(), other.comments()) == (["Kim"], ["Cold?"])


@pytest.mark.parametrize("kind", [Device, Server])
def test_the_settings_in_the_readme_are_those_of_the_app(
    kind: type[Device], tmp_path: Path
) -> None:
    user = "7k2m9qx4c0w8v3nz5rj1tdh6bypfgas2"
    text = kind.settings.format(bucket="common", user=user)
    file = tmp_path / ".buckia"
    file.write_text(text)
    assert load(file).bucket("common").folders == (user,)
    readme = Path(__file__).parents[2] / "examples/photo-app/README.md"
    assert f"```yaml\n{text}```" in readme.read_text(encoding="utf-8")


def test_a_picture_is_one_and_each_name_has_its_own() -> None:
    picture = landscape("a")
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    at = picture.index(b"IDAT")
    size = int.from_bytes(picture[at - 4 : at], "big")
    assert len(zlib.decompress(picture[at + 4 :][:size])) == HEIGHT * (1 + 3 * WIDTH)
    assert landscape("a") == picture != landscape("b")
