"""An app's database and a folder for others, with what happens to both."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from buckia.inbound.apply import Applied, apply_all
from buckia.inbound.permission import Permission
from buckia.inbound.schema import quoted

VECTORS = Path(__file__).parents[2] / "docs/vectors"
ID = "01941f29-7c00-7e54-8b2d-6a0c4d1f9e37"
NOTES = (
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, owner TEXT)",
    "CREATE TABLE secrets (id INTEGER PRIMARY KEY, text TEXT)",
    "INSERT INTO notes VALUES (1, 'one', 'ann'), (2, 'two', 'bob')",
    "INSERT INTO secrets VALUES (1, 'key')",
)
ALL_NOTES = Permission({"notes": "*"})

Rows = dict[str, list[dict[str, Any]]]


def vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def change_id(number: int) -> str:
    return f"01941f29-7c00-7000-8000-{number:012x}"


def note(number: int, text: str = "new", action: str = "insert") -> dict[str, Any]:
    change: dict[str, Any] = {"table": "notes", "action": action, "key": {"id": number}}
    return change if action == "delete" else change | {"values": {"text": text}}


def document(changes: Iterable[Mapping[str, Any]], name: str = ID) -> bytes:
    return json.dumps(
        {
            "format": "buckia-changes/1",
            "id": name,
            "database": "App.sqlite",
            "changes": list(changes),
        }
    ).encode()


class World:
    """Everything below one folder; nothing is there but the database."""

    def __init__(
        self, folder: Path, statements: Iterable[str] = NOTES, *, inbound: bool = True
    ) -> None:
        self.folder = folder
        self.database = folder / "App.sqlite"
        self.inbound = folder / "inbound"
        self.quarantine = folder / "quarantine"
        (self.inbound if inbound else folder).mkdir(parents=True, exist_ok=True)
        self.run(*statements)

    def run(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute("PRAGMA synchronous=OFF")
            for statement in statements:
                connection.execute(statement)

    def put(self, content: bytes, name: str = ID) -> Path:
        path = self.inbound / f"{name}.json"
        path.write_bytes(content)
        return path

    def send(self, *changes: Mapping[str, Any], number: int = 1) -> str:
        """A file with these changes, and its name."""
        name = change_id(number)
        return self.put(document(changes, name), name).name

    def apply(self, permission: Permission = ALL_NOTES, **settings: Any) -> Applied:
        """Apply what there is, and delete what was refused, as a caller does."""
        result = apply_all(
            self.database,
            self.inbound,
            permission=permission,
            quarantine=self.quarantine,
            **settings,
        )
        for one in result.quarantined:
            (self.inbound / one.name).unlink()
        return result

    def rows(self, *, ours: bool = False) -> Rows:
        """All that the database holds; with `ours` also the IDs of the applied list."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.row_factory = sqlite3.Row
            tables = connection.execute(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
            ).fetchall()
            names = {row["name"] for row in tables} - {"sqlite_schema", "buckia_applied"}
            found = {
                name: _rows(connection, f"SELECT * FROM {quoted(name)}") for name in sorted(names)
            }
            if ours and "buckia_applied" in {row["name"] for row in tables}:
                found["buckia_applied"] = _rows(connection, "SELECT id, digest FROM buckia_applied")
        return found

    def quarantined(self) -> dict[str, Any]:
        """What lies in the quarantine: bytes, and of reasons all but the time."""
        found: dict[str, Any] = {}
        for path in sorted(self.quarantine.glob("*")):
            found[path.name] = path.read_bytes()
            if path.name.endswith(".reason.json"):
                found[path.name] = json.loads(found[path.name]) | {"when": ""}
        return found

    def texts(self) -> dict[int, str]:
        return {row["id"]: row["text"] for row in self.rows()["notes"]}


def _rows(connection: sqlite3.Connection, sql: str) -> list[dict[str, Any]]:
    return sorted(map(dict, connection.execute(sql)), key=lambda row: str(tuple(row.values())))


def plain(value: Any) -> Any:
    """A value of a vector as the database gives it."""
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


def literal(value: Any) -> str:
    """A value of a vector as SQL."""
    value = plain(value)
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "NULL" if value is None else repr(value)
