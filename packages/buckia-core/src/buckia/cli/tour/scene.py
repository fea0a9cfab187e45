"""The folders of the tour: an app's on one side, a bucket's on the other."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from buckia.cli.tour.pictures import disc

BUCKET = "pictures"
CONFIG = """\
pictures:
  provider: local               # a folder as the bucket; any other kind is used the same way
  root: ..                      # where the bucket's folder is
  bucket_name: bucket
  delete_orphaned: true         # what is deleted on one side goes on the other side too
  conflict_resolution: keep_both
"""
NOTES = "Pictures of the week\n"
SUN = disc((255, 214, 64), (90, 150, 230))
MOON = disc((235, 235, 225), (40, 44, 90))
MARS = disc((214, 96, 60), (70, 40, 50))
PHONE = disc((120, 200, 120), (200, 220, 240))
CREATE = "CREATE TABLE picture (name TEXT, stars INTEGER)"
INSERT = "INSERT INTO picture VALUES (?, ?)"


class Scene:
    """Two folders side by side, and what somebody does in each of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.app = folder / "app"
        self.bucket = folder / "bucket"

    def build(self) -> None:
        """An app's folder with pictures, notes and a database, and an empty bucket."""
        (self.app / "images").mkdir(parents=True)
        self.bucket.mkdir()
        for name, content in (("sun", SUN), ("moon", MOON), ("mars", MARS)):
            (self.app / "images" / f"{name}.png").write_bytes(content)
        (self.app / "notes.txt").write_text(NOTES, encoding="utf-8")
        with closing(sqlite3.connect(self.app / "App.sqlite")) as database, database:
            database.execute(CREATE)
            database.executemany(INSERT, [("sun", 5), ("moon", 4), ("mars", 3)])
        config = self.app / ".buckia"
        config.write_text(CONFIG, encoding="utf-8")
        config.chmod(0o600)

    def change_both(self) -> None:
        """Changes that do not get into each other's way."""
        with closing(sqlite3.connect(self.app / "App.sqlite")) as database, database:
            database.execute(INSERT, ("phone", 5))
        (self.app / "images" / "sun.png").rename(self.app / "images" / "evening.png")
        (self.bucket / "images" / "phone.png").write_bytes(PHONE)
        (self.bucket / "images" / "moon.png").unlink()

    def change_notes(self) -> None:
        """The same file, differently on each side."""
        for side, line in ((self.app, "Written here.\n"), (self.bucket, "Written on a phone.\n")):
            (side / "notes.txt").write_text(NOTES + line, encoding="utf-8")

    def rows(self, side: Path) -> list[str]:
        """The names in that side's database."""
        with closing(sqlite3.connect(side / "App.sqlite")) as database:
            return [name for (name,) in database.execute("SELECT name FROM picture ORDER BY name")]


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder by their keys, but for those that Buckia keeps for itself."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(_files(folder))
    }


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        ours = any(part.startswith(".buckia") for part in path.relative_to(folder).parts)
        if path.is_file() and not ours:
            yield path
