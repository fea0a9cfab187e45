"""The app itself: a folder with pictures and a database. Nothing in here knows of Buckia."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from photo_app.pictures import landscape

DATABASE = "App.sqlite"
COPIES = "App.conflict-*.sqlite"
"""What Buckia calls copies of it."""
TABLES = ("albums", "photos", "likes", "comments")
# Keys are texts that no other device chooses, so two devices never make one row. Where both may
# edit a row, a column says when that was.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS albums (
    id TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    edited TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS photos (
    id TEXT NOT NULL PRIMARY KEY,
    album TEXT NOT NULL REFERENCES albums,
    caption TEXT NOT NULL,
    edited TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS likes (
    photo TEXT NOT NULL REFERENCES photos,
    who TEXT NOT NULL,
    PRIMARY KEY (photo, who)
);
CREATE TABLE IF NOT EXISTS comments (
    id TEXT NOT NULL PRIMARY KEY,
    photo TEXT NOT NULL REFERENCES photos,
    who TEXT NOT NULL,
    text TEXT NOT NULL
);
"""
# SQLite needs the WHERE to know that what follows belongs to the INSERT.
_TAKE_IN = (
    """
    INSERT INTO main.albums SELECT * FROM copy.albums WHERE true
    ON CONFLICT DO UPDATE SET title = excluded.title, edited = excluded.edited
    WHERE excluded.edited > edited
    """,
    """
    INSERT INTO main.photos SELECT * FROM copy.photos WHERE true
    ON CONFLICT DO UPDATE
    SET album = excluded.album, caption = excluded.caption, edited = excluded.edited
    WHERE excluded.edited > edited
    """,
    "INSERT OR IGNORE INTO main.likes SELECT * FROM copy.likes",
    "INSERT OR IGNORE INTO main.comments SELECT * FROM copy.comments",
)


class Photo(NamedTuple):
    id: str
    caption: str


class Library:
    """The photos on one device. Its database is open for as long as the app runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "photos").mkdir(parents=True, exist_ok=True)
        self._database = _connected(folder / DATABASE)
        # Whether a database has a log is not synced, so an app says it whenever it opens one.
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        self._database.close()

    def new_album(self, title: str) -> str:
        album = str(uuid4())
        self._write("INSERT INTO albums VALUES (?, ?, ?)", album, title, _now())
        return album

    def take_photo(self, album: str, caption: str) -> str:
        """The picture first, then the row: so a row never speaks of a picture that is not there."""
        photo = str(uuid4())
        draft = self.picture(photo).with_suffix(".part")
        draft.write_bytes(landscape(photo))
        draft.rename(self.picture(photo))
        self._write("INSERT INTO photos VALUES (?, ?, ?, ?)", photo, album, caption, _now())
        return photo

    def edit_caption(self, photo: str, caption: str) -> None:
        statement = "UPDATE photos SET caption = ?, edited = ? WHERE id = ?"
        self._write(statement, caption, _now(), photo)

    def remove_comment(self, text: str) -> None:
        self._write("DELETE FROM comments WHERE text = ?", text)

    def picture(self, photo: str) -> Path:
        return self.folder / "photos" / f"{photo}.png"

    def photos(self) -> list[Photo]:
        return [Photo(*row) for row in self._all("SELECT id, caption FROM photos ORDER BY edited")]

    def caption(self, photo: str) -> str:
        return dict(self.photos())[photo]

    def likes(self) -> list[str]:
        return [who for (who,) in self._all("SELECT who FROM likes ORDER BY who")]

    def comments(self) -> list[str]:
        return [text for (text,) in self._all("SELECT text FROM comments ORDER BY text")]

    def everything(self) -> dict[str, list[Any]]:
        """All rows by the names of their tables, and all pictures."""
        found: dict[str, list[Any]] = {
            table: self._all(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - our own names
            for table in TABLES
        }
        pictures = sorted((self.folder / "photos").iterdir())
        return found | {"pictures": [(path.name, path.read_bytes()) for path in pictures]}

    def _write(self, statement: str, *values: str) -> None:
        with self._database:
            self._database.execute(statement, values)

    def _all(self, question: str) -> list[Any]:
        return self._database.execute(question).fetchall()


def take_in(database: Path, copy: Path) -> None:
    """Bring the rows of a copy home to the database; what was edited later wins."""
    with closing(_connected(database)) as connection:
        connection.execute("ATTACH ? AS copy", (str(copy),))
        with connection:
            for statement in _TAKE_IN:
                connection.execute(statement)


def _connected(path: Path) -> sqlite3.Connection:
    """Where another part of the app or a sync is writing for a moment, it is waited for."""
    database = sqlite3.connect(path, timeout=10)
    database.execute("PRAGMA foreign_keys = ON")
    return database


def _now() -> str:
    """Such texts sort by time."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
