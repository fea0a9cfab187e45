"""A user's folder and a bucket with a demo, and the names of what lies in them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from buckia.client import BuckiaClient
from buckia.config import BucketConfig

Rows = list[tuple[object, ...]]
RULE: Mapping[str, object] = {"column": "is_demo", "value": 1}
MINE: Rows = [(1, "demo as it was", 1), (2, "gone from the demo", 1), (9, "mine", 0)]
DEMO: Rows = [(1, "demo as it is", 1), (3, "new in the demo", 1), (8, "draft", 0)]
UPDATED: Rows = [(1, "demo as it is", 1), (3, "new in the demo", 1), (9, "mine", 0)]


class World:
    """With `folders` the user's folder lies in the local one, with `prefix` it is the local one."""

    def __init__(self, folder: Path, way: str = "folders", **more: Any) -> None:
        self.folder, self.root, self.bucket = folder, folder / "here", folder / "bucket"
        self.user = self.root / "ID" if way == "folders" else self.root
        self.key = "ID/" if way == "folders" else ""
        self.there, self.demo = self.bucket / "ID", self.bucket / "demo"
        where: Any = {"folders": ["ID"]} if way == "folders" else {"prefix": "ID"}
        self.config = BucketConfig(
            **{
                "provider": "local",
                "bucket_name": "bucket",
                "options": {"root": str(folder)},
                "demo": {"folder": "demo", "database": "App.sqlite", "rows": RULE},
                **where,
                **more,
            }
        )
        for place, rows in ((self.user, MINE), (self.demo, DEMO)):
            write(place / "App.sqlite", rows)
        put(self.user, {"a": "mine", "pics/both": "mine", "pics/old": "mine"})
        put(self.demo, {"pics/both": "demo", "pics/new": "demo"})

    def client(self, **more: Any) -> BuckiaClient:
        return BuckiaClient(self.config, local_path=self.root, **more)

    def sync(self) -> None:
        with self.client() as client:
            result = client.sync()
        assert result.exit_code == 0, result

    def app(self) -> sqlite3.Connection:
        """The app has its database open, with a log."""
        app = sqlite3.connect(self.user / "App.sqlite", isolation_level=None)
        app.execute("PRAGMA journal_mode=WAL")
        return app


def write(path: Path, rows: Rows, script: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            f"CREATE TABLE IF NOT EXISTS photos (id INTEGER PRIMARY KEY, title, is_demo);{script}"
        )
        database.executemany("REPLACE INTO photos VALUES (?, ?, ?)", rows)
        database.commit()


def rows(source: Path | sqlite3.Connection) -> Rows:
    if isinstance(source, Path):
        with closing(sqlite3.connect(source)) as database:
            return rows(database)
    return source.execute("SELECT * FROM photos ORDER BY id").fetchall()


def put(folder: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def tree(folder: Path) -> dict[str, str]:
    """All but databases and what is ours."""
    return {
        name: path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and ".buckia" not in (name := path.relative_to(folder).as_posix())
        and not path.name.startswith("App.sqlite")
    }
