"""What goes wrong with the data of an app: its database, its users' folders, its demo."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.docs.house import House, Said
from tests.inbound.world import NOTES, World, change_id, document

ID = "7k2m9qx4c0w8v3nz5rj1tdh6bypfgas2"
TABLE = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text)"
DEMO = {"folder": "demo", "database": "App.sqlite", "rows": {"ids": [1, 99]}}


def _database(path: Path, *statements: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)


def _receiving(house: House, *tables: str) -> None:
    """An app whose database is in step, and takes changes of others to these tables."""
    World(house.here, NOTES, inbound=False)
    inbound = {"database": "App.sqlite", "folder": "inbound/", "tables": dict.fromkeys(tables, "*")}
    house.configure(inbound=inbound)
    house.type("sync")
    (house.there / "inbound").mkdir()


def refused_change(house: House) -> Said:
    _receiving(house, "notes")
    house.write(house.there, f"inbound/{change_id(1)}.json", text="DROP TABLE notes")
    return house.type("sync")


def early_change(house: House) -> Said:
    _receiving(house, "notes", "albums")
    change = {"table": "albums", "action": "delete", "key": {"id": 1}}
    path = house.there / f"inbound/{change_id(1)}.json"
    path.write_bytes(document([change], change_id(1)))
    return house.type("sync")


def no_database(house: House) -> Said:
    house.configure(databases={"App.sqlite": "App.sqlite"})
    _database(house.here / "App.sqlite", TABLE)
    house.type("sync")
    house.write(house.there, "App.sqlite", text="half of a download")
    return house.type("sync")


def damaged_database(house: House) -> Said:
    _database(house.here / "App.sqlite", TABLE, "CREATE INDEX texts ON notes (text)")
    with (house.here / "App.sqlite").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    house.write(house.here, "calls.txt")
    return house.type("sync")


def moved_folder(house: House) -> Said:
    house.configure(folders=[ID])
    house.write(house.here, f"{ID}/calls.txt")
    house.type("sync")
    (house.there / ID / "calls.txt").unlink()
    (house.there / ID / ".buckia-moved").write_text(json.dumps({"to": "premium"}))
    return house.type("sync")


def lower_layer(house: House) -> Said:
    house.configure(layers=["default", "me"])
    house.write(house.there, "default/calls.txt")
    house.type("sync")
    return house.type("rm", "calls.txt")


def another_schema(house: House) -> Said:
    house.configure(prefix=ID, demo=DEMO)
    _database(house.here / "App.sqlite", TABLE, "INSERT INTO notes VALUES (100, 'mine')")
    _database(
        house.there / "demo/App.sqlite",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, text, colour)",
        "INSERT INTO notes VALUES (1, 'a tip', 'blue')",
    )
    return house.type("app", "update-demo")


SCENES: dict[str, Callable[[House], Said]] = {
    "a change file of somebody else's is not as it should be": refused_change,
    "a change file is for a table that the app has not made yet": early_change,
    "what is named in `databases` is none in the bucket": no_database,
    "a database here is damaged": damaged_database,
    "a user's folder was moved to another bucket": moved_folder,
    "a file of a lower layer is to be removed": lower_layer,
    "the demo's database is of another version of the app": another_schema,
}
