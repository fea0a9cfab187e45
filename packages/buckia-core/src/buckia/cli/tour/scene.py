"""The two sides of the tour, an app's folder and a bucket, and what somebody does on each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from buckia.cli.tour.bucket import Bucket
from buckia.cli.tour.pictures import disc
from buckia.cli.tour.venue import Venue
from buckia.plugins import Plugins

NOTES = "Pictures of the week\n"
SUN = disc((255, 214, 64), (90, 150, 230))
MOON = disc((235, 235, 225), (40, 44, 90))
MARS = disc((214, 96, 60), (70, 40, 50))
PHONE = disc((120, 200, 120), (200, 220, 240))
DATABASE = "App.sqlite"
CREATE = "CREATE TABLE picture (name TEXT, stars INTEGER)"
INSERT = "INSERT INTO picture VALUES (?, ?)"


class Scene:
    """An app's folder below `folder`, a bucket at the venue, and what is done to both."""

    def __init__(self, folder: Path, venue: Venue, plugins: Plugins) -> None:
        self.folder = folder
        self.venue = venue
        self.app = folder / "app"
        self._config = self.app / ".buckia"
        self.bucket = Bucket(self._config, plugins)

    def build(self) -> None:
        """An app's folder with pictures, notes and a database, and an empty bucket."""
        (self.app / "images").mkdir(parents=True)
        if self.venue.is_folder:
            (self.folder / "bucket").mkdir()
        for name, content in (("sun", SUN), ("moon", MOON), ("mars", MARS)):
            (self.app / "images" / f"{name}.png").write_bytes(content)
        (self.app / "notes.txt").write_bytes(NOTES.encode())
        with closing(sqlite3.connect(self.app / DATABASE)) as database, database:
            database.execute(CREATE)
            database.executemany(INSERT, [("sun", 5), ("moon", 4), ("mars", 3)])
        # It may hold what leads to the bucket, so it is never anybody else's to read.
        self._config.touch(mode=0o600)
        self._config.write_text(self.venue.config(), encoding="utf-8")

    def change_both(self) -> None:
        """Changes that do not get into each other's way."""
        with closing(sqlite3.connect(self.app / DATABASE)) as database, database:
            database.execute(INSERT, ("phone", 5))
        (self.app / "images" / "sun.png").rename(self.app / "images" / "evening.png")
        self.bucket.put("images/phone.png", PHONE)
        self.bucket.delete("images/moon.png")

    def change_notes(self) -> None:
        """The same file, differently on each side."""
        (self.app / "notes.txt").write_bytes(f"{NOTES}Written here.\n".encode())
        self.bucket.put("notes.txt", f"{NOTES}Written on a phone.\n".encode())


def rows(files: dict[str, bytes]) -> list[str]:
    """The names in the database among these files; none where there is no database."""
    if DATABASE not in files:
        return []
    with TemporaryDirectory(prefix="buckia-demo-") as folder:
        copy = Path(folder, DATABASE)
        copy.write_bytes(files[DATABASE])
        with closing(sqlite3.connect(copy)) as database:
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
